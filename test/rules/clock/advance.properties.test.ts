import assert from 'node:assert/strict'
import fc from 'fast-check'
import { advance, maxEvents, type Sighting } from '../../../src/rules/clock/advance'
import { elapsedAt } from '../../../src/rules/clock/elapsed'
import { pausedMs } from '../../../src/rules/clock/pause'
import type { ServerRecord } from '../../../src/rules/clock/record'
import { defaultSchedule } from '../../../src/rules/clock/schedule'
import { decide } from '../../../src/rules/decision/decide'
import { dayMs, hourMs, type Interval } from '../../../src/rules/time'
import { afterSightings, circumstances, clockRules, sighting, t0, type Status } from './given'

const status = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Status>('outdated') },
  { weight: 1, arbitrary: fc.constantFrom<Status>('compliant', 'undetermined') },
)
/** Sightings hours to weeks apart; now and then the clock jumps back. */
const course = fc
  .array(fc.tuple(fc.integer({ min: -2 * hourMs, max: 12 * dayMs }), status), { minLength: 1, maxLength: 40 })
  .map((steps) => {
    let at = t0
    return steps.map(([later, each]) => sighting((at += later), each))
  })
const pauses = fc.array(
  fc
    .tuple(fc.nat({ max: 100 * dayMs }), fc.nat({ max: 20 * dayMs }))
    .map(([after, length]): Interval => ({ from: t0 + after, until: t0 + after + length })),
  { maxLength: 4 },
)

/** Every record on the way, each with the sighting that led to it and the record before. */
function* walk(
  sightings: readonly Sighting[],
  paused: readonly Interval[],
): Generator<{ before: ServerRecord | null; each: Sighting; step: ReturnType<typeof advance> }> {
  let before: ServerRecord | null = null
  for (const each of sightings) {
    const step = advance(before, each, clockRules, paused, defaultSchedule)
    yield { before, each, step }
    before = step.record
  }
}

describe('advance, whatever is seen', () => {
  it('ends in clear after a compliant sighting, and the next mail is accepted', () => {
    fc.assert(
      fc.property(course, pauses, fc.nat({ max: hourMs }), (sightings, paused, offsetMs) => {
        for (const { each, step } of walk(sightings, paused)) {
          if (each.status !== 'compliant') continue
          assert.equal(step.record.clock.state, 'clear')
          for (const at of [each.at, each.at + 1, each.at + 500 * dayMs]) {
            const decision = decide(circumstances({ at, clock: step.record.clock, pauses: paused, offsetMs }))
            assert.equal(decision.action, 'accept')
          }
        }
      }),
    )
  })

  it('loses no event below the cap, and tells of each once', () => {
    fc.assert(
      fc.property(course, pauses, (sightings, paused) => {
        const told = []
        for (const { step } of walk(sightings, paused)) {
          told.push(...step.events)
          assert.deepEqual(step.record.events, told.slice(-maxEvents))
        }
      }),
    )
  })

  it('never moves the start of a running clock, nor what it has reached back', () => {
    fc.assert(
      fc.property(course, pauses, (sightings, paused) => {
        for (const { before, step } of walk(sightings, paused)) {
          const [was, is] = [before?.clock, step.record.clock]
          if (was?.state !== 'running' || is.state !== 'running') continue
          const { reachedMs, ...fixed } = is
          assert.deepEqual({ ...fixed, reachedMs: was.reachedMs }, was)
          assert.ok(reachedMs >= was.reachedMs)
        }
      }),
    )
  })

  it('writes each stage down once between a detection and its recovery, in rising order', () => {
    fc.assert(
      fc.property(course, pauses, (sightings, paused) => {
        const events = [...walk(sightings, paused)].flatMap(({ step }) => step.events)
        let last = 0
        for (const event of events) {
          if (event.kind === 'detected' || event.kind === 'relapsed') last = 0
          if (event.kind !== 'stage') continue
          assert.ok(event.stage > last)
          last = event.stage
        }
      }),
    )
  })

  it('says that memory must learn of it whenever clock, events or verdict changed', () => {
    fc.assert(
      fc.property(course, pauses, (sightings, paused) => {
        for (const { before, step } of walk(sightings, paused)) {
          if (step.significant) continue
          assert.ok(before)
          const bare = ({ clock, recovery, events, stageSeen }: ServerRecord) => ({
            clock: clock.state === 'running' ? { ...clock, reachedMs: 0 } : clock,
            recovery,
            events,
            stageSeen,
          })
          assert.deepEqual(bare(step.record), bare(before))
        }
      }),
    )
  })

  it('leaves the record that it was given as it was', () => {
    fc.assert(
      fc.property(course, pauses, (sightings, paused) => {
        for (const { before, each } of walk(sightings, paused)) {
          const copy = structuredClone(before)
          advance(before, each, clockRules, paused, defaultSchedule)
          assert.deepEqual(before, copy)
        }
      }),
    )
  })
})

describe('advance, fed by many workers', () => {
  const offsets = fc.uniqueArray(fc.nat({ max: hourMs }), { minLength: 3, maxLength: 9 })

  it('comes to the same one clock in whatever order their sightings come in', () => {
    const shuffled = offsets.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    )
    fc.assert(
      fc.property(shuffled, ([all, order]) => {
        const last = sighting(t0 + 26 * hourMs)
        const { record, events } = afterSightings([...order.map((ms) => sighting(t0 + ms)), last])
        assert.equal(record.clock.state, 'running')
        assert.equal(record.clock.state === 'running' && record.clock.startedAt, t0 + Math.min(...all))
        assert.deepEqual(
          events.map(({ kind }) => kind),
          ['detected'],
        )
      }),
    )
  })

  it('detects once, however the sightings of a day and a half are shuffled', () => {
    const shuffled = fc
      .uniqueArray(fc.nat({ max: 60 }), { minLength: 5, maxLength: 20 })
      .map((minutes) => [
        ...minutes.map((each) => t0 + each * 1000),
        t0 + 25 * hourMs,
        t0 + 25 * hourMs + 1000,
      ])
      .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))
    fc.assert(
      fc.property(shuffled, (order) => {
        const late = [27, 28, 53].map((hours) => t0 + hours * hourMs)
        const { record } = afterSightings([...order, ...late].map((at) => sighting(at)))
        assert.equal(record.events.filter(({ kind }) => kind === 'detected').length, 1)
        assert.equal(record.clock.state, 'running')
      }),
    )
  })
})

describe('a relapse within relapse_days', () => {
  it('stands, when detected, where the clock stood at the recovery and as much more as the relapse took', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 120 * dayMs }),
        fc.nat({ max: 29 * dayMs }),
        pauses,
        (outdatedMs, cleanMs, paused) => {
          const detected = t0 + dayMs
          const recoveredAt = detected + outdatedMs
          const again = recoveredAt + cleanMs
          const { record: recovered } = afterSightings(
            [
              ...[0, 12, 24].map((hours) => sighting(t0 + hours * hourMs)),
              sighting(recoveredAt, 'compliant'),
            ],
            { pauses: paused },
          )
          const { record } = afterSightings(
            [0, 12, 24].map((hours) => sighting(again + hours * hourMs)),
            { before: recovered, pauses: paused },
          )
          assert.ok(record.clock.state === 'running' && recovered.recovery)
          const stood = recovered.recovery.elapsedMs
          assert.equal(record.clock.startedAt, again)
          assert.equal(
            elapsedAt(record.clock, paused, again + dayMs),
            stood + dayMs - pausedMs(paused, again, again + dayMs),
          )
        },
      ),
    )
  })
})
