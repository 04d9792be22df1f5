import assert from 'node:assert/strict'
import fc from 'fast-check'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import type { Answer, OracleRow, Question } from './oracle'
import { actionAt, arbitraryQuestion, edgeQuestions, hourOf, oracle, scheduleOfC6 } from './oracle'

const utc = (iso: string): number => {
  const instant = Date.parse(`${iso}Z`)
  assert.ok(Number.isFinite(instant), `${iso} is an instant`)
  return instant
}
const pause = (from: string, until: string) => ({ from: utc(from), until: utc(until) })
const dayMs = 86_400_000

/** Started on 1 January 2026, 00:00: day 30 is 31 January, 40 = 10 Feb, 50 = 20 Feb, 60 = 2 Mar, 70 = 12 Mar, 80 = 22 Mar, 90 = 1 Apr. */
const asked = (at: string, changes: Partial<Question> = {}): Question => ({
  startedAt: utc('2026-01-01T00:00:00.000'),
  pauses: [],
  at: utc(at),
  schedule: scheduleOfC6,
  offsetMs: 0,
  ...changes,
})

/** The answer with its instants as text, so that a table can be read. */
const told = (answer: Answer): string =>
  [
    answer.stage,
    `${String(answer.deferMinutes)}+${String(answer.refuseMinutes)}`,
    answer.action,
    answer.code,
    answer.freeAt === null ? 'never' : new Date(answer.freeAt).toISOString().slice(0, -1),
    answer.nextStageAt === null ? 'last' : new Date(answer.nextStageAt).toISOString().slice(0, -1),
  ].join(' ')

const shutThenOpen: OracleRow[] = [
  { stage: 1, fromDay: 0, deferMinutes: 40, refuseMinutes: 20 },
  { stage: 2, fromDay: 1, deferMinutes: 0, refuseMinutes: 0 },
]
const twoPauses = [
  pause('2026-01-16T00:00', '2026-01-26T00:00'),
  pause('2026-01-11T00:00', '2026-01-21T00:00'),
]

