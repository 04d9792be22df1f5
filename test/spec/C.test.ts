import assert from 'node:assert/strict'
import { maxEvents } from '../../src/rules/clock/advance'
import { elapsedAt } from '../../src/rules/clock/elapsed'
import { exemptionFor } from '../../src/rules/clock/exemption'
import { daysCharged, endPause, planPause, type PausePlan } from '../../src/rules/clock/pause'
import type { Clock, Exemption, Pause, ServerRecord } from '../../src/rules/clock/record'
import { defaultSchedule, nextStage, stageAt, type Schedule } from '../../src/rules/clock/schedule'
import { decide } from '../../src/rules/decision/decide'
import { dayMs, hourMs, minuteMs, type Interval } from '../../src/rules/time'
import {
  afterSightings,
  circumstances,
  clockRules,
  detectedServer,
  pause,
  runningClock,
  sighting,
  t0,
  type Status,
} from '../rules/clock/given'

const startOf = (clock: Clock) => (clock.state === 'running' ? clock.startedAt : clock.state)
const stageOf = (record: ServerRecord, at: number, pauses: readonly Interval[] = []) =>
  decide(circumstances({ at, clock: record.clock, pauses })).stage

describe('C1 Detection: three outdated sightings over 24 hours, none compliant between', () => {
  const h = hourMs
  type Seen = readonly [after: number, status?: Status]
  const table: readonly (readonly [
    why: string,
    seen: readonly Seen[],
    clock: number | 'clear' | 'suspected',
  ])[] = [
    ['one is not enough', [[0]], 'suspected'],
    ['two are not, however far apart', [[0], [90 * 24 * h]], 'suspected'],
    ['three are not within 24 h less 1 ms', [[0], [h], [24 * h - 1]], 'suspected'],
    ['three are, 24 h apart to the millisecond', [[0], [h], [24 * h]], 0],
    ['three at the ends: two first and one after 24 h', [[0], [0], [24 * h]], 0],
    ['many within a day do not make up for the time', [[0], [1], [2], [3], [4], [23 * h]], 'suspected'],
    ['the first after the 24 h that comes with enough before it', [[0], [1], [2], [3], [30 * h]], 0],
    ['the third comes long after', [[0], [40 * 24 * h], [41 * 24 * h]], 0],
    [
      'a compliant one between the first and second: two are left',
      [[0], [h, 'compliant'], [2 * h], [26 * h]],
      'suspected',
    ],
    [
      'a compliant one between: the count begins at the next',
      [[0], [h, 'compliant'], [2 * h], [3 * h], [26 * h]],
      2 * h,
    ],
    ['a compliant one last', [[0], [h], [2 * h, 'compliant']], 'clear'],
    ['an undetermined one between resets nothing', [[0], [h, 'undetermined'], [2 * h], [24 * h]], 0],
    ['an undetermined one counts for nothing', [[0], [h, 'undetermined'], [24 * h]], 'suspected'],
    [
      'undetermined ones alone',
      [
        [0, 'undetermined'],
        [h, 'undetermined'],
        [48 * h, 'undetermined'],
      ],
      'clear',
    ],
    [
      'compliant ones alone',
      [
        [0, 'compliant'],
        [h, 'compliant'],
        [48 * h, 'compliant'],
      ],
      'clear',
    ],
    ['further ones do not move the start', [[0], [h], [24 * h], [25 * h], [200 * h]], 0],
    ['an undetermined one leaves a running clock alone', [[0], [h], [24 * h], [25 * h, 'undetermined']], 0],
  ]
  for (const [why, seen, expected] of table) {
    it(`${typeof expected === 'number' ? 'is detected' : expected}: ${why}`, () => {
      const { record } = afterSightings(seen.map(([after, status]) => sighting(t0 + after, status)))
      assert.equal(startOf(record.clock), typeof expected === 'number' ? t0 + expected : expected)
    })
  }

  it('starts the clock at the first sighting, and notes the detection at the last', () => {
    const { record, events } = afterSightings([0, 12, 24].map((hours) => sighting(t0 + hours * h)))
    assert.deepEqual(record.clock, {
      state: 'running',
      startedAt: t0,
      detectedAt: t0 + dayMs,
      carriedMs: 0,
      reachedMs: dayMs,
    })
    assert.deepEqual(events, [{ at: t0 + dayMs, kind: 'detected', build: '15.1.2507.16' }])
  })

  it('takes the number and the hours from the configuration', () => {
    const rules = { ...clockRules, confirmSightings: 1, confirmHours: 0 }
    assert.equal(startOf(afterSightings([sighting(t0)], { rules }).record.clock), t0)
    const five = { ...clockRules, confirmSightings: 5, confirmHours: 2 }
    const seen = [0, 1, 2, 3, 4].map((hours) => sighting(t0 + hours * h))
    assert.equal(startOf(afterSightings(seen.slice(0, 4), { rules: five }).record.clock), 'suspected')
    assert.equal(startOf(afterSightings(seen, { rules: five }).record.clock), t0)
  })

  it('accepts the mail of a server that is only suspected', () => {
    const { record } = afterSightings([sighting(t0), sighting(t0 + 200 * dayMs)])
    const { action, stage, trail, freeAt } = decide(
      circumstances({ at: t0 + 200 * dayMs, clock: record.clock }),
    )
    assert.deepEqual({ action, stage, freeAt }, { action: 'accept', stage: null, freeAt: t0 + 200 * dayMs })
    assert.deepEqual(trail, [
      { rule: 'C1', because: '2 outdated sighting(s) do not suffice for a detection yet' },
    ])
  })

  it('begins a record with the first sighting, and moves lastSeenAt only forward', () => {
    const first = afterSightings([sighting(t0, 'compliant', '15.2.2562.17')]).record
    assert.deepEqual(first, {
      tenant: 'contoso',
      server: 'ex01.contoso.local',
      firstSeenAt: t0,
      lastSeenAt: t0,
      clock: { state: 'clear' },
      recovery: null,
      stageSeen: 0,
      lastEvidence: sighting(t0, 'compliant', '15.2.2562.17').evidence,
      events: [],
      days: {},
    })
    const later = afterSightings([sighting(t0 - hourMs, 'compliant')], { before: first }).record
    assert.deepEqual([later.firstSeenAt, later.lastSeenAt], [t0, t0])
  })

  for (const [why, before, next, significant] of [
    ['a server never seen before', [], sighting(t0, 'compliant'), true],
    ['the same again', [sighting(t0, 'compliant')], sighting(t0 + 1, 'compliant'), false],
    [
      'another build with the same verdict',
      [sighting(t0, 'compliant', '15.2.1.1')],
      sighting(t0 + 1, 'compliant', '15.2.1.2'),
      false,
    ],
    ['another verdict', [sighting(t0, 'compliant')], sighting(t0 + 1, 'undetermined'), true],
    ['a first suspicion', [sighting(t0, 'undetermined')], sighting(t0 + 1), true],
    ['a count that matters', [sighting(t0)], sighting(t0 + 1), true],
    ['a count beyond what is needed', [0, 1, 2].map((ms) => sighting(t0 + ms)), sighting(t0 + 3), false],
    ['an earlier first', [0, 1, 2].map((ms) => sighting(t0 + ms)), sighting(t0 - 1), true],
    ['a suspicion withdrawn', [sighting(t0)], sighting(t0 + 1, 'compliant'), true],
    ['the detection', [sighting(t0), sighting(t0)], sighting(t0 + dayMs), true],
    [
      'a running clock that runs on',
      [0, 0, 24].map((n) => sighting(t0 + n * h)),
      sighting(t0 + 2 * dayMs),
      false,
    ],
    ['a stage reached', [0, 0, 24].map((n) => sighting(t0 + n * h)), sighting(t0 + 30 * dayMs), true],
    ['a recovery', [0, 0, 24].map((n) => sighting(t0 + n * h)), sighting(t0 + 2 * dayMs, 'compliant'), true],
  ] as const) {
    it(`${significant ? 'tells memory at once' : 'may wait with'}: ${why}`, () => {
      assert.equal(afterSightings([...before, next]).significant, significant)
    })
  }
})

