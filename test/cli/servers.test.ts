import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { call } from './in-process'
import {
  exemptUntil,
  fails,
  installed,
  json,
  lastEvidence,
  printed,
  runningServer,
  type Place,
  obeyedByTerminals,
} from './support'

const day = 86_400_000
const title = (page: string) => /<title>.*<\/title>/.exec(page)?.[0]

interface Row {
  readonly server: string
  readonly tenant: string
  readonly status: string
  readonly stage: { readonly stage: number } | null
  readonly next_stage: { readonly stage: number; readonly at: string } | null
  readonly defer_from: string | null
  readonly refuse_from: string | null
}

describe('servers and explain', function () {
  this.timeout(20_000)
  let place: Place
  let inConfig: readonly string[]
  const now = Date.now()
  const evil = 'evil\u001b[31m\u202e.contoso.com'

  before(async () => {
    place = installed()
    inConfig = ['--config', place.config]
    const clear = { clock: { state: 'clear' } as const }
    const compliant = lastEvidence({
      build: '15.2.2562.53',
      verdict: { status: 'compliant', reason: 'no-floor' },
    })
    await place.put(
      runningServer('ex01.contoso.com', 65, now),
      runningServer('ex08.contoso.com', 200, now, { lastEvidence: lastEvidence({ transport: 'mapi' }) }),
      runningServer('new.contoso.com', 0, now, {
        clock: { state: 'suspected', firstAt: now - day, sightings: 2 },
        events: [],
      }),
      runningServer('good.contoso.com', 0, now, { ...clear, lastEvidence: compliant, events: [] }),
      runningServer('well.contoso.com', 0, now, {
        ...clear,
        lastEvidence: compliant,
        recovery: { at: now - 3 * day, elapsedMs: 50 * day },
      }),
      runningServer('once.contoso.com', 0, now, {
        ...clear,
        lastEvidence: compliant,
        recovery: { at: now - 40 * day, elapsedMs: 50 * day },
      }),
      runningServer('exempt.contoso.com', 85, now, {
        events: [{ at: now, kind: 'exempted', reason: 'plant' }],
      }),
      runningServer(evil, 45, now, { lastEvidence: lastEvidence({ ehlo: '\u001b]0;x\u0007', build: null }) }),
      runningServer('=cmd()', 12, now),
      runningServer('ex01.contoso.com', 30, now, { tenant: 'fabrikam' }),
      {
        tenant: 'contoso',
        pauses: [],
        exemptions: [exemptUntil('exempt.contoso.com', now + day)],
      },
      {
        tenant: 'fabrikam',
        pauses: [
          { id: 'p', from: now - 2 * day, until: now + day, days: 3, reason: 'moving', createdAt: now },
        ],
        exemptions: [],
      },
    )
  })
  after(() => place.remove())

  it('show status, stage and dates of every server, worst first', async () => {
    const rows = await json<readonly Row[]>(['servers', ...inConfig])
    assert.deepEqual(
      rows.map((row) => `${row.tenant} ${row.server} ${row.status} ${String(row.stage?.stage ?? '-')}`),
      [
        'contoso ex08.contoso.com outdated 8',
        'contoso exempt.contoso.com exempt 7',
        'contoso ex01.contoso.com outdated 5',
        `contoso ${evil} outdated 3`,
        'contoso =cmd() outdated 1',
        'contoso good.contoso.com compliant -',
        'contoso new.contoso.com outdated -',
        'contoso once.contoso.com compliant -',
        'contoso well.contoso.com recovered -',
        'fabrikam ex01.contoso.com paused 1',
      ],
    )
    const [last, , fifth] = rows
    assert.equal(last?.next_stage, null)
    assert.equal(fifth?.next_stage?.at, new Date(now + 5 * day).toISOString())
    assert.equal(fifth.next_stage.stage, 6)
    assert.equal(fifth.defer_from, new Date(now - 35 * day).toISOString())
    assert.equal(fifth.refuse_from, new Date(now - 5 * day).toISOString())
    // Two of its 30 days passed in the pause, and one more will.
    assert.equal(rows.at(-1)?.next_stage?.at, new Date(now + 3 * day).toISOString())
  })

  it('are narrowed down by tenant, status and stage', async () => {
    const names = async (...parameters: string[]) =>
      (await json<readonly Row[]>(['servers', ...parameters, ...inConfig])).map(({ server }) => server)
    assert.deepEqual(await names('fabrikam'), ['ex01.contoso.com'])
    assert.deepEqual(await names('--status', 'exempt'), ['exempt.contoso.com'])
    assert.deepEqual(await names('contoso', '--stage', '8'), ['ex08.contoso.com'])
  })

  it('make a table without anything that a terminal obeys', async () => {
    const text = await printed(['servers', ...inConfig])
    assert.match(text, /^TENANT +SERVER +BUILD +STATUS +VERDICT +STAGE +DAY/)
    assert.match(text, /contoso +ex01\.contoso\.com +15\.1\.2507\.39 +outdated +\S+ +5 +65 +30\+5/)
    assert.match(text, /evil\\u\{1b\}\[31m\\u\{202e\}/)
    assert.match(text, /new\.contoso\.com .* \? +-/)
    assert.doesNotMatch(text, obeyedByTerminals)
  })

  it('make CSV in which no cell is a formula', async () => {
    const lines = (await printed(['servers', '--csv', ...inConfig])).split('\r\n')
    assert.match(lines[0] ?? '', /^tenant,server,status,connector,build,/)
    assert.equal(lines.length, 12)
    assert.ok(lines.some((line) => line.startsWith("contoso,'=cmd(),outdated,contoso-hybrid,15.1.2507.39,")))
    assert.ok(lines.every((line) => !obeyedByTerminals.test(line)))
    const columns = lines[0]?.split(',').length
    const cells = lines.find((line) => line.includes('good.contoso.com'))?.match(/(?:"[^"]*"|[^,])*(?:,|$)/g)
    assert.equal((cells?.length ?? 0) - 1, columns)
  })

  it('explain the header line, the message, the floor, the stage, the next change and the history', async () => {
    const text = (await printed(['explain', 'EX01.contoso.com', '--tenant', 'contoso', ...inConfig])).replace(
      /\s+/g,
      ' ',
    )
    for (const part of [
      /^ex01\.contoso\.com of contoso: outdated/,
      /header Received: from a by ex01\.contoso\.com with Microsoft SMTP Server id 15\.1\.2507\.39/,
      /message-id <1@contoso\.com> time 2026-11-20T10:00:00\.000Z/,
      /attributed by certificate \*\.contoso\.com to connector contoso-hybrid/,
      /peer 192\.0\.2\.10, EHLO ex01\.contoso\.com; the server's name is that of its ehlo/,
      /verdict outdated \(behind\) because 15\.1\.2507\.39 is below the floor 15\.1\.2507\.61/,
      /floor 15\.1\.2507\.61/,
      /messages 5 accepted, 3 deferred, 2 refused/,
      /stage 5, day 65: defers 30, refuses 5 minutes an hour next stage 6 on /,
      /mode enforce decision (accept|defer|refuse)/,
      /C6 day 65 is stage 5/,
      /next change \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: (accept|defer|refuse), stage 5/,
      /History .* detected with 15\.1\.2507\.39/,
    ]) {
      assert.match(text, part)
    }
  })

  it('explain a paused, an exempt and a suspected server', async () => {
    const said = async (...parameters: string[]) =>
      (await printed(['explain', ...parameters, ...inConfig])).replace(/\s+/g, ' ')
    assert.match(
      await said('ex01.contoso.com', '--tenant', 'fabrikam'),
      /paused until .*: moving .*C4 enforcement is paused/,
    )
    assert.match(
      await said('exempt.contoso.com'),
      /exempt until .*: plant .*C5 exempted: plant .*next change/,
    )
    assert.match(
      await said('new.contoso.com'),
      /2 outdated sightings: no detection yet .*C1 .*next change none/,
    )
    assert.doesNotMatch(await printed(['explain', evil, ...inConfig]), obeyedByTerminals)
  })

  it('explain as JSON', async () => {
    const answer = await json<
      Record<string, unknown> & { decision: { trail: unknown[] }; next_change: { stage: number } }
    >([...['explain', 'ex08.contoso.com', ...inConfig]])
    assert.equal(answer['status'], 'outdated')
    assert.equal(answer.decision.trail.length, 2)
    assert.equal(answer.next_change, null, 'stage 8 has no end')
    assert.deepEqual(
      (answer['history'] as readonly { readonly kind: string }[]).map(({ kind }) => kind),
      ['detected'],
    )
  })

  it('write the whole report into one file, or leave what was there', async () => {
    const file = join(place.folder, 'report.html')
    const said = await printed(['servers', '--html', file, '--details', '2', ...inConfig])
    assert.match(said, /report\.html: \d+ servers, 2 of them with a page of their own\n$/)
    const text = readFileSync(file, 'utf8')
    assert.match(text, /^<!doctype html>[^]*<\/html>$/)
    assert.doesNotMatch(text, obeyedByTerminals)
    assert.deepEqual(
      readdirSync(place.folder).filter((name) => name.endsWith('.tmp')),
      [],
    )
    assert.equal(
      await printed(['servers', '--html', '-', '--details', '2', ...inConfig]).then(title),
      title(text),
    )
    const nowhere = join(place.folder, 'nowhere', 'report.html')
    await fails(1, /nowhere\/report\.html cannot be written: ENOENT: no such file or directory\n$/, [
      ...['servers', '--html', nowhere, ...inConfig],
    ])
    await fails(1, /cannot be written: EISDIR/, ['servers', '--html', place.config, ...inConfig])
  })

  it('say whom was meant', async () => {
    await fails(1, /no server 'ex8\.contoso\.com' was seen \(did you mean 'ex08\.contoso\.com'\?\)/, [
      'explain',
      'ex8.contoso.com',
      ...inConfig,
    ])
    await fails(1, /no tenant 'contso' \(did you mean 'contoso'\?\)/, ['servers', 'contso', ...inConfig])
    await fails(2, /ex01\.contoso\.com is a server of contoso, fabrikam; name one with --tenant/, [
      'explain',
      'ex01.contoso.com',
      ...inConfig,
    ])
  })

  it('answer no where nothing is found', async () => {
    const none = await call(['servers', '--stage', '99', '--json', ...inConfig])
    assert.deepEqual([none.code, none.stdout], [1, '[]\n'])
    assert.match(none.stderr, /no such server was seen/)
    const empty = installed()
    try {
      await fails(1, /nothing is stored yet: there is no LMDB store/, ['servers', '--config', empty.config])
    } finally {
      empty.remove()
    }
  })

  for (const [main, message, reason] of [
    ['[store]\nbackend = memory', /lives inside Haraka's own process/, 'memory in the process'],
    [
      '[store]\nbackend = redis\n[redis]\nport = 1',
      /store: .*127\.0\.0\.1:1|store: .*localhost:1/,
      'a Redis that is not there',
    ],
  ] as const) {
    it(`say what to do about ${reason}`, async () => {
      const other = installed()
      try {
        other.write('config/exchange-enforcement.ini', main)
        await fails(1, message, ['servers', '--config', other.config])
      } finally {
        other.remove()
      }
    })
  }

  it('say that a damaged store is damaged', async () => {
    const other = installed()
    try {
      other.write('store/data.mdb', Buffer.alloc(10_000, 7))
      await fails(1, /data\.mdb cannot be opened/, ['servers', '--config', other.config])
    } finally {
      other.remove()
    }
  })

  it('are wrong usage with other statuses, stages and forms', async () => {
    await fails(2, /Allowed choices are compliant/, ['servers', '--status', 'bad'])
    await fails(2, /1 to 99/, ['servers', '--stage', '0'])
    await fails(2, /cannot be used with/, ['servers', '--csv', '--json'])
    await fails(2, /cannot be used with/, ['servers', '--html', '-', '--status', 'paused'])
    await fails(2, /--details goes with --html/, ['servers', '--details', '3', ...inConfig])
    await fails(2, /0 to 999999/, ['servers', '--html', '-', '--details', 'many'])
    await fails(2, /missing required argument 'server'/, ['explain'])
  })
})
