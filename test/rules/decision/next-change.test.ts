import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Circumstances } from '../../../src/rules/decision/decide'
import { nextChange } from '../../../src/rules/decision/next-change'
import { actionAt, arbitraryQuestion, oracle, type Question } from '../../support/oracle'

const minute = 60_000
const day = 86_400_000

function circumstances(question: Question): Circumstances {
  const { at, startedAt, pauses, schedule, offsetMs, exemptUntil } = question
  return {
    at,
    clock: { state: 'running', startedAt, detectedAt: startedAt, carriedMs: 0, reachedMs: 0 },
    pauses,
    exemption: exemptUntil === undefined ? null : { until: exemptUntil, reason: 'plant' },
    schedule,
    offsetMs,
    mode: 'enforce',
  }
}

const told = (question: Question): string =>
  `${actionAt(question, question.at)} ${String(oracle(question).stage)}`

describe('nextChange', () => {
  it('names an instant at which something else is told, and not a millisecond before', () => {
    fc.assert(
      fc.property(arbitraryQuestion(), (question) => {
        const next = nextChange(circumstances(question))
        if (next === null) return
        assert.ok(next.at > question.at)
        const then = { ...question, at: next.at }
        assert.notEqual(told(then), told(question))
        assert.equal(told({ ...question, at: next.at - 1 }), told(question))
        assert.equal(`${next.decision.action} ${String(next.decision.stage)}`, told(then))
      }),
      { numRuns: 300 },
    )
  })

  it('passes over no change on the way', () => {
    fc.assert(
      fc.property(arbitraryQuestion(), fc.integer({ min: 1, max: 5 * minute }), (question, stepMs) => {
        const next = nextChange(circumstances(question))
        const end = Math.min(next?.at ?? Infinity, question.at + 40 * stepMs)
        for (let at = question.at; at < end; at += stepMs) {
          assert.equal(told({ ...question, at }), told(question))
        }
      }),
      { numRuns: 60 },
    )
  })

  const schedule = [
    { stage: 1, fromDay: 0, deferMinutes: 0, refuseMinutes: 0 },
    { stage: 2, fromDay: 30, deferMinutes: 20, refuseMinutes: 10 },
  ]
  const given = circumstances({ startedAt: 0, at: 31 * day, pauses: [], schedule, offsetMs: 0 })
  const rows: readonly (readonly [
    change: Partial<Circumstances>,
    expected: number | null,
    reason: string,
  ])[] = [
    [{}, 31 * day + 20 * minute, 'deferral becomes refusal'],
    [{ mode: 'defer' }, 31 * day + 30 * minute, 'in mode defer both are one'],
    [{ mode: 'report' }, null, 'where all is accepted windows change nothing'],
    [{ mode: 'report', at: day }, 30 * day, 'but stages are still reached'],
    [{ clock: { state: 'clear' } }, null, 'without a clock nothing is ahead'],
    [
      { pauses: [{ from: 30 * day, until: 32 * day + 5 * minute }] },
      35 * day + 5 * minute - 3 * day,
      'the end of a pause',
    ],
    [
      { exemption: { until: 40 * day + minute, reason: 'x' } },
      40 * day + minute,
      'the end of an exemption, in a window',
    ],
    [
      { exemption: { until: 40 * day + 40 * minute, reason: 'x' } },
      40 * day + 60 * minute,
      'the first window after it',
    ],
  ]
  it('ends where windows follow each other for ever and all of them say the same', () => {
    const schedule = [{ stage: 1, fromDay: 0, deferMinutes: 30, refuseMinutes: 30 }]
    assert.equal(nextChange({ ...given, schedule, mode: 'defer' }), null)
  })

  for (const [change, expected, reason] of rows) {
    it(`is right for a case by hand: ${reason}`, () => {
      assert.equal(nextChange({ ...given, ...change })?.at ?? null, expected)
    })
  }
})