describe('C2 Recovery: one compliant sighting clears at once, at any stage', () => {
  for (const { stage, fromDay } of defaultSchedule) {
    it(`in stage ${stage}`, () => {
      const at = t0 + fromDay * dayMs + 2 * dayMs
      const seen = afterSightings([sighting(at - 1)], { before: detectedServer(t0) }).record
      assert.equal(stageOf(seen, at), stage)
      const { record, events } = afterSightings([sighting(at, 'compliant', '15.2.2562.17')], { before: seen })
      assert.deepEqual(record.clock, { state: 'clear' })
      assert.deepEqual(record.recovery, { at, elapsedMs: at - t0 })
      assert.deepEqual(events, [{ at, kind: 'recovered', build: '15.2.2562.17' }])
      for (let minute = 0; minute < 60; minute += 1) {
        const decision = decide(circumstances({ at: at + minute * minuteMs, clock: record.clock }))
        assert.equal(decision.action, 'accept')
        assert.deepEqual(decision.trail, [{ rule: 'C1', because: 'nothing is held against this server' }])
      }
    })
  }

  it('is noted once: a further compliant sighting changes nothing', () => {
    const recovered = afterSightings([sighting(t0 + 9 * dayMs, 'compliant')], {
      before: detectedServer(t0),
    }).record
    const again = afterSightings([sighting(t0 + 12 * dayMs, 'compliant')], { before: recovered })
    assert.deepEqual(again.record.recovery, { at: t0 + 9 * dayMs, elapsedMs: 9 * dayMs })
    assert.deepEqual([again.events, again.significant], [[], false])
  })
})

