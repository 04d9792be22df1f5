import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { Output } from '../../src/cli/output'
import { bytesDetails, bytesText, Progress, progressText } from '../../src/cli/progress'
import { dayMs, hourMs } from '../../src/rules/time'
import { accessibilityFaults, consoleMessages, openBrowser, strangeRequests } from '../support/browser'
import { archivedMessage, archiveSenders, writeMbox, type ArchiveSender } from '../support/mail-archive'
import { call, type CallOptions } from './in-process'
import { fails, json as jsonOf, Place, obeyedByTerminals, printed, runProgram, start } from './support'

const begin = Date.UTC(2026, 6, 1)

interface Report {
  readonly read: {
    readonly messages: number
    readonly outside: number
    readonly unattributed: number
    readonly copies: number
    readonly judged: Readonly<Record<string, number>>
    readonly received_by: readonly { readonly host: string | null }[]
    readonly unread: readonly { readonly source: string }[]
  }
  readonly policy: string
  readonly mode: string
  readonly messages: { readonly accepted: number; readonly deferred: number; readonly refused: number }
  readonly days: readonly unknown[]
  readonly in_stage: readonly {
    readonly stage: number
    readonly deferred: number
    readonly refused: number
  }[]
  readonly servers: readonly {
    readonly server: string
    readonly history: readonly { readonly kind: string; readonly stage?: number; readonly at: string }[]
    readonly messages: { readonly refused: number }
    readonly at_the_end: { readonly stage: { readonly stage: number } | null }
    readonly senders: readonly { readonly domain: string }[]
  }[]
}

const outdated: ArchiveSender = {
  server: 'ex01.contoso.com',
  address: '192.0.2.5',
  builds: [{ from: 0, build: '15.1.2507.16' }],
  tls: true,
}

/** One message an hour, for so many days. */
function hourly(days: number, sender = outdated) {
  return Array.from({ length: days * 24 }, (_, hour) => archivedMessage(sender, begin + hour * hourMs, hour))
}

function mbox(messages: readonly ReturnType<typeof archivedMessage>[]): string {
  return messages.map(({ fromLine, fields }) => `${fromLine}\n${fields.join('\n')}\n\nbody\n\n`).join('')
}

/** All but how it was read. */
function outcome(report: Report): Omit<Report, 'read'> {
  const { messages, days, servers, in_stage, policy, mode } = report
  return { messages, days, servers, in_stage, policy, mode }
}

const json = (parameters: readonly string[], options: CallOptions = {}): Promise<Report> =>
  jsonOf<Report>(parameters, options)

