/*
 * `npm start`: a real Haraka with the plugin, a memory in which one server stands at each place of the schedule, and
 * mail from all of them. It prints what each is told, and stays up for whoever wants to try more.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeCertificates } from '../support/certificates'
import { exchangeHeaders } from '../support/exchange-headers'
import { messageText } from '../support/send-message'
import { byHand, Cast } from './cast'
import { connectorsText, readRulebook, settingsText } from './configuration'
import { Expectations } from './expectation'
import { writeHistory } from './memory'
import { DemoPage } from './page'
import { addressOf, pemOf, Play, type DemoCertificates } from './play'
import { CannotStart, claimPort, DemoServer } from './server'
import { DemoPost } from './post'
import { Table } from './table'

const usage = `npm start [-- OPTIONS]

  --port N   listens there instead of 2525; 0 takes a free port
  --once     ends after the table: exit 0, or 1 where a server was told anything but what the rules demand
  --help     this text
`

interface Wishes {
  readonly port: number
  readonly once: boolean
}

/** This file runs compiled, in `build/test/demo`. */
const commandLine = resolve(__dirname, '..', '..', 'src', 'cli', 'main.js')

function readArguments(parameters: readonly string[]): Wishes | 'help' {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      port: { type: 'string', default: '2525' },
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new TypeError(`--port ${values.port} is no port`)
  return { port, once: values.once }
}

/** The process that started us and, where the system shows it, the one above: a shell may stand between npm and us. */
function ancestors(): string {
  try {
    // "PID (COMMAND) STATE PARENT …", where the command may hold anything.
    const stat = readFileSync(`/proc/${String(process.ppid)}/stat`, 'utf8')
    return `${String(process.ppid)} ${/^.*\) \S (\d+) /s.exec(stat)?.[1] ?? ''}`
  } catch {
    return String(process.ppid)
  }
}

/** Resolves with the reason when the user, the system or whoever started us wants an end. */
function endWanted(): Promise<string> {
  const started = ancestors()
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done(signal))
    // Nobody reads the table any more.
    process.stdout.on('error', () => done('EPIPE'))
    // npm hands a SIGTERM on, but not its own violent end.
    setInterval(() => {
      if (ancestors() !== started) done('orphaned')
    }, 500).unref()
  })
}

async function certificatesIn(folder: string): Promise<DemoCertificates | null> {
  try {
    return await makeCertificates(folder, ['ca'], ['good'])
  } catch {
    return null
  }
}

class Interrupted extends Error {}