describe('C3 Relapse: the clock goes on where it stood within 30 days, later anew', () => {
  const recoveredAt = t0 + 52 * dayMs
  const recovered = () =>
    afterSightings([sighting(recoveredAt, 'compliant')], { before: detectedServer(t0) }).record
  /** Three sightings over 24 hours, the last of which detects. */
  const detectedAgain = (detectedAt: number) =>
    afterSightings(
      [24, 12, 0].map((hours) => sighting(detectedAt - hours * hourMs)),
      { before: recovered() },
    )

  for (const [why, days, plusMs, kind, stage] of [
    ['the next day', 2, 0, 'relapsed', 4],
    ['within 30 days to the millisecond', 30, 0, 'relapsed', 4],
    ['one millisecond later', 30, 1, 'detected', 1],
    ['long after', 200, 0, 'detected', 1],
  ] as const) {
    it(`${kind === 'relapsed' ? 'goes on' : 'starts anew'}: detected again ${why}`, () => {
      const detectedAt = recoveredAt + days * dayMs + plusMs
      const { record, events } = detectedAgain(detectedAt)
      assert.ok(record.clock.state === 'running')
      assert.equal(record.clock.carriedMs, kind === 'relapsed' ? 52 * dayMs : 0)
      assert.equal(record.clock.startedAt, detectedAt - dayMs)
      assert.equal(elapsedAt(record.clock, [], detectedAt), (kind === 'relapsed' ? 53 : 1) * dayMs)
      assert.equal(events[0]?.kind, kind)
      assert.equal(stageOf(record, detectedAt), stage)
      assert.equal(record.recovery, null)
    })
  }

  it('reaches the next stage as much later as it was clear', () => {
    const { record } = detectedAgain(recoveredAt + 11 * dayMs)
    const { nextStageAt } = decide(circumstances({ at: recoveredAt + 11 * dayMs, clock: record.clock }))
    assert.equal(nextStageAt, t0 + 60 * dayMs + 10 * dayMs)
  })

  it('takes the days from the configuration', () => {
    const { record } = afterSightings(
      [0, 12, 24].map((hours) => sighting(recoveredAt + dayMs + hours * hourMs)),
      { before: recovered(), rules: { ...clockRules, relapseDays: 1 } },
    )
    assert.equal(record.clock.state === 'running' && record.clock.carriedMs, 0)
  })

  it('holds a recovery in mind through a suspicion that came to nothing', () => {
    const { record } = afterSightings(
      [sighting(recoveredAt + dayMs), sighting(recoveredAt + 2 * dayMs, 'compliant')],
      { before: recovered() },
    )
    assert.deepEqual(record.recovery, { at: recoveredAt, elapsedMs: 52 * dayMs })
  })

  it('goes on again and again: what stood at the second recovery is carried to the third clock', () => {
    const second = detectedAgain(recoveredAt + 5 * dayMs).record
    const { record } = afterSightings([sighting(recoveredAt + 14 * dayMs, 'compliant')], { before: second })
    assert.deepEqual(record.recovery, { at: recoveredAt + 14 * dayMs, elapsedMs: (52 + 10) * dayMs })
  })
})