describe('replay', function () {
  this.timeout(60_000)
  let place: Place
  before(() => {
    place = new Place({
      'config/exchange-enforcement.ini': '[policy]\npreset = custom\nfloors = 15.1.2507.61\n',
      'config/exchange-enforcement.connectors.ini':
        '[contoso]\ntls_certificate_name = *.contoso.com\n[partner]\ntype = partner\naddresses = 198.51.100.0/24\n',
    })
    place.write('mail.mbox', mbox(hourly(95)))
  })
  after(() => place.remove())
  const replay = (...parameters: string[]) =>
    json(['replay', '--config', place.config, ...parameters], { directory: place.folder })

  it('tells which server is detected when, its stages with their dates, and whom it hits', async () => {
    const report = await replay('mail.mbox')
    assert.deepEqual(report.read.judged, { certificate: 2280, address: 0, internet: 0 })
    assert.deepEqual(report.read.received_by, [{ host: 'mx.example.com', messages: 2280 }])
    const [server] = report.servers
    assert.deepEqual(
      server!.history.map(({ at, kind, stage }) => [at.slice(0, 10), stage ?? kind]),
      [
        ['2026-07-02', 'detected'],
        ...[2, 3, 4, 5, 6, 7, 8].map((stage) => [
          new Date(begin + (10 + stage * 10) * dayMs).toISOString().slice(0, 10),
          stage,
        ]),
      ],
    )
    // Stage 8 lasts for the five days that are left, each hour of it.
    assert.ok(server!.messages.refused >= 5 * 24)
    assert.equal(server!.at_the_end.stage?.stage, 8)
    assert.deepEqual(server!.senders, [
      { domain: 'contoso.com', messages: report.messages.refused + report.messages.deferred },
    ])
    assert.deepEqual([report.in_stage[7]?.refused, report.in_stage[0]?.deferred], [2280, 0])
    assert.equal(report.days.length, 95)
  })

  it('tells the same of an archive in any order and form, and counts copies once', async () => {
    const messages = hourly(95)
    const shuffled = [...messages].sort(
      (a, b) => (((a.at / hourMs) * 7919) % 2281) - (((b.at / hourMs) * 7919) % 2281),
    )
    place.write('shuffled.mbox', mbox(shuffled))
    for (const [at, { fields }] of messages.entries()) {
      const box = at % 2 ? 'box/cur' : 'box/.Archive/cur'
      place.write(`${box}/${String(at)}`, `${fields.join('\r\n').replace(/\r?\n/g, '\r\n')}\r\n\r\nbody`)
    }
    const plain = outcome(await replay('mail.mbox'))
    const other = outcome(await replay('shuffled.mbox'))
    const both = await replay('box', 'mail.mbox')
    assert.deepEqual(other, plain)
    assert.deepEqual(outcome(both), plain)
    assert.deepEqual([both.read.messages, both.read.copies], [4560, 2280])
  })

  it('goes by what is asked: time, floors, mode, a beginning of enforcement', async () => {
    const part = await replay('mail.mbox', '--from', '2026-07-10', '--to', '2026-07-11')
    assert.deepEqual([part.messages.accepted, part.read.outside], [48, 2280 - 48])
    assert.equal((await replay('mail.mbox', '--floor', '15.1.2507.16')).servers[0]!.history.length, 0)
    assert.equal((await replay('mail.mbox', '--policy', 'microsoft')).policy, 'microsoft')
    const defer = await replay('mail.mbox', '--mode', 'defer')
    assert.ok(defer.messages.deferred > 0 && defer.messages.refused === 0)
    const configured = await replay('mail.mbox', '--mode', 'configured')
    assert.deepEqual([configured.mode, configured.messages.accepted], ['report', 2280])
    const late = await replay('mail.mbox', '--enforce-from', '2026-10-01')
    // Clocks ran meanwhile: the first day of enforcement is one of stage 8.
    assert.deepEqual(late.messages, { accepted: 92 * 24, deferred: 0, refused: 3 * 24 })
  })

  it('takes a message without evidence for the server that was seen on its path a moment ago, after long silence', async () => {
    const messages = hourly(95)
    const last = messages.at(-1)!.at
    const seen = archivedMessage(outdated, last + 6.9 * dayMs, 5000)
    const silent = archivedMessage(
      { ...outdated, builds: [{ from: 0, build: null }] },
      last + 7.2 * dayMs,
      5001,
    )
    place.write('silence.mbox', mbox([...messages, seen, silent]))
    const [before, after] = [await replay('mail.mbox'), await replay('silence.mbox')]
    assert.equal(after.messages.refused, before.messages.refused + 2)
  })

  it('judges strangers where it is told to, and where there is no connector', async () => {
    const stranger = { ...outdated, server: 'ex01.fabrikam.com', tls: false }
    const file = place.write('stranger.mbox', mbox(hourly(3, stranger)))
    const ran = await call(['replay', '--config', place.config, file])
    assert.equal(ran.code, 1)
    assert.match(
      ran.stderr,
      /^exchange-enforcement: no message was judged; --everyone judges those of no connector\n$/,
    )
    assert.equal((await replay(file, '--everyone')).read.judged['internet'], 72)
    assert.equal((await json(['replay', file])).read.judged['internet'], 72)
    const partner = { ...outdated, server: 'ex02.fabrikam.com', address: '198.51.100.7', tls: false }
    place.write('partner.mbox', mbox(hourly(95, partner)))
    const { messages, read } = await replay('partner.mbox')
    assert.deepEqual([read.judged['address'], messages.refused + messages.deferred], [2280, 0])
  })

  it('tells people what they want to know, in lines that a terminal may show', async () => {
    const evil = { ...outdated, server: 'ex\u001b[31m\u202e.contoso.com' }
    const file = place.write('evil.mbox', mbox(hourly(40, evil)))
    const text = await printed(['replay', '--everyone', file, join(place.folder, 'mail.mbox')])
    assert.doesNotMatch(text, obeyedByTerminals)
    assert.match(text, /^messages +3,240\njudged +3,240 of everyone else\n/)
    assert.match(text, /received by +mx\.example\.com \(3,240\)/)
    assert.match(
      text,
      /\nSERVER +TENANT +BUILD +DETECTED +STAGE +ACCEPTED +DEFERRED +REFUSED +HIT +DELAY +NEXT +INSTALL\n/,
    )
    assert.match(text, /\nex01\.contoso\.com +internet +15\.1\.2507\.16 +2026-07-02 +8 /)
    assert.match(text, /\nDAY +ACCEPTED +DEFERRED +REFUSED\n/)
    assert.match(text, /each stage would turn away, had they all been in it:\nSTAGE /)
  })

  it('names what cannot be read, plays the rest, and ends with exit code 1', async () => {
    place.write('bad/a.mbox', 'no mbox\n')
    place.write('bad/b.eml', mbox(hourly(1)))
    const { code, stdout, stderr } = await call(['replay', '--json', 'bad', 'missing', 'mail.mbox'], {
      directory: place.folder,
    })
    assert.equal(code, 1)
    assert.equal(
      stderr,
      "exchange-enforcement: bad/a.mbox: line 1 (byte 0): 'no mbox' stands there; an mbox begins with a line 'From …'\n" +
        'exchange-enforcement: missing: there is no such file\n',
    )
    const report: Report = JSON.parse(stdout)
    assert.deepEqual(
      report.read.unread.map(({ source }) => source),
      ['bad/a.mbox', 'missing'],
    )
    assert.equal(report.read.copies, 24)
  })

  it('writes nothing where nothing could be read', async () => {
    place.write('none.eml', '')
    await fails(1, /none\.eml: the file is empty/, ['replay', 'none.eml', '--html', 'none.html'], {
      directory: place.folder,
    })
    assert.ok(!existsSync(join(place.folder, 'none.html')))
    await fails(
      1,
      /x\.html cannot be written: ENOENT: no such file or directory/,
      ['replay', 'mail.mbox', '--html', 'no/x.html'],
      {
        directory: place.folder,
      },
    )
  })

  for (const [parameters, says, reason] of [
    [['x', '--floor', '15.1'], /It is not a build number/, 'a floor that is none'],
    [
      ['x', '--floor', '15.1.2507.61', '--policy', 'lifecycle'],
      /--floor means the policy custom/,
      'two policies',
    ],
    [['x', '--policy', 'custom'], /give them with --floor/, 'a policy without its floors'],
    [['x', '--from', '2026-13-01'], /--from '2026-13-01' is not a date/, 'a date that does not exist'],
    [['x', '--from', '2026-07-02', '--to', '2026-07-01'], /--to lies before --from/, 'no time at all'],
    [['x', '--received-by', 'a b'], /--received-by 'a b' is not a domain name/, 'a host that is none'],
    [
      ['x', '--mode', 'off'],
      /Allowed choices are report, defer, enforce, configured/,
      'a mode that plays nothing',
    ],
    [['x', '--json', '--html', 'y'], /cannot be used with/, 'two outputs'],
    [[], /missing required argument 'paths'/, 'nothing to read'],
  ] as const) {
    it(`is wrong usage: ${reason}`, () => fails(2, says, ['replay', ...parameters]))
  }

  it('ends on Ctrl-C as programs do, while it waits for standard input', async () => {
    const child = start(['replay', '--everyone', '-'])
    let told = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
    child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text))
    const closed = once(child, 'close')
    child.stdin.on('error', () => undefined)
    // Once it has taken more than a pipe holds, it is reading.
    const taken = new Promise((done) => child.stdin.write(mbox(hourly(30)), done))
    await taken
    child.kill('SIGINT')
    const [code, signal]: unknown[] = await closed
    assert.deepEqual([code, signal, told], [null, 'SIGINT', ''])
  })

  it('takes little memory for an archive of 60 MB', async () => {
    const path = join(place.folder, 'large.mbox')
    const senders = archiveSenders(100, begin, 100)
    const count = writeMbox(path, {
      ...{ bytes: 60_000_000, senders, start: begin, days: 100 },
      bodyBytes: 6000,
    })
    // Half of the archive would not fit.
    const { code, stdout } = await runProgram(['replay', '--everyone', '--json', path], {
      node: ['--max-old-space-size=32', '--max-semi-space-size=2'],
    })
    assert.equal(code, 0)
    const { messages }: Report = JSON.parse(stdout)
    assert.equal(messages.accepted + messages.deferred + messages.refused, count)
  })

  describe('--html', () => {
    let browser: Browser
    before(async () => {
      browser = await openBrowser()
      place.write(
        'evil2.mbox',
        mbox(hourly(40)).replaceAll('by ex01.contoso.com', 'by <script>alert(1)</script>.contoso.com'),
      )
    })
    after(() => browser.close())

    for (const colorScheme of ['light', 'dark'] as const) {
      it(`writes a page that stands alone and is good to read: ${colorScheme}`, async () => {
        const file = join(place.folder, `${colorScheme}.html`)
        const said = await printed(
          ['replay', '--config', place.config, '--html', file, 'mail.mbox', 'evil2.mbox'],
          {
            directory: place.folder,
          },
        )
        assert.equal(said, `written: ${file}\n`)
        const page = await browser.newPage({ colorScheme })
        const address = pathToFileURL(file).href
        const strange = strangeRequests(page, (each) => each === address)
        const told = consoleMessages(page)
        await page.goto(address)
        assert.equal(await page.title(), 'Replay · Exchange enforcement')
        assert.match((await page.textContent('main')) ?? '', /ex01\.contoso\.com[^]*stage 8 reached/)
        for (const width of [1280, 390]) {
          await page.setViewportSize({ width, height: 900 })
          assert.deepEqual(await accessibilityFaults(page), [])
        }
        assert.deepEqual([strange, told], [[], []])
        await page.close()
      })
    }

    it('shows what strangers write as text', () => {
      const text = readFileSync(join(place.folder, 'light.html'), 'utf8')
      assert.doesNotMatch(text, /<script/)
    })
  })
})

