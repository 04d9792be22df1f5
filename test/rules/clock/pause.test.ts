import assert from 'node:assert/strict'
import { planPause } from '../../../src/rules/clock/pause'
import { t0 } from './given'

describe('planPause', () => {
  const asked = (days: number, from = t0) => planPause({ days, from, now: t0, existing: [], daysPerYear: 90 })

  it('refuses a number of days without end at once, instead of counting them', () => {
    const begun = performance.now()
    for (const days of [50_000_000, 1e9, 1e15, Number.MAX_SAFE_INTEGER]) {
      const plan = asked(days)
      assert.equal(plan.ok, false, String(days))
    }
    assert.ok(performance.now() - begun < 1000)
  })

  it('refuses a start that is no time at all', () => {
    assert.deepEqual(asked(3, NaN), { ok: false, why: { kind: 'in-the-past' } })
  })
})