describe('C4 Pause: a budget of 24-hour periods for each UTC year', () => {
  const now = Date.UTC(2026, 4, 1, 8, 30)
  const plan = (days: number, from: number, existing: readonly Pause[] = []): PausePlan =>
    planPause({ days, from, now, existing, daysPerYear: 90 })
  const why = (made: PausePlan) => (made.ok ? 'ok' : made.why)

  it('is N periods of 24 hours, from now or from a future day', () => {
    assert.deepEqual(plan(10, now), { ok: true, pause: { from: now, until: now + 10 * dayMs, days: 10 } })
    const future = Date.UTC(2026, 8, 1)
    assert.deepEqual(plan(1, future), { ok: true, pause: { from: future, until: future + dayMs, days: 1 } })
    assert.deepEqual(why(plan(1, now - 1)), { kind: 'in-the-past' })
  })

  const lastOf2026 = Date.UTC(2026, 11, 31, 23, 59, 59, 999)
  for (const [reason, days, from, existing, expected] of [
    ['the whole budget at once', 90, now, [], 'ok'],
    ['one more than the budget', 91, now, [], { kind: 'over-budget', year: 2026, left: 90, asked: 91 }],
    ['what is left of it', 60, now, [pause(now + 80 * dayMs, 30)], 'ok'],
    [
      'one more than is left of it',
      61,
      now,
      [pause(now + 80 * dayMs, 30)],
      { kind: 'over-budget', year: 2026, left: 60, asked: 61 },
    ],
    [
      'a year overspent, as after a smaller budget was set, has nothing left',
      1,
      now,
      [pause(now + 80 * dayMs, 100)],
      { kind: 'over-budget', year: 2026, left: 0, asked: 1 },
    ],
    ['the budgets of two years across New Year', 180, Date.UTC(2026, 9, 3), [], 'ok'],
    [
      'a day too many in the second year',
      181,
      Date.UTC(2026, 9, 3),
      [],
      { kind: 'over-budget', year: 2027, left: 90, asked: 91 },
    ],
    [
      'a day too many in the first',
      180,
      Date.UTC(2026, 9, 2),
      [],
      { kind: 'over-budget', year: 2026, left: 90, asked: 91 },
    ],
    ['next year, this one being spent', 90, Date.UTC(2027, 0, 1), [pause(now, 90)], 'ok'],
    [
      'the last millisecond of a year that is spent',
      1,
      lastOf2026,
      [pause(now, 90)],
      { kind: 'over-budget', year: 2026, left: 0, asked: 1 },
    ],
    [
      'within another',
      1,
      now + dayMs,
      [pause(now, 5)],
      { kind: 'overlaps', from: now, until: now + 5 * dayMs },
    ],
    [
      'around another',
      9,
      now,
      [pause(now + dayMs, 5)],
      { kind: 'overlaps', from: now + dayMs, until: now + 6 * dayMs },
    ],
    [
      'into another by 1 ms',
      1,
      now,
      [pause(now + dayMs - 1, 5)],
      { kind: 'overlaps', from: now + dayMs - 1, until: now + 6 * dayMs - 1 },
    ],
    ['right before another', 1, now, [pause(now + dayMs, 5)], 'ok'],
    ['right after another', 1, now + 5 * dayMs, [pause(now, 5)], 'ok'],
  ] as const) {
    it(`${expected === 'ok' ? 'is granted' : `is refused (${expected.kind})`}: ${reason}`, () => {
      assert.deepEqual(why(plan(days, from, existing)), expected)
    })
  }

  for (const [reason, from, days, expected] of [
    ['a period that begins 1 ms before New Year is the old year’s', lastOf2026, 1, [[2026, 1]]],
    ['a period that begins at New Year is the new year’s', lastOf2026 + 1, 1, [[2027, 1]]],
    [
      'of three, one begins in the old year',
      lastOf2026,
      3,
      [
        [2026, 1],
        [2027, 2],
      ],
    ],
    [
      'noon of 30 December: two in the old year',
      Date.UTC(2026, 11, 30, 12),
      3,
      [
        [2026, 2],
        [2027, 1],
      ],
    ],
    [
      'a leap year has 366',
      Date.UTC(2028, 0, 1),
      367,
      [
        [2028, 366],
        [2029, 1],
      ],
    ],
  ] as const) {
    it(`charges a period to the year in which it begins: ${reason}`, () => {
      assert.deepEqual([...daysCharged([{ from, days }])], expected)
    })
  }

  for (const [reason, after, until, days] of [
    ['the moment it begins: its first period has begun', 0, 0, 1],
    ['1 ms before the second period', dayMs - 1, dayMs - 1, 1],
    ['as the second period begins', dayMs, dayMs, 2],
    ['in the last period: nothing is left to give back', 9 * dayMs + 1, 9 * dayMs + 1, 10],
    ['1 ms before its end', 10 * dayMs - 1, 10 * dayMs - 1, 10],
    ['at its end: it is left as it is', 10 * dayMs, 10 * dayMs, 10],
    ['long after', 99 * dayMs, 10 * dayMs, 10],
  ] as const) {
    it(`gives back the periods not begun: ended ${reason}`, () => {
      const bought = pause(now, 10)
      assert.deepEqual(endPause(bought, now + after), { ...bought, until: now + until, days })
    })
  }

  it('is gone, and costs nothing, where it is ended before it began', () => {
    assert.equal(endPause(pause(now, 10), now - 1), null)
  })

  it('lets what was given back be bought again, in the same year', () => {
    const ended = endPause(pause(now, 90), now + 3.5 * dayMs)
    assert.ok(ended)
    assert.deepEqual(why(plan(86, now + 4 * dayMs, [ended])), 'ok')
    assert.deepEqual(why(plan(87, now + 4 * dayMs, [ended])), {
      kind: 'over-budget',
      year: 2026,
      left: 86,
      asked: 87,
    })
  })

  it('lets the clock stand still to the millisecond, and go on after it', () => {
    const paused = [pause(t0 + 33 * dayMs, 10)]
    const clock = runningClock()
    const { from, until } = paused[0] as Interval
    for (const [at, elapsedMs] of [
      [from - 1, 33 * dayMs - 1],
      [from, 33 * dayMs],
      [from + 1, 33 * dayMs],
      [until - 1, 33 * dayMs],
      [until, 33 * dayMs],
      [until + 1, 33 * dayMs + 1],
    ] as const) {
      const decision = decide(circumstances({ at, clock, pauses: paused }))
      assert.equal(decision.elapsedMs, elapsedMs)
      assert.equal(decision.nextStageAt, t0 + 50 * dayMs)
    }
  })

  it('leaves out each of several pauses', () => {
    const paused = [pause(t0 + 40 * dayMs, 5), pause(t0 + 10 * dayMs, 2.5), pause(t0 + 20 * dayMs, 3)]
    const clock = runningClock()
    const due = t0 + 30 * dayMs + 5.5 * dayMs
    assert.equal(decide(circumstances({ at: due - 1, clock, pauses: paused })).stage, 1)
    assert.equal(decide(circumstances({ at: due, clock, pauses: paused })).stage, 2)
  })

  it('accepts all mail meanwhile, at any stage, in any minute; sightings go on', () => {
    const paused = [pause(t0 + 95 * dayMs, 2)]
    const record = detectedServer(t0)
    for (let minute = 0; minute < 60; minute += 1) {
      const at = t0 + 95 * dayMs + minute * minuteMs
      const { action, demanded, freeAt, trail } = decide(
        circumstances({ at, clock: record.clock, pauses: paused }),
      )
      assert.deepEqual([action, demanded, freeAt], ['accept', 'refuse', at])
      assert.equal(trail.at(-1)?.rule, 'C4')
    }
    const seen = afterSightings([sighting(t0 + 96 * dayMs)], { before: record, pauses: paused }).record
    assert.equal(seen.lastSeenAt, t0 + 96 * dayMs)
    const cleared = afterSightings([sighting(t0 + 96 * dayMs, 'compliant')], {
      before: record,
      pauses: paused,
    }).record
    assert.deepEqual(cleared.recovery, { at: t0 + 96 * dayMs, elapsedMs: 95 * dayMs })
  })

  it('detects servers meanwhile, too, on a clock that stands at 0 until it ends', () => {
    const paused = [pause(t0, 5)]
    const record = detectedServer(t0 + dayMs, paused)
    assert.equal(startOf(record.clock), t0 + dayMs)
    assert.equal(
      decide(circumstances({ at: t0 + 5 * dayMs, clock: record.clock, pauses: paused })).elapsedMs,
      0,
    )
  })
})