describe('The bar of progress', () => {
  const rows: readonly (readonly [
    done: number,
    total: number | null,
    seconds: number,
    text: string,
    reason: string,
  ])[] = [
    [0, 2e9, 0, 'reading  [------------------------] 0 %  0 B of 2.0 GB  0 B/s', 'the beginning'],
    [
      5e8,
      2e9,
      5,
      'reading  [######------------------] 25 %  500 MB of 2.0 GB  100 MB/s  0:15 left',
      'a quarter',
    ],
    [
      2e9,
      2e9,
      20,
      'reading  [########################] 100 %  2.0 GB of 2.0 GB  100 MB/s  0:00 left',
      'the end',
    ],
    [
      1e9,
      1e13,
      10,
      'reading  [------------------------] 0 %  1.0 GB of 10 TB  100 MB/s  27:46:30 left',
      'hours',
    ],
    [1500, null, 1, 'reading  1.5 KB  1.5 KB/s', 'an end that is not known'],
  ]
  for (const [done, total, seconds, text, reason] of rows) {
    it(`shows ${reason}`, () => {
      const share = total === null ? null : done / total
      assert.equal(progressText('reading', share, bytesDetails(done, total, seconds)), text)
    })
  }

  it('is drawn over itself on a terminal, and nowhere else', async () => {
    const drawn = async (isTTY: boolean, environment: NodeJS.ProcessEnv): Promise<string> => {
      let text = ''
      const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
        text += chunk.toString()
        done()
      }
      const terminal = Object.assign(new Writable({ write }), { isTTY, columns: 60 })
      const progress = new Progress(new Output(terminal, environment))
      await progress.show('reading', 0.5, ['x'.repeat(100)])
      await progress.clear()
      return text
    }
    const bar = `\r\u001b[Kreading  [############------------] 50 %  ${'x'.repeat(17)}\r\u001b[K`
    assert.equal(await drawn(true, {}), bar)
    assert.equal(await drawn(true, { NO_COLOR: '1' }), bar)
    assert.equal(await drawn(true, { TERM: 'dumb' }), '')
    assert.equal(await drawn(false, {}), '')
  })

  it('rounds bytes as people do', () => {
    assert.deepEqual([0, 999, 1000, 9949, 9950, 999_499, 999_500].map(bytesText), [
      ...['0 B', '999 B', '1.0 KB', '9.9 KB', '10 KB', '999 KB', '1.0 MB'],
    ])
  })
})
