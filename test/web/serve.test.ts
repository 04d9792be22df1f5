import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer } from 'node:net'
import { becomesTrue } from '../support/processes'
import type { Place } from '../cli/support'
import { fails, installed, printed, runningServer, start } from '../cli/support'
import { Visitor } from './visitor'

const token = 'abcdefghijklmnopqrstuvwxyz0123456789'
const web = 'mode = enforce\n[web]\ntoken_file = token'

describe('serve', function () {
  this.timeout(60_000)
  let place: Place

  const withToken = (main = web): Place => {
    place = installed(main)
    chmodSync(place.write('config/token', `${token}\n`), 0o600)
    return place
  }
  afterEach(() => place.remove())

  /** Runs it until the signal; what it printed, and how it ended. */
  async function served(
    parameters: readonly string[],
    work: (origin: string) => Promise<void>,
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{
    readonly code: number | null
    readonly endedMs: number
    readonly out: string
    readonly err: string
  }> {
    const child = start(['--config', place.config, 'serve', ...parameters])
    const texts = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text))
    const ended = once(child, 'close')
    try {
      assert.ok(
        await becomesTrue(() => texts.out.includes('\n') || child.exitCode !== null, 30_000),
        texts.err,
      )
      await work(/http:\/\/[^\s;"]+/.exec(texts.out)?.[0] ?? '')
    } finally {
      child.kill(signal)
    }
    const begun = performance.now()
    const [code]: (number | null)[] = await ended
    return { code: code ?? null, endedMs: performance.now() - begun, ...texts }
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`serves until ${signal}, and then ends at once, also where somebody is connected`, async () => {
      withToken()
      await place.put(runningServer('ex01.contoso.com', 65, Date.now()))
      const ran = await served(
        ['--listen', '127.0.0.1:0'],
        async (origin) => {
          const visitor = new Visitor(origin)
          await visitor.login(token)
          assert.match((await visitor.get('/servers')).text, /ex01\.contoso\.com/)
          // Keeps its connection.
          await (await fetch(`${origin}/healthz`)).text()
        },
        signal,
      )
      assert.equal(ran.code, 0)
      assert.ok(ran.endedMs < 3_000, String(ran.endedMs))
      assert.match(
        ran.out,
        /^the page is at http:\/\/127\.0\.0\.1:\d+; the token to log in with is in \S+\/config\/token\n$/,
      )
      assert.match(ran.err, /event=login session=\S{8} remote=127\.0\.0\.1\n/)
      assert.ok(!ran.err.includes(token))
    })
  }

  it('prints JSON for programs, and warns where others can listen in', async () => {
    withToken()
    const ran = await served(['--listen', '0.0.0.0:0', '--json'], async () => undefined)
    const told: { url: string; token_file: string } = JSON.parse(ran.out)
    assert.match(told.url, /^http:\/\//)
    assert.match(ran.err, /^warning: 0\.0\.0\.0 may be reached from other hosts, and the page speaks HTTP/)
  })

  it('makes a token that it then takes', async () => {
    place = installed(web)
    const inConfig = ['--config', place.config]
    assert.match(
      await printed(['serve', '--make-token', ...inConfig]),
      /^a new token is in \S+\/config\/token\n$/,
    )
    await fails(1, /token file \S+ cannot be made: EEXIST.*remove it first/, [
      'serve',
      '--make-token',
      ...inConfig,
    ])
    const ran = await served(['--listen', '127.0.0.1:0'], async (origin) => {
      assert.equal((await fetch(`${origin}/healthz`)).status, 200)
    })
    assert.equal(ran.code, 0)
  })

  for (const [main, prepare, code, message, reason] of [
    [
      'mode = enforce',
      null,
      1,
      /no token to log in with is configured: set \[web\] token_file = .*--make-token/,
      'no token is configured',
    ],
    [web, null, 1, /token file \S+ cannot be read: ENOENT/, 'the token was never made'],
    [web, ['short', 0o600], 1, /holds 5 characters, 32 are needed/, 'the token can be guessed'],
    [
      web,
      [token, 0o644],
      1,
      /open to every user of this host; close it: chmod o=/,
      'everybody knows the token',
    ],
    [
      `${web}\nlisten =`,
      [token, 0o600],
      1,
      /\[web\] listen is empty; name an address with --listen/,
      'nowhere to listen',
    ],
    [`${web}\n[web]\nlisten = x`, [token, 0o600], 1, /configuration refused/, 'the configuration is invalid'],
    [
      web.replace('mode = enforce', 'mode = enforce\n[store]\nbackend = memory\n'),
      [token, 0o600],
      1,
      /backend = memory lives inside Haraka's own process/,
      'memory is out of reach',
    ],
  ] as const) {
    it(`is refused in one line: ${reason}`, async () => {
      place = installed(main)
      if (reason === 'memory is out of reach') {
        place.write(
          'config/exchange-enforcement.ini',
          '[store]\nbackend = memory\n[web]\ntoken_file = token\n',
        )
      }
      if (prepare) chmodSync(place.write('config/token', `${prepare[0]}\n`), prepare[1])
      await fails(code, message, ['serve', '--config', place.config])
    })
  }

  it('is wrong usage with an address that is none, and refused with one that is taken', async () => {
    withToken()
    const inConfig = ['--config', place.config]
    await fails(2, /--listen 'somewhere' lacks the port; write 127\.0\.0\.1:9905/, [
      'serve',
      '--listen',
      'somewhere',
      ...inConfig,
    ])
    await place.put(runningServer('ex01.contoso.com', 65, Date.now()))
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    try {
      const address = other.address()
      assert.ok(address !== null && typeof address === 'object')
      const taken = `127.0.0.1:${String(address.port)}`
      const message = new RegExp(`cannot be served at ${taken}: .*EADDRINUSE`)
      await fails(1, message, ['serve', '--listen', taken, ...inConfig])
    } finally {
      other.close()
    }
  })
})
