import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decide } from '../../../src/rules/decision/decide'
import type { Decision } from '../../../src/rules/decision/decision'
import { replyTo } from '../../../src/rules/decision/reply'
import { dayMs, hourMs, minuteMs } from '../../../src/rules/time'
import {
  arbitraryQuestion,
  edgeQuestions,
  hourOf,
  oracle,
  scheduleOfC6,
  type Answer,
  type OracleRow,
  type Question,
} from '../../support/oracle'
import { runningClock, t0 } from '../clock/given'

const seed = 20260105

function productDecision(question: Question): Decision {
  const { at, pauses, schedule, offsetMs, exemptUntil, startedAt } = question
  return decide({
    at,
    clock: runningClock(startedAt),
    pauses,
    exemption: exemptUntil === undefined ? null : { until: exemptUntil, reason: 'agreed' },
    schedule,
    offsetMs,
    mode: 'enforce',
  })
}

const texts = { defer: '{minutes}', refuse: '{minutes}', helpUrl: '' }

function product(question: Question): Answer {
  const decision = productDecision(question)
  const { stage, elapsedMs, action, deferMinutes, refuseMinutes, freeAt, nextStageAt } = decision
  assert.notEqual(stage, null, 'a running clock is in a stage')
  const code = replyTo(decision, { server: '', build: '' }, texts)?.code ?? null
  return { stage: stage ?? 0, elapsedMs, action, code, deferMinutes, refuseMinutes, freeAt, nextStageAt }
}

describe('decide, held against a second computation', () => {
  it('agrees on every edge of stages, windows, pauses and exemptions', () => {
    const questions = edgeQuestions()
    for (const question of questions) {
      assert.deepEqual(product(question), oracle(question), JSON.stringify(question))
    }
    assert.ok(questions.length > 3000)
  }).timeout(20_000)

  it('agrees on any other question', () => {
    fc.assert(
      fc.property(arbitraryQuestion(), (question) => {
        assert.deepEqual(product(question), oracle(question))
      }),
      { numRuns: 10_000, seed },
    )
  }).timeout(60_000)
})

describe('decide, second by second through an hour', () => {
  const seconds = (row: Pick<OracleRow, 'deferMinutes' | 'refuseMinutes'>) => ({
    accept: (60 - row.deferMinutes - row.refuseMinutes) * 60,
    defer: row.deferMinutes * 60,
    refuse: row.refuseMinutes * 60,
  })
  const asked = (changes: Partial<Question> = {}): Question => ({
    startedAt: t0,
    pauses: [],
    at: t0,
    schedule: scheduleOfC6,
    offsetMs: 0,
    ...changes,
  })
  const ask = (question: Question) => productDecision(question).action

  for (const row of scheduleOfC6) {
    for (const [why, offsetMs] of [
      ['at the full hour', 0],
      ['over the full hour', 50 * minuteMs],
      ['in the last second', 3599 * 1000],
      ['at no whole second', 1_234_567],
    ] as const) {
      it(`tells a server of stage ${row.stage} exactly its minutes, windows ${why}`, () => {
        const question = asked({ offsetMs })
        assert.deepEqual(hourOf(question, t0 + row.fromDay * dayMs, ask), seconds(row))
        assert.deepEqual(hourOf(question, t0 + row.fromDay * dayMs + 7 * hourMs + 61_000, ask), seconds(row))
      })
    }
  }

  const hourStart = t0 + 60 * dayMs - 20 * minuteMs
  for (const [why, changes, expected] of [
    [
      'the first 20 minutes are of stage 4, the window, and the other 40 of stage 5: 10 to defer, 5 to refuse',
      { offsetMs: hourStart % hourMs },
      { defer: 30 * 60, refuse: 5 * 60, accept: 25 * 60 },
    ],
    [
      'the window of stage 4 is over when stage 5 begins within its own: it defers for the rest of it',
      { offsetMs: (hourStart - 5 * minuteMs) % hourMs },
      { defer: 25 * 60, refuse: 5 * 60, accept: 30 * 60 },
    ],
    [
      'a pause for the middle half hour frees it',
      {
        offsetMs: hourStart % hourMs,
        pauses: [{ from: hourStart + 10 * minuteMs, until: hourStart + 40 * minuteMs }],
      },
      { defer: 10 * 60, refuse: 0, accept: 50 * 60 },
    ],
    [
      'an exemption ends after 29 minutes of 35',
      { offsetMs: hourStart % hourMs, exemptUntil: hourStart + 29 * minuteMs },
      { defer: 60, refuse: 5 * 60, accept: 54 * 60 },
    ],
  ] as const) {
    it(`counts an hour in which something changes: ${why}`, () => {
      assert.deepEqual(hourOf(asked(changes), hourStart, ask), expected)
    })
  }

  it('counts any hour as the second computation does', () => {
    fc.assert(
      fc.property(arbitraryQuestion(), (question) => {
        assert.deepEqual(hourOf(question, question.at, ask), hourOf(question, question.at))
      }),
      { numRuns: 25, seed },
    )
  }).timeout(30_000)
})