describe('C5 Exemption: until a date, on a clock that runs on', () => {
  const until = t0 + 100 * dayMs
  const exemption = (id: string, target: Exemption['target'], end = until): Exemption => ({
    id,
    target,
    until: end,
    reason: 'hardware is ordered',
    createdAt: t0,
  })
  const tenant = exemption('tenant', { kind: 'tenant' })
  const connector = exemption('connector', { kind: 'connector', connector: 'contoso-hybrid' })
  const server = exemption('server', { kind: 'server', server: 'ex01.contoso.local' })
  const longer = exemption('longer', { kind: 'tenant' }, until + 1)

  for (const [why, given, onConnector, name, at, found] of [
    ['there is none', [], 'contoso-hybrid', 'ex01.contoso.local', t0, undefined],
    ['the tenant: any of its servers', [tenant], 'other', 'ex99.contoso.local', t0, 'tenant'],
    ['that connector', [connector], 'contoso-hybrid', 'ex99.contoso.local', t0, 'connector'],
    ['another connector', [connector], 'contoso-branch', 'ex01.contoso.local', t0, undefined],
    ['that server, wherever it connects', [server], 'other', 'ex01.contoso.local', t0, 'server'],
    ['another server', [server], 'contoso-hybrid', 'ex02.contoso.local', t0, undefined],
    ['its last millisecond', [tenant], 'other', 'ex01.contoso.local', until - 1, 'tenant'],
    ['the date itself is not exempt', [tenant], 'other', 'ex01.contoso.local', until, undefined],
    [
      'of several the one that lasts longest',
      [server, longer, tenant],
      'other',
      'ex01.contoso.local',
      t0,
      'longer',
    ],
    ['of several alike the first', [server, tenant], 'other', 'ex01.contoso.local', t0, 'server'],
  ] as const) {
    it(`finds ${found ?? 'none'}: ${why}`, () => {
      assert.equal(exemptionFor(given, onConnector, name, at)?.id, found)
    })
  }

  it('accepts in stage 8 up to the last millisecond while the clock runs on, and then refuses', () => {
    const before = decide(circumstances({ at: until - 1, exemption: tenant }))
    assert.deepEqual(
      [before.action, before.demanded, before.stage, before.elapsedMs, before.freeAt],
      ['accept', 'refuse', 8, 100 * dayMs - 1, until - 1],
    )
    assert.deepEqual(before.trail.at(-1), { rule: 'C5', because: 'exempted: hardware is ordered' })
    const then = decide(circumstances({ at: until, exemption: tenant }))
    assert.deepEqual([then.action, then.stage, then.freeAt], ['refuse', 8, null])
  })
})

