import assert from 'node:assert/strict'
import type { ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { call } from './in-process'
import { fails, installed, json, printed, runningServer, type Place } from './support'

const day = 86_400_000

describe('pause, resume, exempt and unexempt', function () {
  this.timeout(30_000)
  let place: Place
  let inConfig: readonly string[]
  const now = Date.now()
  const year = new Date(now).getUTCFullYear()

  beforeEach(async () => {
    place = installed()
    inConfig = ['--config', place.config]
    await place.put(runningServer('ex01.contoso.com', 65, now), runningServer('ex02.contoso.com', 5, now))
  })
  afterEach(() => place.remove())

  const tenant = (): Promise<TenantRecord> =>
    place.withStore(async (store) => {
      const stored = await store.read({ kind: 'tenant', tenant: 'contoso' })
      assert.equal(stored.state, 'present')
      return stored.value
    })
  const server = (name: string): Promise<ServerRecord> =>
    place.withStore(async (store) => {
      const stored = await store.read({ kind: 'server', tenant: 'contoso', server: name })
      assert.equal(stored.state, 'present')
      return stored.value
    })
  const pause = (days: number, ...more: string[]) => [
    ...['pause', 'contoso', '--days', String(days), '--reason', 'migration', ...more, ...inConfig],
  ]

  it('a pause begins now, is charged, and stands in the history of every server', async () => {
    const answer = await json<{
      from: string
      until: string
      days: number
      days_left: Record<string, number>
    }>(pause(3))
    assert.equal(Date.parse(answer.until) - Date.parse(answer.from), 3 * day)
    assert.ok(Date.parse(answer.from) >= now && Date.parse(answer.from) <= Date.now())
    assert.ok((answer.days_left[String(year)] ?? 0) >= 87)
    const [kept] = (await tenant()).pauses
    assert.equal(kept?.reason, 'migration')
    assert.match(kept.id, /^[0-9a-f-]{36}$/)
    for (const name of ['ex01.contoso.com', 'ex02.contoso.com']) {
      const last = (await server(name)).events.at(-1)
      assert.deepEqual(last?.kind === 'paused' && last.reason, 'migration (3 days)')
    }
    assert.match(
      await printed(['explain', 'ex01.contoso.com', ...inConfig]),
      /^ex01\.contoso\.com of contoso: paused/,
    )
  })

  it('a second pause does not begin while one runs, and is told when it may', async () => {
    const first = await json<{ until: string }>(pause(2))
    await fails(1, new RegExp(`one that begins at ${first.until} goes on from there`), pause(2))
    const second = await json<{ from: string }>(pause(2, '--from', first.until))
    assert.equal(second.from, first.until)
  })

  it('a pause may begin on a later day, and today means now', async () => {
    const later = new Date(now + 10 * day).toISOString().slice(0, 10)
    assert.match(
      await printed(pause(1, '--from', later)),
      new RegExp(`^contoso is paused from ${later} 00:00 UTC until .*, 1 days; `),
    )
    const today = new Date().toISOString().slice(0, 10)
    const answer = await json<{ from: string }>(pause(1, '--from', today))
    assert.ok(Date.parse(answer.from) >= now)
  })

  it('what C4 forbids is refused, and nothing is written', async () => {
    const at = (days: number) => new Date(now + days * day).toISOString()
    await fails(1, /are left/, pause(400))
    await fails(1, /cannot begin in the past/, pause(1, '--from', at(-2)))
    await printed(pause(5, '--from', at(10)))
    await fails(1, /overlap the pause from/, pause(5, '--from', at(12)))
    assert.equal((await tenant()).pauses.length, 1)
  })

  it('resume ends what runs and gives the rest back; --all what is to come as well', async () => {
    const { until: next } = await json<{ until: string }>(pause(5))
    await printed(pause(5, '--from', next))
    const resume = ['resume', 'contoso', '--reason', 'done', ...inConfig]
    assert.match(await printed(resume), /^contoso is enforced again; pauses ended: 1\n$/)
    assert.equal((await tenant()).pauses[0]?.days, 1)
    await fails(1, /no pause of contoso is running/, resume)
    const rest = await json<{ ended: unknown[] }>([...resume, '--all'])
    assert.equal(rest.ended.length, 1)
    assert.equal((await tenant()).pauses.length, 1)
    assert.equal((await server('ex01.contoso.com')).events.at(-1)?.kind, 'resumed')
  })

  it('pause, resume and unexempt need no reason', async () => {
    await printed(['pause', 'contoso', '--days', '5', ...inConfig])
    await printed(['resume', 'contoso', ...inConfig])
    const last = (await server('ex01.contoso.com')).events.at(-1)
    assert.deepEqual(last?.kind === 'resumed' && last.reason, 'no reason given')
    await printed(exempt())
    await printed(['unexempt', 'contoso', ...inConfig])
  })

  const until = new Date(now + 30 * day).toISOString().slice(0, 10)
  const exempt = (...more: string[]) => [
    'exempt',
    'contoso',
    '--until',
    until,
    '--reason',
    'plant',
    ...more,
    ...inConfig,
  ]
  const unexempt = (...more: string[]) => ['unexempt', 'contoso', '--reason', 'over', ...more, ...inConfig]

  it('an exemption is of a server, a connector or the tenant, and ends with exactly that name', async () => {
    assert.match(
      await printed(exempt('--server', 'EX01.contoso.com')),
      new RegExp(`^server ex01\\.contoso\\.com of contoso is exempt until ${until}T00:00:00\\.000Z\n$`),
    )
    const { target, id } = await json<{ target: unknown; id: string }>(exempt('--connector', 'contoso-plant'))
    assert.deepEqual(target, { kind: 'connector', connector: 'contoso-plant' })
    assert.match(id, /^[0-9a-f-]{36}$/)
    await printed(exempt())
    assert.equal((await tenant()).exemptions.length, 3)
    const kinds = (record: ServerRecord) => record.events.map(({ kind }) => kind).join()
    assert.equal(kinds(await server('ex01.contoso.com')), 'detected,exempted,exempted,exempted')
    assert.equal(kinds(await server('ex02.contoso.com')), 'detected,exempted,exempted')

    assert.match(await printed(unexempt('--server', 'ex01.contoso.com')), /is not exempt any more\n$/)
    await fails(1, /no such exemption/, unexempt('--server', 'ex01.contoso.com'))
    const { ended } = await json<{ ended: { target: unknown }[] }>(unexempt())
    assert.deepEqual(
      ended.map(({ target: of }) => of),
      [{ kind: 'tenant' }],
    )
    assert.deepEqual(
      (await tenant()).exemptions.map((each) => each.target.kind),
      ['connector'],
    )
  })

  it('a server that was never seen may be exempted, with a note', async () => {
    const { code, stderr } = await call(exempt('--server', 'next.contoso.com'))
    assert.equal(code, 0)
    assert.match(stderr, /^note: no server of that name was seen yet/)
  })

  it('an exemption that is over, an unknown connector and an unknown tenant are refused', async () => {
    await fails(1, /over already/, [
      'exempt',
      'contoso',
      '--until',
      '2020-01-01',
      '--reason',
      'x',
      ...inConfig,
    ])
    await fails(
      1,
      /has no connector 'contoso-plan' \(did you mean 'contoso-plant'\?\)/,
      exempt('--connector', 'contoso-plan'),
    )
    await fails(1, /has no connector 'fabrikam'/, exempt('--connector', 'fabrikam'))
    for (const parameters of [
      ['pause', 'fabricam', '--days', '1', '--reason', 'x'],
      ['resume', 'fabricam', '--reason', 'x'],
      ['exempt', 'fabricam', '--until', until, '--reason', 'x'],
      ['unexempt', 'fabricam', '--reason', 'x'],
    ]) {
      await fails(1, /no tenant 'fabricam' \(did you mean 'fabrikam'\?\)/, [...parameters, ...inConfig])
    }
  })

  for (const [parameters, message, reason] of [
    [['pause', 'contoso', '--reason', 'x'], /required option '--days <number>'/, 'no days'],
    [['pause', 'contoso', '--days', '1.5', '--reason', 'x'], /whole number of days/, 'half a day'],
    [['pause', 'contoso', '--days', '-1', '--reason', 'x'], /whole number of days/, 'less than a day'],
    [['pause', 'contoso', '--days', '1', '--reason', ' '], /empty/, 'an empty reason'],
    [
      ['pause', 'contoso', '--days', '1', '--reason', 'a\u001bb'],
      /control characters/,
      'a reason that a terminal obeys',
    ],
    [['pause', 'contoso', '--days', '1', '--reason', 'x'.repeat(201)], /200 characters/, 'a long reason'],
    [
      ['pause', 'contoso', '--days', '1', '--reason', 'x', '--from', 'soon'],
      /--from 'soon' is not a date/,
      'no date',
    ],
    [['exempt', 'contoso', '--reason', 'x'], /required option '--until <date>'/, 'no end'],
    [
      ['exempt', 'contoso', '--until', '2027-01-01', '--reason', 'x', '--server', 'a', '--connector', 'b'],
      /cannot be used with/,
      'two targets',
    ],
    [['resume', '--reason', 'x'], /missing required argument 'tenant'/, 'no tenant'],
  ] as const) {
    it(`is wrong usage: ${reason}`, () => fails(2, message, parameters))
  }

  it('without a config folder it says where it would look', async () => {
    await fails(1, /name it with --config/, ['pause', 'contoso', '--days', '1', '--reason', 'x'])
  })
})
