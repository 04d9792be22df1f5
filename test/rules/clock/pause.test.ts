import assert from 'node:assert/strict'
import fc from 'fast-check'
import { daysCharged, endPause, pauseAt, planPause } from '../../../src/rules/clock/pause'
import type { Pause } from '../../../src/rules/clock/record'
import { dayMs } from '../../../src/rules/time'
import { pause, t0 } from './given'

const days = fc.integer({ min: 1, max: 800 })
const start = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2031, 0, 1) })

describe('planPause', () => {
  const asked = (days: number, from = t0) => planPause({ days, from, now: t0, existing: [], daysPerYear: 90 })

  it('refuses a number of days without end at once, instead of counting them', () => {
    const begun = performance.now()
    for (const days of [50_000_000, 1e9, 1e15, Number.MAX_SAFE_INTEGER, Infinity]) {
      const plan = asked(days)
      assert.equal(plan.ok, false, String(days))
    }
    assert.ok(performance.now() - begun < 1000)
  })

  for (const [why, number] of [
    ['none', 0],
    ['less than none', -1],
    ['a part of one', 0.5],
    ['one and a part', 1.5],
    ['not a number', NaN],
  ] as const) {
    it(`refuses what is no number of days: ${why}`, () => {
      assert.deepEqual(asked(number), { ok: false, why: { kind: 'not-a-number-of-days' } })
    })
  }

  it('refuses a start that is no time at all', () => {
    assert.deepEqual(asked(3, NaN), { ok: false, why: { kind: 'in-the-past' } })
  })

  it('never lets a year be charged more than its budget, whatever is asked for and in which order', () => {
    const request = fc.record({ days: fc.integer({ min: 1, max: 120 }), from: start })
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 30 }),
        fc.integer({ min: 0, max: 366 }),
        (requests, daysPerYear) => {
          const existing: Pause[] = []
          for (const { days, from } of requests) {
            const plan = planPause({ days, from, now: 0, existing, daysPerYear })
            if (plan.ok) existing.push(pause(from, days))
          }
          for (const charged of daysCharged(existing).values()) assert.ok(charged <= daysPerYear)
          for (const each of existing) {
            const others = existing.filter((other) => other !== each)
            assert.ok(others.every((other) => other.until <= each.from || each.until <= other.from))
          }
        },
      ),
    )
  })
})

describe('daysCharged', () => {
  it('charges over all years as many days as were bought', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ from: start, days }), { maxLength: 10 }), (bought) => {
        const charged = [...daysCharged(bought).values()].reduce((sum, each) => sum + each, 0)
        assert.equal(
          charged,
          bought.reduce((sum, each) => sum + each.days, 0),
        )
      }),
    )
  })

  it('charges as counting each period by itself does', () => {
    fc.assert(
      fc.property(start, days, (from, days) => {
        const expected = new Map<number, number>()
        for (let period = 0; period < days; period += 1) {
          const year = new Date(from + period * dayMs).getUTCFullYear()
          expected.set(year, (expected.get(year) ?? 0) + 1)
        }
        assert.deepEqual(daysCharged([{ from, days }]), expected)
      }),
    )
  })
})

describe('endPause', () => {
  const ended = fc
    .tuple(start, fc.integer({ min: 1, max: 90 }), fc.double({ min: -0.2, max: 1.2, noNaN: true }))
    .map(([from, days, part]) => ({ before: pause(from, days), at: from + Math.floor(days * dayMs * part) }))

  it('never charges more than was bought, and at least one period once one has begun', () => {
    fc.assert(
      fc.property(ended, ({ before, at }) => {
        const after = endPause(before, at)
        if (at < before.from) return assert.equal(after, null)
        assert.ok(after)
        assert.ok(after.days >= 1 && after.days <= before.days)
        assert.ok(after.until <= before.until)
        assert.equal(pauseAt([after], at), null, 'it is over')
      }),
    )
  })

  it('charges every period that has begun, and none that has not', () => {
    fc.assert(
      fc.property(ended, ({ before, at }) => {
        const after = endPause(before, at)
        const begun = Array.from({ length: before.days }, (_, n) => before.from + n * dayMs).filter(
          (each) => each <= at,
        )
        assert.equal(after?.days ?? 0, begun.length)
      }),
    )
  })

  it('changes nothing when it is ended again', () => {
    fc.assert(
      fc.property(ended, fc.nat({ max: 9 * dayMs }), ({ before, at }, later) => {
        const once = endPause(before, at)
        if (once) assert.deepEqual(endPause(once, at + later), once)
      }),
    )
  })
})

describe('pauseAt', () => {
  const [short, long] = [pause(t0, 2, { id: 'short' }), pause(t0 + dayMs, 9, { id: 'long' })]
  for (const [why, at, expected] of [
    ['before the first', t0 - 1, undefined],
    ['the first millisecond of it', t0, 'short'],
    ['both are in force: the one that ends last', t0 + dayMs, 'long'],
    ['the first is over', t0 + 2 * dayMs, 'long'],
    ['the end belongs to neither', t0 + 10 * dayMs, undefined],
  ] as const) {
    it(`finds the pause in force: ${why}`, () => {
      assert.equal(pauseAt([short, long], at)?.id, expected)
      assert.equal(pauseAt([long, short], at)?.id, expected)
    })
  }
})