describe('C6 Schedule: the last row whose day the clock has reached', () => {
  const rows: readonly (readonly [stage: number, day: number, defer: number, refuse: number])[] = [
    [1, 0, 0, 0],
    [2, 30, 5, 0],
    [3, 40, 10, 0],
    [4, 50, 20, 0],
    [5, 60, 30, 5],
    [6, 70, 30, 10],
    [7, 80, 30, 20],
    [8, 90, 0, 60],
  ]
  for (const [index, [stage, day, deferMinutes, refuseMinutes]] of rows.entries()) {
    it(`begins stage ${stage} on day ${day}, to the millisecond`, () => {
      const edge = t0 + day * dayMs
      const next = rows[index + 1]
      for (const [at, expected] of [
        [edge - 1, Math.max(1, stage - 1)],
        [edge, stage],
        [edge + 1, stage],
        [next ? t0 + next[1] * dayMs - 1 : edge + 3650 * dayMs, stage],
      ] as const) {
        assert.equal(decide(circumstances({ at })).stage, expected)
      }
      const told = decide(circumstances({ at: edge }))
      assert.deepEqual([told.deferMinutes, told.refuseMinutes], [deferMinutes, refuseMinutes])
      assert.equal(told.nextStageAt, next ? t0 + next[1] * dayMs : null)
      assert.equal(
        told.trail[0]?.because,
        `day ${day} is stage ${stage}: defer ${deferMinutes}, refuse ${refuseMinutes} minutes an hour`,
      )
    })
  }

  it('places the edges of the published example: found 00:15:08, throttled and blocked at 00:15:08', () => {
    const startedAt = Date.UTC(2024, 2, 28, 0, 15, 8)
    const clock = runningClock(startedAt)
    const at = Date.UTC(2024, 3, 27, 0, 15, 8)
    assert.equal(decide(circumstances({ at: at - 1, clock })).stage, 1)
    assert.equal(decide(circumstances({ at, clock })).stage, 2)
    assert.equal(decide(circumstances({ at: Date.UTC(2024, 4, 27, 0, 15, 8) - 1, clock })).refuseMinutes, 0)
    assert.equal(decide(circumstances({ at: Date.UTC(2024, 4, 27, 0, 15, 8), clock })).refuseMinutes, 5)
  })

  const [first, , third] = defaultSchedule as readonly [Schedule[0], Schedule[0], Schedule[0]]
  for (const [why, schedule, day, stage, next] of [
    ['rows left out: day 39 is still stage 1', [first, third], 39, 1, 3],
    ['rows left out: day 40 is stage 3', [first, third], 40, 3, null],
    ['the first row left out: nothing is demanded before the second', [third], 39, 1, 3],
    ['no row at all', [], 500, 1, null],
    ['a row changed', [first, { ...third, fromDay: 7 }], 7, 3, null],
    [
      'a row added',
      [first, third, { stage: 9, fromDay: 41, deferMinutes: 1, refuseMinutes: 0 }],
      41,
      9,
      null,
    ],
    ['half a day', [first, { ...third, fromDay: 0.5 }], 0.5, 3, null],
  ] as const) {
    it(`keeps to the configured rows: ${why}`, () => {
      assert.equal(stageAt(schedule, day * dayMs).stage, stage)
      assert.equal(nextStage(schedule, day * dayMs)?.stage ?? null, next)
    })
  }

  it('demands nothing before the first row of a schedule that begins late', () => {
    const decision = decide(circumstances({ at: t0 + 3 * dayMs, schedule: [third] }))
    assert.deepEqual([decision.action, decision.stage, decision.deferMinutes], ['accept', 1, 0])
  })
})

