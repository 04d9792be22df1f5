import assert from 'node:assert/strict'
import { mergePaths, mergeServers, mergeTenants } from '../../../src/rules/clock/merge'
import type { ServerRecord } from '../../../src/rules/clock/record'
import { defaultSchedule } from '../../../src/rules/clock/schedule'
import { dayMs, hourMs } from '../../../src/rules/time'
import { pathRecord, tenantRecord } from '../../support/records'
import { afterSightings, clockRules, detectedServer, pause, sighting, t0, type Status } from './given'

/** Sightings at so many days behind the beginning. */
type Seen = readonly (readonly [days: number, status: Status])[]

function after(seen: Seen, before: ServerRecord | null = null): ServerRecord {
  return afterSightings(
    seen.map(([days, status]) => sighting(t0 + days * dayMs, status)),
    { before },
  ).record
}

function merged(one: ServerRecord, other: ServerRecord): ServerRecord {
  return mergeServers(one, other, clockRules, [], defaultSchedule)
}

const outdated = (...days: readonly number[]): Seen => days.map((day) => [day, 'outdated'])

describe('mergeServers, of stores that never knew of each other', () => {
  const startedAt = (record: ServerRecord): number | null =>
    record.clock.state === 'running' ? record.clock.startedAt : null

  it('takes a suspicion of the one for where the clock of the other would have begun', () => {
    assert.equal(startedAt(merged(after(outdated(0)), after(outdated(0.5, 1, 2)))), t0)
  })

  it('keeps a clock of which the other knows nothing', () => {
    const running = after(outdated(0.5, 1, 2))
    assert.equal(startedAt(merged(after([[0, 'compliant']]), running)), startedAt(running))
  })

  it('keeps the longer of two clocks, whichever store holds it', () => {
    const early = after(outdated(0, 0.5, 1.5))
    const late = after(outdated(1, 1.5, 2.5))
    assert.equal(startedAt(merged(early, late)), t0)
    assert.equal(startedAt(merged(late, early)), t0)
  })
})