const cases: readonly (readonly [why: string, question: Question, answer: string])[] = [
  [
    'the last millisecond of stage 1',
    asked('2026-01-30T23:59:59.999'),
    '1 0+0 accept  2026-01-30T23:59:59.999 2026-01-31T00:00:00.000',
  ],
  [
    '30 d 0 h 0 min 0.000 s is stage 2, and its window begins',
    asked('2026-01-31T00:00:00.000'),
    '2 5+0 defer 450 2026-01-31T00:05:00.000 2026-02-10T00:00:00.000',
  ],
  [
    'the last millisecond of stage 2, outside its window',
    asked('2026-02-09T23:59:59.999'),
    '2 5+0 accept  2026-02-09T23:59:59.999 2026-02-10T00:00:00.000',
  ],
  [
    'stage 5, the last millisecond of its deferring: the refusing follows at once, free 35 minutes past',
    asked('2026-03-02T00:29:59.999'),
    '5 30+5 defer 450 2026-03-02T00:35:00.000 2026-03-12T00:00:00.000',
  ],
  [
    'stage 5, the first millisecond of its refusing',
    asked('2026-03-02T00:30:00.000'),
    '5 30+5 refuse 550 2026-03-02T00:35:00.000 2026-03-12T00:00:00.000',
  ],
  [
    'stage 5, the last millisecond of its refusing',
    asked('2026-03-02T00:34:59.999'),
    '5 30+5 refuse 550 2026-03-02T00:35:00.000 2026-03-12T00:00:00.000',
  ],
  [
    'stage 5, free again',
    asked('2026-03-02T00:35:00.000'),
    '5 30+5 accept  2026-03-02T00:35:00.000 2026-03-12T00:00:00.000',
  ],
  [
    'stage 4 placed at 50 past: its 20 minutes run over the full hour',
    asked('2026-02-21T07:05:00.000', { offsetMs: 50 * 60_000 }),
    '4 20+0 defer 450 2026-02-21T07:10:00.000 2026-03-02T00:00:00.000',
  ],
  [
    'stage 4 placed at 50 past, the millisecond before its window',
    asked('2026-02-21T07:49:59.999', { offsetMs: 50 * 60_000 }),
    '4 20+0 accept  2026-02-21T07:49:59.999 2026-03-02T00:00:00.000',
  ],
  ['stage 8 never ends by itself', asked('2026-04-01T00:00:00.000'), '8 0+60 refuse 550 never last'],
  [
    'stage 8 is free in the next pause, however late it comes',
    asked('2026-04-01T10:00:00.000', {
      pauses: [pause('2026-04-25T12:34:56.789', '2026-04-26T12:34:56.789')],
    }),
    '8 0+60 refuse 550 2026-04-25T12:34:56.789 last',
  ],
  [
    'an empty pause frees nobody',
    asked('2026-04-01T10:00:00.000', { pauses: [pause('2026-04-05T00:00', '2026-04-05T00:00')] }),
    '8 0+60 refuse 550 never last',
  ],
  [
    'stage 8 begins within a window of stage 7: the end of that window is no way out',
    asked('2026-04-01T00:20:00.000', { startedAt: utc('2026-01-01T00:30:00.000') }),
    '7 30+20 defer 450 never 2026-04-01T00:30:00.000',
  ],
  [
    'two pauses that overlap hold the clock for 15 days, not 20: 45 − 15 = 30',
    asked('2026-02-15T00:00:00.000', { pauses: twoPauses }),
    '2 5+0 defer 450 2026-02-15T00:05:00.000 2026-02-25T00:00:00.000',
  ],
  [
    'a millisecond before that',
    asked('2026-02-14T23:59:59.999', { pauses: twoPauses }),
    '1 0+0 accept  2026-02-14T23:59:59.999 2026-02-15T00:00:00.000',
  ],
  [
    'a pause that began before the start counts from the start on: 5 days of 15',
    asked('2026-02-05T00:00:00.000', { pauses: [pause('2025-12-22T00:00', '2026-01-06T00:00')] }),
    '2 5+0 defer 450 2026-02-05T00:05:00.000 2026-02-15T00:00:00.000',
  ],
  [
    'a pause that ended before the start counts nothing',
    asked('2026-01-31T00:00:00.000', { pauses: [pause('2025-12-22T00:00', '2025-12-25T00:00')] }),
    '2 5+0 defer 450 2026-01-31T00:05:00.000 2026-02-10T00:00:00.000',
  ],
  [
    'within a pause all is accepted and the clock stands: day 65 from 7 to 17 March',
    asked('2026-03-10T00:10:00.000', { pauses: [pause('2026-03-07T00:00', '2026-03-17T00:00')] }),
    '5 30+5 accept  2026-03-10T00:10:00.000 2026-03-22T00:00:00.000',
  ],
  [
    'the first millisecond of a pause is paused',
    asked('2026-03-07T00:10:00.000', { pauses: [pause('2026-03-07T00:10', '2026-03-08T00:10')] }),
    '5 30+5 accept  2026-03-07T00:10:00.000 2026-03-13T00:00:00.000',
  ],
  [
    'the end of a pause is not paused',
    asked('2026-03-08T00:10:00.000', { pauses: [pause('2026-03-07T00:10', '2026-03-08T00:10')] }),
    '5 30+5 defer 450 2026-03-08T00:35:00.000 2026-03-13T00:00:00.000',
  ],
  [
    'a pause ahead frees before the window ends, and moves the next stage',
    asked('2026-03-07T00:10:00.000', { pauses: [pause('2026-03-07T00:12', '2026-03-08T00:12')] }),
    '5 30+5 defer 450 2026-03-07T00:12:00.000 2026-03-13T00:00:00.000',
  ],
  [
    'a pause that begins just as the next day is reached does not hold that stage up',
    asked('2026-03-11T23:50:00.000', { pauses: [pause('2026-03-12T00:00', '2026-03-14T00:00')] }),
    '5 30+5 accept  2026-03-11T23:50:00.000 2026-03-12T00:00:00.000',
  ],
  [
    'a pause that begins a millisecond earlier holds it up to the millisecond after its end',
    asked('2026-03-11T23:50:00.000', { pauses: [pause('2026-03-11T23:59:59.999', '2026-03-14T00:00')] }),
    '5 30+5 accept  2026-03-11T23:50:00.000 2026-03-14T00:00:00.001',
  ],
  [
    'a row without a free minute ends with the next stage',
    asked('2026-01-01T12:00:00.000', { schedule: shutThenOpen }),
    '1 40+20 defer 450 2026-01-02T00:00:00.000 2026-01-02T00:00:00.000',
  ],
  [
    'an exempted server in stage 8 is accepted up to the last millisecond, on a clock that runs on',
    asked('2026-04-09T23:59:59.999', { exemptUntil: utc('2026-04-10T00:00:00.000') }),
    '8 0+60 accept  2026-04-09T23:59:59.999 last',
  ],
  [
    'and no longer',
    asked('2026-04-10T00:00:00.000', { exemptUntil: utc('2026-04-10T00:00:00.000') }),
    '8 0+60 refuse 550 never last',
  ],
  [
    'with stages 2 to 7 left out, day 89 is still stage 1',
    asked('2026-03-31T00:00:00.000', { schedule: [scheduleOfC6[0]!, scheduleOfC6[7]!] }),
    '1 0+0 accept  2026-03-31T00:00:00.000 2026-04-01T00:00:00.000',
  ],
  [
    'before the start nothing has elapsed',
    asked('2025-12-01T00:00:00.000'),
    '1 0+0 accept  2025-12-01T00:00:00.000 2026-01-31T00:00:00.000',
  ],
]