describe('C7 History: every change of a server is an event', () => {
  const stages = (events: ServerRecord['events']) =>
    events.flatMap((event) => (event.kind === 'stage' ? [[event.stage, event.at] as const] : []))

  it('tells of every stage once, at its time, where the server is seen every day', () => {
    const seen = Array.from({ length: 120 }, (_, day) => sighting(t0 + day * dayMs + (day % 7) * hourMs))
    const { record } = afterSightings(seen)
    assert.deepEqual(
      stages(record.events),
      defaultSchedule.slice(1).map((row) => [row.stage, seen[0]!.at + row.fromDay * dayMs]),
    )
    assert.equal(record.stageSeen, 8)
  })

  it('tells of stages that passed unseen at the time at which they were due, pauses left out', () => {
    const pauses = [pause(t0 + 35 * dayMs, 7)]
    const { events } = afterSightings([sighting(t0 + 68 * dayMs)], { before: detectedServer(t0), pauses })
    assert.deepEqual(stages(events), [
      [2, t0 + 30 * dayMs],
      [3, t0 + 47 * dayMs],
      [4, t0 + 57 * dayMs],
      [5, t0 + 67 * dayMs],
    ])
  })

  it('tells of a stage that was due before the detection at the detection', () => {
    const { events } = afterSightings([sighting(t0), sighting(t0 + dayMs), sighting(t0 + 45 * dayMs)])
    assert.deepEqual(stages(events), [
      [2, t0 + 45 * dayMs],
      [3, t0 + 45 * dayMs],
    ])
  })

  it('tells after a relapse of the stage that it enters, and of later ones at their time', () => {
    const recovered = afterSightings([sighting(t0 + 52 * dayMs, 'compliant')], { before: detectedServer(t0) })
    const again = t0 + 60 * dayMs
    const { record } = afterSightings(
      [0, 0.5, 1, 30].map((days) => sighting(again + days * dayMs)),
      { before: recovered.record },
    )
    assert.deepEqual(record.events, [
      { at: t0 + dayMs, kind: 'detected', build: '15.1.2507.16' },
      { at: t0 + 30 * dayMs, kind: 'stage', stage: 2 },
      { at: t0 + 40 * dayMs, kind: 'stage', stage: 3 },
      { at: t0 + 50 * dayMs, kind: 'stage', stage: 4 },
      { at: t0 + 52 * dayMs, kind: 'recovered', build: '15.1.2507.16' },
      { at: again + dayMs, kind: 'relapsed', build: '15.1.2507.16' },
      { at: again + dayMs, kind: 'stage', stage: 4 },
      { at: again + 8 * dayMs, kind: 'stage', stage: 5 },
      { at: again + 18 * dayMs, kind: 'stage', stage: 6 },
      { at: again + 28 * dayMs, kind: 'stage', stage: 7 },
    ])
  })

  it('tells after a clock that began anew of all stages again', () => {
    const recovered = afterSightings([sighting(t0 + 45 * dayMs, 'compliant')], { before: detectedServer(t0) })
    const again = t0 + 100 * dayMs
    const { events } = afterSightings([sighting(again + 31 * dayMs)], {
      before: afterSightings(
        [0, 0.5, 1].map((days) => sighting(again + days * dayMs)),
        { before: recovered.record },
      ).record,
    })
    assert.deepEqual(stages(events), [[2, again + 30 * dayMs]])
  })

  it('keeps the newest events only', () => {
    const events = Array.from({ length: maxEvents }, (_, n) => ({
      at: t0 - maxEvents + n,
      kind: 'paused' as const,
      reason: String(n),
    }))
    const { record } = afterSightings([sighting(t0 + 40 * dayMs)], {
      before: { ...detectedServer(t0), events },
    })
    assert.equal(record.events.length, maxEvents)
    assert.deepEqual(record.events[0], events[2])
    assert.deepEqual(stages(record.events), [
      [2, t0 + 30 * dayMs],
      [3, t0 + 40 * dayMs],
    ])
  })
})

