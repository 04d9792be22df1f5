import { once } from 'node:events'
import type { Command } from 'commander'
import type { ListenAddress, Settings } from '../config/settings'
import { howToMake, makeToken, readToken } from '../config/token-file'
import { hostPort } from '../config/values'
import { isLoopback } from '../web/host-names'
import { journalTo } from '../web/journal'
import { readConfiguration } from './configuration'
import { detail } from './details'
import { misuse, refusal } from './failure'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { mustBeShared } from './storage'

interface Options {
  readonly listen?: string
  readonly makeToken?: boolean
  readonly json?: boolean
}

export function addServe(program: Command, invocation: Invocation): void {
  const command = program
    .command('serve')
    .description("the operator's page: servers, tenants, pauses and exemptions, in a browser")
    .option('--listen <address>', 'address and port, in place of [web] listen; port 0 takes a free one')
    .option('--make-token', 'write a new token into the file that [web] token_file names, and end')
    .option('--json', 'print JSON')
    .action(async (options: Options, self: Command) => {
      const configuration = readConfiguration(invocation, self)
      const folder = mustBeShared(configuration)
      const { settings } = configuration
      const tokenFile = tokenFileOf(settings)
      const say = (text: string, json: object): Promise<void> =>
        invocation.out.line(options.json === true ? jsonText(json) : text)
      if (options.makeToken === true) {
        writeToken(tokenFile)
        return say(`a new token is in ${tokenFile}`, { token_file: tokenFile })
      }
      const listen = listenAddress(options.listen, settings)
      const reading = readToken(tokenFile, howToMake.page)
      if (!reading.ok) throw refusal(reading.why)
      const url = await serve(folder, listen, settings, invocation, (at) =>
        say(`the page is at ${at}; the token to log in with is in ${tokenFile}`, {
          url: at,
          token_file: tokenFile,
        }),
      )
      await invocation.err.line(`${url} is closed`)
    })
  detail(command, {
    notes: [
      'It is a process of its own, beside Haraka, and runs until it is ended. Configuration, catalogue and token are followed while it runs; another address ' +
        'is taken over at the next start. What is done on the page is written to standard error, one line an order.',
      'Whoever is to log in needs the token: one line of at least 32 characters, in a file that only its owner and its group may read.',
      'With LMDB run it as the user of Haraka. It speaks HTTP: beyond this host put a reverse proxy with TLS in front, and name its address in [web] public_url.',
    ],
    examples: [
      ['serve --make-token', 'Once: a token to log in with'],
      ['serve', 'The page, at [web] listen'],
      ['serve --listen 127.0.0.1:8080', 'The page elsewhere'],
    ],
  })
}

function tokenFileOf({ web }: Settings): string {
  if (web.tokenFile !== null) return web.tokenFile
  throw refusal(
    `no token to log in with is configured: set [web] token_file = exchange-enforcement.token; then ${howToMake.page}`,
  )
}

function writeToken(path: string): void {
  try {
    makeToken(path)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw refusal(
      `token file ${path} cannot be made: ${why}; remove it first where another token is to take its place`,
      error,
    )
  }
}

function listenAddress(text: string | undefined, { web }: Settings): ListenAddress {
  if (text === undefined) {
    if (web.listen) return web.listen
    throw refusal('[web] listen is empty; name an address with --listen')
  }
  const reading = hostPort(0, null).read(text)
  if (reading.ok) return reading.value
  throw misuse(`--listen '${text}' ${reading.why}; write 127.0.0.1:9905 or [::1]:9905`)
}

/** Serves until a signal ends it; resolves with the address. */
async function serve(
  folder: string,
  listen: ListenAddress,
  settings: Settings,
  { err, now }: Invocation,
  ready: (url: string) => Promise<void>,
): Promise<string> {
  if (!isLoopback(listen.host) && settings.web.publicUrl === null) {
    await err.line(
      `warning: ${listen.host} may be reached from other hosts, and the page speaks HTTP: whoever listens in reads the token; put a reverse proxy with TLS in front`,
    )
  }
  // Only who serves waits for the web framework to load.
  const { Web } = await import('../web/web.js')
  const journal = journalTo((line) => void err.line(line), now)
  const web = new Web({ folder, listen, journal, now })
  try {
    const url = await web.start().catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw refusal(`the page cannot be served at ${listen.host}:${listen.port}: ${why}`, error)
    })
    const ended = Promise.race(
      (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => once(process, signal)),
    )
    await ready(url)
    await ended
    return url
  } finally {
    await web.stop()
  }
}