/** Everything that was made and must be gone in the end. */
class Stage {
  readonly workshop = mkdtempSync(join(tmpdir(), 'exchange-enforcement-'))
  server: DemoServer | null = null
  post: DemoPost | null = null
  page: DemoPage | null = null
  #closing = false
  readonly #atExit = (): void => {
    this.server?.stopNow()
    rmSync(this.workshop, { recursive: true, force: true })
  }

  constructor() {
    process.once('exit', this.#atExit)
  }

  /** Between any two steps: an end that was wanted meanwhile. */
  step(): void {
    if (this.#closing) throw new Interrupted('an end was wanted')
  }

  /** Ends what runs; `performance` may still be under way and is waited for. */
  async clear(performance: Promise<unknown>): Promise<void> {
    this.#closing = true
    await this.server?.end()
    await performance.catch(() => undefined)
    await this.page?.stop()
    await this.server?.stop()
    await this.post?.stop()
    rmSync(this.workshop, { recursive: true, force: true })
    process.removeListener('exit', this.#atExit)
  }
}

/** The number of messages that were told something else than the rules demand. */
async function perform(stage: Stage, port: number): Promise<number> {
  const certificates = await certificatesIn(stage.workshop)
  stage.step()
  const post = await DemoPost.open()
  stage.post = post
  stage.step()
  const server = await DemoServer.install({
    plugins: ['exchange-enforcement', ...Object.keys(post.route.pluginSources ?? {})],
    ...post.route,
    settings: settingsText,
    connectors: connectorsText(certificates?.authorities.ca.cert ?? null),
    proxy: false,
    localDomains: ['example.com'],
    ...(certificates ? { tls: pemOf(certificates.server) } : {}),
  })
  stage.server = server
  stage.step()
  const rulebook = readRulebook(server.folder)
  const now = Date.now()
  const cast = new Cast(rulebook.settings.schedule, now, certificates !== null)
  const records = await writeHistory(rulebook, cast.known, addressOf, now)
  stage.step()
  await server.start(port)
  stage.step()

  console.log(`Haraka with exchange-enforcement listens on 127.0.0.1:${String(port)}.`)
  if (!certificates)
    console.log('There is no openssl here, so nobody shows a certificate: all are known by address.')
  const table = new Table(rulebook.settings.schedule, process.stdout.isTTY && !process.env['NO_COLOR'])
  console.log(table.legend(now))
  const expectations = new Expectations(rulebook, records, ({ sender }) => addressOf(sender))
  const play = new Play(server, port, expectations, certificates)
  let sent = 0
  let wrong = 0
  for (const { title, acts } of cast.scenes) {
    console.log(table.title(title))
    for (const act of acts) {
      const row = await play.send(act)
      stage.step()
      console.log(table.row(row))
      sent += 1
      if (row.differences.length > 0) wrong += 1
    }
  }
  console.log(
    wrong === 0
      ? `\n${String(sent)} messages, each told exactly what the rules demand.`
      : `\n${String(wrong)} of ${String(sent)} messages were told something else than the rules demand.`,
  )
  await post.tell((line) => console.log(line))
  stage.step()
  return wrong
}

/** Two messages to send by hand, and how. */
function invitation(server: DemoServer, page: DemoPage, port: number): string {
  const write = (name: string, build: string): string => {
    const file = join(server.folder, name)
    const headers = exchangeHeaders({ server: byHand.server, build })
    writeFileSync(file, messageText({ from: `you@${byHand.domain}`, headers }))
    return file
  }
  const outdated = write('outdated.eml', '15.1.2507.16')
  const patched = write('patched.eml', '15.1.2507.66')
  const folder = relative(process.cwd(), join(__dirname, '..', '..', '..'))
  const command = `node ${relative(process.cwd(), commandLine)}`
  const envelope = `--mail-from you@${byHand.domain} --mail-rcpt bob@example.com`
  const address = `127.0.0.1:${String(port)}`
  return `
The server stays up. It knows ${byHand.server}, in its last stage, as you:
  curl smtp://${address}/${byHand.server} ${envelope} --upload-file ${outdated}
  swaks --server ${address} --ehlo ${byHand.server} --from you@${byHand.domain} --to bob@example.com --data - < ${outdated}
Patched, it is let through again: the same with
  ${patched}
Look at it in a browser: servers, tenants, pauses and exemptions.
  ${page.url}
  log in with the token ${page.token}
Or in its files:
  configuration   ${join(server.folder, 'config')}  (edit it: Haraka follows within seconds)
  log             ${server.logFile}
  memory          ${join(server.folder, 'exchange-enforcement')}
  accepted mail   ${join(server.folder, 'spool')}
Ask the command line${folder === '' ? '' : ` (in ${folder})`}:
  ${command} --config ${join(server.folder, 'config')} servers
  ${command} --config ${join(server.folder, 'config')} explain ${byHand.server}
Ctrl-C ends the server and removes all of this.`
}

async function main(parameters: readonly string[]): Promise<number> {
  let wishes: Wishes | 'help'
  try {
    wishes = readArguments(parameters)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
  if (wishes === 'help') {
    console.log(usage)
    return 0
  }
  const end = endWanted()
  const port = await claimPort(wishes.port)
  const stage = new Stage()
  const performance = perform(stage, port)
  try {
    const wrong = await Promise.race([performance, end])
    if (typeof wrong === 'string') return 130
    const { server } = stage
    if (wishes.once || !server) return wrong === 0 ? 0 : 1
    stage.page = await DemoPage.open(join(server.folder, 'config'), wishes.port === 0)
    console.log(invitation(server, stage.page, port))
    const died = new Promise<'died'>((done) => {
      server.onDeath(() => done('died'))
    })
    if ((await Promise.race([end, died])) !== 'died') return 0
    console.error(`Haraka has ended by itself. The end of its log:\n${server.lastWords}`)
    return 1
  } finally {
    await stage.clear(performance)
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    console.error(error instanceof CannotStart ? error.message : text)
    process.exitCode = 1
  },
)