describe('oracle', () => {
  for (const [why, question, answer] of cases) {
    it(`agrees with the hand: ${why}`, () => {
      assert.equal(told(oracle(question)), answer)
    })
  }

  it('counts elapsed milliseconds without those of the pauses', () => {
    assert.equal(oracle(asked('2025-12-31T23:59:59.999')).elapsedMs, 0)
    assert.equal(oracle(asked('2026-01-01T00:00:00.001')).elapsedMs, 1)
    assert.equal(oracle(asked('2026-02-15T00:00', { pauses: twoPauses })).elapsedMs, 30 * dayMs)
    assert.equal(oracle(asked('2026-01-20T00:00', { pauses: twoPauses })).elapsedMs, 10 * dayMs)
  })

  it('has the same table of stages as the product', () => {
    assert.deepEqual(defaultSchedule, scheduleOfC6)
  })

  it('refuses a schedule that does not begin at day 0', () => {
    assert.throws(() => oracle(asked('2026-01-02T00:00', { schedule: scheduleOfC6.slice(1) })), /day 0/)
  })

  it('finds in an hour of each stage exactly the minutes of C6, wherever the windows lie', () => {
    for (const row of scheduleOfC6) {
      for (const offsetMs of [0, 1, 1_234_567, 3_599_999]) {
        const question = asked('2026-01-01T00:00', { offsetMs })
        assert.deepEqual(hourOf(question, question.startedAt + row.fromDay * dayMs), {
          accept: (60 - row.deferMinutes - row.refuseMinutes) * 60,
          defer: row.deferMinutes * 60,
          refuse: row.refuseMinutes * 60,
        })
      }
    }
  })

  it('asks whom it is told to ask, second by second', () => {
    const question = asked('2026-01-01T00:00')
    const instants: number[] = []
    const seconds = hourOf(question, question.startedAt, ({ at }) =>
      instants.push(at) % 3 ? 'defer' : 'refuse',
    )
    assert.deepEqual(seconds, { accept: 0, defer: 2400, refuse: 1200 })
    assert.equal(instants[0], question.startedAt)
    assert.equal(instants.at(-1), question.startedAt + 3_599_000)
  })

  it('names a next stage that is reached then and not a millisecond before', () => {
    fc.assert(
      fc.property(arbitraryQuestion(), (question) => {
        const { stage, nextStageAt } = oracle(question)
        const index = question.schedule.findIndex((row) => row.stage === stage)
        if (nextStageAt === null) return index === question.schedule.length - 1
        const before = oracle({ ...question, at: nextStageAt - 1 })
        const then = oracle({ ...question, at: nextStageAt })
        return before.stage === stage && then.stage === question.schedule[index + 1]?.stage
      }),
      { numRuns: 300 },
    )
  })

  it('names a free moment that is free, with none on the minute or a millisecond before', () => {
    fc.assert(
      fc.property(arbitraryQuestion(), (question) => {
        const { freeAt } = oracle(question)
        const end = freeAt ?? question.at + 6 * 60 * 60_000
        for (let t = question.at; t < Math.min(end, question.at + dayMs); t += 60_000) {
          assert.notEqual(actionAt(question, t), 'accept')
        }
        if (freeAt === null) return
        assert.equal(actionAt(question, freeAt), 'accept')
        if (freeAt > question.at) assert.notEqual(actionAt(question, freeAt - 1), 'accept')
      }),
      { numRuns: 300 },
    )
  })
})

describe('questions for the oracle', () => {
  it('cover every stage, action and kind of answer at the edges', () => {
    const questions = edgeQuestions()
    const seen = new Set<string>()
    for (const question of questions) {
      const { stage, action, freeAt, nextStageAt } = oracle(question)
      seen.add(`stage ${String(stage)} of ${String(question.schedule.length)}`).add(action)
      seen.add(freeAt === null ? 'never free' : freeAt === question.at ? 'free' : 'free later')
      seen.add(nextStageAt === null ? 'last' : 'more to come')
    }
    assert.deepEqual(
      [...seen].sort(),
      [
        ...['accept', 'defer', 'refuse', 'free', 'free later', 'never free', 'last', 'more to come'],
        ...[1, 2, 3, 4, 5, 6, 7, 8].map((stage) => `stage ${String(stage)} of 8`),
        ...[1, 4, 5, 8].map((stage) => `stage ${String(stage)} of 4`),
      ].sort(),
    )
    assert.equal(new Set(questions.map((question) => JSON.stringify(question))).size, questions.length)
    assert.ok(questions.length > 3000, `${String(questions.length)} questions`)
  })

  it('keep to what the rules allow: rising days, at most 60 minutes, windows within the hour, whole milliseconds', () => {
    fc.assert(
      fc.property(arbitraryQuestion(), ({ schedule, offsetMs, pauses, at, startedAt }) => {
        assert.equal(schedule[0]?.fromDay, 0)
        for (const [index, row] of schedule.entries()) {
          assert.ok(row.deferMinutes >= 0 && row.refuseMinutes >= 0)
          assert.ok(row.deferMinutes + row.refuseMinutes <= 60)
          assert.ok(index === 0 || row.fromDay > (schedule[index - 1]?.fromDay ?? Infinity))
        }
        assert.ok(offsetMs >= 0 && offsetMs < 3_600_000)
        assert.ok(pauses.every(({ from, until }) => from <= until))
        const instants = [at, startedAt, offsetMs, ...pauses.flatMap(({ from, until }) => [from, until])]
        assert.ok(instants.every(Number.isSafeInteger))
      }),
    )
  })
})