describe('F5 A clock that jumps back never undoes a stage', () => {
  it('stays in the stage that a sighting has reached, and goes on once time has caught up', () => {
    const { record } = afterSightings([sighting(t0 + 55 * dayMs)], { before: detectedServer(t0) })
    const back = afterSightings([sighting(t0 + 20 * dayMs)], { before: record }).record
    for (const [days, stage, elapsedDays] of [
      [-400, 4, 55],
      [20, 4, 55],
      [55, 4, 55],
      [59, 4, 59],
      [60, 5, 60],
    ] as const) {
      const { clock } = back
      const decision = decide(circumstances({ at: t0 + days * dayMs, clock }))
      assert.deepEqual([decision.stage, decision.elapsedMs], [stage, elapsedDays * dayMs], `day ${days}`)
      assert.equal(decision.nextStageAt, t0 + (stage === 4 ? 60 : 70) * dayMs)
    }
    assert.deepEqual(back.events, record.events, 'and tells of no stage again')
  })

  it('carries over what was reached where the recovery is seen on a clock that jumped back', () => {
    const { record } = afterSightings([sighting(t0 + 55 * dayMs)], { before: detectedServer(t0) })
    const recovered = afterSightings([sighting(t0 + 5 * dayMs, 'compliant')], { before: record }).record
    assert.equal(recovered.recovery?.elapsedMs, 55 * dayMs)
  })
})