describe('mergeServers', () => {
  /** What both knew at first, what each saw since; the clock is to be what one record would have that saw all of it. */
  const cases: readonly (readonly [why: string, base: Seen, moved: Seen, holding: Seen])[] = [
    ['detected in the old store, seen again in the new one', outdated(0, 0.5), outdated(1), outdated(2)],
    ['detected in the new store', outdated(0, 0.5), outdated(0.6), outdated(1.5)],
    [
      'recovered in the old store, outdated again in the new one',
      outdated(0, 0.5, 1),
      [[2, 'compliant']],
      outdated(3),
    ],
    [
      'running in the old store, recovered in the new one',
      outdated(0, 0.5, 1),
      outdated(2),
      [[3, 'compliant']],
    ],
    ['recovered in both', outdated(0, 0.5, 1), [[2, 'compliant']], [[3, 'compliant']]],
    [
      'relapsed in the old store',
      [...outdated(0, 0.5, 1), [2, 'compliant']],
      outdated(3, 3.5, 4),
      outdated(5),
    ],
    ['running in both', outdated(0, 0.5, 1), outdated(2), outdated(31)],
    ['first seen in the old store', [], outdated(0), outdated(0.2)],
    ['detected in the old store, new in the new one', [], outdated(0, 0.5, 1), outdated(2)],
    [
      'detected in the old store, and compliant in the new one, where it was new',
      [],
      outdated(0, 0.5, 1),
      [[2, 'compliant']],
    ],
    ['suspected, then compliant in the new store', outdated(0), outdated(0.1), [[0.2, 'compliant']]],
    ['undetermined in the new store', outdated(0, 0.5, 1), outdated(2), [[3, 'undetermined']]],
    ['compliant all along', [[0, 'compliant']], [[1, 'compliant']], [[2, 'compliant']]],
  ]
  for (const [why, base, moved, holding] of cases) {
    it(`keeps the clock of a server that was ${why}`, () => {
      const known = base.length === 0 ? null : after(base)
      const [one, other] = [after(moved, known), after(holding, known)]
      const whole = after([...moved, ...holding], known)
      for (const result of [merged(one, other), merged(other, one)]) {
        assert.deepEqual(
          [result.clock, result.recovery, result.stageSeen],
          [whole.clock, whole.recovery, whole.stageSeen],
        )
        assert.deepEqual([result.firstSeenAt, result.lastSeenAt], [whole.firstSeenAt, whole.lastSeenAt])
        assert.deepEqual(result.lastEvidence, whole.lastEvidence)
        assert.deepEqual(result.events, whole.events)
      }
    })
  }

  it('lets a recovery in the new store stand, whatever came of it', () => {
    const base = detectedServer()
    const holding = after([[3, 'compliant'], ...outdated(4, 4.5, 5)], base)
    const moved = after(outdated(2), base)
    const result = merged(moved, holding)
    assert.deepEqual([result.clock, result.recovery], [holding.clock, holding.recovery])
  })

  it('goes by the clock that has run longer, where two hosts had each its own', () => {
    const [early, late] = [detectedServer(t0), detectedServer(t0 + 40 * dayMs)]
    for (const [one, other] of [
      [after(outdated(80), early), after(outdated(81), late)],
      [after(outdated(81), early), after(outdated(80), late)],
    ] as const) {
      const { clock } = merged(one, other)
      assert.ok(clock.state === 'running')
      assert.equal(clock.startedAt, t0)
      assert.ok(clock.reachedMs >= 79 * dayMs)
    }
  })

  it('begins a clock where the other host first suspected the server', () => {
    const suspected = after(outdated(0))
    const running = after(outdated(0.5, 1, 2))
    const { clock } = merged(suspected, running)
    assert.ok(clock.state === 'running')
    assert.equal(clock.startedAt, t0)
  })

  it('is no detection where both know the same sightings', () => {
    const two = after(outdated(0, 1.5))
    const counted = { ...two, days: { '2026-01-05': { accepted: 3, deferred: 0, refused: 0 } } }
    assert.equal(merged(two, counted).clock.state, 'suspected')
    assert.deepEqual(merged(two, two), two)
  })

  it('leaves pauses out of what it reckons', () => {
    const base = detectedServer()
    const pauses = [pause(t0 + 2 * dayMs, 10)]
    const moved = after(outdated(1.5), base)
    const holding = after([[20, 'compliant']])
    const { recovery } = mergeServers(moved, holding, clockRules, pauses, defaultSchedule)
    assert.equal(recovery?.elapsedMs, 10 * dayMs)
  })

  it('keeps the events of both, each once and in their order, and the higher counts of each day', () => {
    const base = detectedServer()
    const one: ServerRecord = {
      ...base,
      events: [...base.events, { at: t0 + 2 * dayMs, kind: 'paused', reason: 'a' }],
      days: {
        '2026-01-05': { accepted: 5, deferred: 0, refused: 1 },
        '2026-01-06': { accepted: 1, deferred: 0, refused: 0 },
      },
    }
    const other: ServerRecord = {
      ...base,
      lastSeenAt: base.lastSeenAt + hourMs,
      events: [...base.events, { at: t0 + 3 * dayMs, kind: 'resumed', reason: 'b' }],
      days: { '2026-01-05': { accepted: 4, deferred: 2, refused: 1 } },
    }
    const result = merged(one, other)
    assert.deepEqual(
      result.events.map(({ kind }) => kind),
      ['detected', 'paused', 'resumed'],
    )
    assert.deepEqual(result.days, {
      '2026-01-05': { accepted: 5, deferred: 2, refused: 1 },
      '2026-01-06': { accepted: 1, deferred: 0, refused: 0 },
    })
  })
})

describe('mergePaths', () => {
  it('knows each server of both, as it was seen last, and no more than a path may hold', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`a${at}`, 1000 + at]))
    const others = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`b${at}`, 50 + at]))
    const one = pathRecord('x', { servers: { ...many, both: 5000 }, lastEvidenceAt: 10 })
    const other = pathRecord('x', { servers: { ...others, both: 4000 }, lastEvidenceAt: 20 })
    const result = mergePaths(one, other)
    assert.equal(Object.keys(result.servers).length, 64)
    assert.deepEqual(
      [result.servers['both'], result.servers['a0'], result.servers['b0']],
      [5000, 1000, undefined],
    )
    assert.equal(result.lastEvidenceAt, 20)
  })
})

describe('mergeTenants', () => {
  it('keeps the orders of both; of an order that both know, that of the record in force', () => {
    const [a, b] = [pause(t0, 5, { id: 'a' }), pause(t0 + 9 * dayMs, 5, { id: 'b' })]
    const ended = { ...a, until: t0 + dayMs, days: 1 }
    const result = mergeTenants(
      tenantRecord('contoso', { pauses: [a, b] }),
      tenantRecord('contoso', { pauses: [ended] }),
    )
    assert.deepEqual(result.pauses, [ended, b])
  })
})
