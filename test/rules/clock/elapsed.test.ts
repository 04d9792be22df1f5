import assert from 'node:assert/strict'
import fc from 'fast-check'
import { elapsedAt, instantOf } from '../../../src/rules/clock/elapsed'
import { mergeIntervals, pauseAt, pausedMs } from '../../../src/rules/clock/pause'
import { dayMs, hourMs, type Interval } from '../../../src/rules/time'
import { runningClock, t0 } from './given'

const instant = fc.integer({ min: t0 - 20 * dayMs, max: t0 + 120 * dayMs })
const span = fc
  .tuple(instant, fc.oneof(fc.constantFrom(0, 1, hourMs, dayMs), fc.nat({ max: 30 * dayMs })))
  .map(([from, length]): Interval => ({ from, until: from + length }))
const pauses = fc.array(span, { maxLength: 6 })
const clock = fc
  .tuple(instant, fc.constantFrom(0, 1, 12 * dayMs), fc.constantFrom(0, 13 * dayMs))
  .map(([startedAt, carriedMs, aheadMs]) =>
    runningClock(startedAt, { carriedMs, reachedMs: aheadMs === 0 ? 0 : carriedMs + aheadMs }),
  )

describe('elapsedAt', () => {
  it('never falls as time goes on', () => {
    fc.assert(
      fc.property(clock, pauses, instant, instant, (running, paused, a, b) => {
        const [early, late] = a < b ? [a, b] : [b, a]
        assert.ok(elapsedAt(running, paused, early) <= elapsedAt(running, paused, late))
      }),
    )
  })

  it('never grows faster than time', () => {
    fc.assert(
      fc.property(clock, pauses, instant, fc.nat({ max: 9 * dayMs }), (running, paused, at, later) => {
        assert.ok(elapsedAt(running, paused, at + later) - elapsedAt(running, paused, at) <= later)
      }),
    )
  })

  it('is never made larger by one more pause, and smaller by no more than its length', () => {
    fc.assert(
      fc.property(clock, pauses, span, instant, (running, paused, one, at) => {
        const without = elapsedAt(running, paused, at)
        const withOne = elapsedAt(running, [...paused, one], at)
        assert.ok(withOne <= without && without - withOne <= one.until - one.from)
      }),
    )
  })

  it('does not see whether a pause is one or two that touch', () => {
    fc.assert(
      fc.property(
        clock,
        pauses,
        span,
        fc.double({ min: 0, max: 1, noNaN: true }),
        instant,
        (running, paused, one, part, at) => {
          const cut = one.from + Math.floor((one.until - one.from) * part)
          const two = [{ from: cut, until: one.until }, ...paused, { from: one.from, until: cut }]
          assert.equal(elapsedAt(running, two, at), elapsedAt(running, [one, ...paused], at))
        },
      ),
    )
  })

  it('counts every millisecond that is not paused, and no other', () => {
    const running = runningClock(t0)
    const paused = [
      { from: t0 + 10, until: t0 + 20 },
      { from: t0 + 15, until: t0 + 30 },
      { from: t0 + 40, until: t0 + 41 },
    ]
    for (let ms = 0; ms < 60; ms += 1) {
      const stands = pauseAt(paused, t0 + ms) !== null
      assert.equal(
        elapsedAt(running, paused, t0 + ms + 1) - elapsedAt(running, paused, t0 + ms),
        stands ? 0 : 1,
      )
    }
  })
})

describe('instantOf', () => {
  it('names the first instant at which a clock that never jumped has come so far', () => {
    fc.assert(
      fc.property(
        instant,
        pauses,
        fc.integer({ min: 1, max: 100 * dayMs }),
        (startedAt, paused, elapsedMs) => {
          const running = runningClock(startedAt)
          const at = instantOf(running, paused, elapsedMs)
          assert.equal(elapsedAt(running, paused, at), elapsedMs)
          assert.equal(elapsedAt(running, paused, at - 1), elapsedMs - 1)
        },
      ),
    )
  })

  for (const [why, carriedMs, elapsedMs, expected] of [
    ['what was carried over counts', 20 * dayMs, 30 * dayMs, t0 + 10 * dayMs],
    ['what was carried over is more than asked for: reached at the start', 45 * dayMs, 40 * dayMs, t0],
    ['nothing is asked for', 0, 0, t0],
  ] as const) {
    it(`begins at the start of the clock: ${why}`, () => {
      assert.equal(instantOf(runningClock(t0, { carriedMs }), [], elapsedMs), expected)
    })
  }
})

describe('mergeIntervals', () => {
  it('covers the same instants, sorted, with gaps between', () => {
    fc.assert(
      fc.property(pauses, instant, (paused, at) => {
        const merged = mergeIntervals(paused)
        assert.equal(pauseAt(merged, at) !== null, pauseAt(paused, at) !== null)
        merged.forEach((each, index) => {
          assert.ok(each.from < each.until)
          assert.ok(index === 0 || (merged[index - 1]?.until ?? Infinity) < each.from)
        })
      }),
    )
  })

  it('leaves what it was given as it was', () => {
    const given = [
      { from: 5, until: 9 },
      { from: 1, until: 6 },
    ]
    assert.deepEqual(mergeIntervals(given), [{ from: 1, until: 9 }])
    assert.deepEqual(given, [
      { from: 5, until: 9 },
      { from: 1, until: 6 },
    ])
  })
})

describe('pausedMs', () => {
  for (const [why, paused, from, until, expected] of [
    ['none', [], 0, 100, 0],
    ['a pause within', [{ from: 10, until: 20 }], 0, 100, 10],
    ['a pause that sticks out before', [{ from: -10, until: 20 }], 0, 100, 20],
    ['a pause that sticks out behind', [{ from: 90, until: 120 }], 0, 100, 10],
    ['a pause all around', [{ from: -10, until: 120 }], 0, 100, 100],
    ['a pause that ends as the span begins', [{ from: -10, until: 0 }], 0, 100, 0],
    ['a pause that begins as the span ends', [{ from: 100, until: 120 }], 0, 100, 0],
    ['a span that ends before it begins', [{ from: 10, until: 20 }], 100, 0, 0],
  ] as const) {
    it(`covers ${expected} ms: ${why}`, () => {
      assert.equal(pausedMs(paused, from, until), expected)
    })
  }
})
