import fc from 'fast-check'

/*
 * A second computation of C4–C6, W1–W3 and S1, written from the rules' text alone and as plainly as possible, so
 * that the product can be held against it. It shares no code with src/, not even constants: a slip there must not
 * be repeated here.
 */

const minute = 60 * 1000
const hour = 60 * minute
const day = 24 * hour

export interface OraclePause {
  readonly from: number
  readonly until: number
}

export interface OracleRow {
  readonly stage: number
  readonly fromDay: number
  readonly deferMinutes: number
  readonly refuseMinutes: number
}

/** A server with a running clock, and the instant asked about. Instants are epoch ms, whole numbers. */
export interface Question {
  readonly startedAt: number
  /** In any order; may overlap, be empty, or lie before the start or after `at`. */
  readonly pauses: readonly OraclePause[]
  readonly at: number
  /** Days rise; the first row begins at day 0. */
  readonly schedule: readonly OracleRow[]
  /** Where the server's windows begin in every UTC hour; 0 where they are not spread (W2). */
  readonly offsetMs: number
  /** The server is exempt before this instant (C5). */
  readonly exemptUntil?: number
}

export type OracleAction = 'accept' | 'defer' | 'refuse'

export interface Answer {
  readonly stage: number
  readonly elapsedMs: number
  readonly action: OracleAction
  readonly code: 450 | 550 | null
  readonly deferMinutes: number
  readonly refuseMinutes: number
  /** The earliest instant from `at` on at which mail is accepted; `null`: never, as far as is known. */
  readonly freeAt: number | null
  /** When the clock reaches the next row's day; `null` in the last row. */
  readonly nextStageAt: number | null
}

/** The table of C6. */
export const scheduleOfC6: readonly OracleRow[] = [
  { stage: 1, fromDay: 0, deferMinutes: 0, refuseMinutes: 0 },
  { stage: 2, fromDay: 30, deferMinutes: 5, refuseMinutes: 0 },
  { stage: 3, fromDay: 40, deferMinutes: 10, refuseMinutes: 0 },
  { stage: 4, fromDay: 50, deferMinutes: 20, refuseMinutes: 0 },
  { stage: 5, fromDay: 60, deferMinutes: 30, refuseMinutes: 5 },
  { stage: 6, fromDay: 70, deferMinutes: 30, refuseMinutes: 10 },
  { stage: 7, fromDay: 80, deferMinutes: 30, refuseMinutes: 20 },
  { stage: 8, fromDay: 90, deferMinutes: 0, refuseMinutes: 60 },
]

const pausedAt = (question: Question, instant: number): boolean =>
  question.pauses.some((pause) => pause.from <= instant && instant < pause.until)

const exemptAt = (question: Question, instant: number): boolean =>
  question.exemptUntil !== undefined && instant < question.exemptUntil

/** All instants at which a pause begins or ends, in order. Between two neighbours all is paused or nothing is. */
const pauseEdges = (question: Question): number[] =>
  question.pauses.flatMap((pause) => [pause.from, pause.until]).sort((a, b) => a - b)

/** The time from the start to `instant` that no pause covers (C4). */
function elapsedAt(question: Question, instant: number): number {
  if (instant <= question.startedAt) return 0
  const between = pauseEdges(question).filter((edge) => question.startedAt < edge && edge < instant)
  const instants = [question.startedAt, ...between, instant]
  let elapsed = 0
  for (let i = 0; i + 1 < instants.length; i++) {
    if (!pausedAt(question, instants[i]!)) elapsed += instants[i + 1]! - instants[i]!
  }
  return elapsed
}

/** The earliest instant at which the elapsed time is `fromDay` days; the start itself for day 0. */
function reachedAt(question: Question, fromDay: number): number {
  const needed = fromDay * day
  const later = pauseEdges(question).filter((edge) => question.startedAt < edge)
  const instants = [question.startedAt, ...later, Infinity]
  let elapsed = 0
  for (let i = 0; i + 1 < instants.length; i++) {
    const [from, until] = [instants[i]!, instants[i + 1]!]
    if (elapsed >= needed) return from
    if (pausedAt(question, from)) continue
    if (elapsed + (until - from) >= needed) return from + (needed - elapsed)
    elapsed += until - from
  }
  throw new Error('Pauses must have an end.')
}

/** The last row whose day the clock has reached (C6). */
function rowAt(question: Question, instant: number): OracleRow {
  const elapsed = elapsedAt(question, instant)
  const row = question.schedule.filter(({ fromDay }) => fromDay * day <= elapsed).at(-1)
  if (!row) throw new Error('The first row of a schedule must begin at day 0.')
  return row
}

/** How far `instant` is in the server's own hour: 0 where its windows begin, 3 599 999 just before (W1, W2). */
const positionAt = (question: Question, instant: number): number =>
  (((instant - question.offsetMs) % hour) + hour) % hour

export function actionAt(question: Question, instant: number): OracleAction {
  if (exemptAt(question, instant) || pausedAt(question, instant)) return 'accept'
  const { deferMinutes, refuseMinutes } = rowAt(question, instant)
  const position = positionAt(question, instant)
  if (position < deferMinutes * minute) return 'defer'
  if (position < deferMinutes * minute + refuseMinutes * minute) return 'refuse'
  return 'accept'
}

/** Every instant, but for the windows that come back each hour, at which an answer can change. */
const changesOnce = (question: Question): number[] => [
  question.startedAt,
  ...pauseEdges(question),
  ...question.schedule.map(({ fromDay }) => reachedAt(question, fromDay)),
  ...(question.exemptUntil === undefined ? [] : [question.exemptUntil]),
]

/** The places in the server's hour at which a window of any row begins or ends. */
const windowEdges = (schedule: readonly OracleRow[]): number[] =>
  schedule.flatMap((row) =>
    [0, row.deferMinutes, row.deferMinutes + row.refuseMinutes].map((m) => m * minute),
  )

/**
 * Walks from change to change until one finds mail accepted. Nothing but the windows changes after the last of
 * the changes that happen once, and these come back every hour: two hours later there is nothing new to find.
 */
function freeAt(question: Question): number | null {
  const once = changesOnce(question)
  const edges = [...new Set(windowEdges(question.schedule))]
  const horizon = Math.max(question.at, ...once) + 2 * hour
  for (let instant = question.at; instant <= horizon;) {
    if (actionAt(question, instant) === 'accept') return instant
    const now = instant
    const hourBegins = now - positionAt(question, now)
    const windows = edges.flatMap((edge) => [hourBegins + edge, hourBegins + hour + edge])
    instant = Math.min(...[...once, ...windows].filter((change) => change > now))
  }
  return null
}

function nextStageAt(question: Question): number | null {
  const now = rowAt(question, question.at)
  const next = question.schedule[question.schedule.indexOf(now) + 1]
  return next ? reachedAt(question, next.fromDay) : null
}

export function oracle(question: Question): Answer {
  const { stage, deferMinutes, refuseMinutes } = rowAt(question, question.at)
  const action = actionAt(question, question.at)
  return {
    stage,
    elapsedMs: elapsedAt(question, question.at),
    action,
    code: action === 'defer' ? 450 : action === 'refuse' ? 550 : null,
    deferMinutes,
    refuseMinutes,
    freeAt: freeAt(question),
    nextStageAt: nextStageAt(question),
  }
}

/** Seconds of one hour by what was answered in them; they add up to 3600. */
export type SecondsOfHour = Readonly<Record<OracleAction, number>>

/**
 * Asks once a second through the hour that begins at `hourStart`. Windows are whole minutes long, so the count
 * is exact wherever they begin. `ask` lets the product be asked in place of the oracle.
 */
export function hourOf(
  question: Question,
  hourStart: number,
  ask: (question: Question) => OracleAction = (asked) => actionAt(asked, asked.at),
): SecondsOfHour {
  const seconds = { accept: 0, defer: 0, refuse: 0 }
  for (let second = 0; second < 3600; second++) {
    seconds[ask({ ...question, at: hourStart + second * 1000 })]++
  }
  return seconds
}

/** Few rows: one defers from the first day, two leave no free minute, and the last is free again for one. */
const scheduleWithoutFreeMinutes: readonly OracleRow[] = [
  { stage: 1, fromDay: 0, deferMinutes: 7, refuseMinutes: 0 },
  { stage: 4, fromDay: 3, deferMinutes: 45, refuseMinutes: 15 },
  { stage: 5, fromDay: 4, deferMinutes: 60, refuseMinutes: 0 },
  { stage: 8, fromDay: 6, deferMinutes: 1, refuseMinutes: 58 },
]

interface Arrangement {
  readonly pauses: readonly OraclePause[]
  /** How much later `at` lies because the clock stood still. */
  readonly stoodMs: number
}

/**
 * Pauses around a clock that starts at `start` and would, unpaused, be looked at at `at`. Each says by how much
 * `at` moves, so that the elapsed time stays on the stage's edge.
 */
function arrangementsOfPauses(start: number, at: number): Arrangement[] {
  const pause = (from: number, until: number) => ({ from, until })
  const soon = start + 6 * hour
  return [
    { pauses: [], stoodMs: 0 },
    { pauses: [pause(start - 3 * day, start - day)], stoodMs: 0 },
    { pauses: [pause(start - day, start)], stoodMs: 0 },
    { pauses: [pause(soon, soon)], stoodMs: 0 },
    { pauses: [pause(start - 2 * day, start + 5 * day)], stoodMs: 5 * day },
    { pauses: [pause(soon, soon + 5 * day)], stoodMs: 5 * day },
    { pauses: [pause(soon + 2 * day, soon + 5 * day), pause(soon, soon + 3 * day)], stoodMs: 5 * day },
    { pauses: [pause(soon, soon + 5 * day), pause(soon + day, soon + 2 * day)], stoodMs: 5 * day },
    { pauses: [pause(at, at + 2 * day)], stoodMs: 0 },
    { pauses: [pause(at, at + 2 * day)], stoodMs: day },
    { pauses: [pause(at, at + 2 * day)], stoodMs: 2 * day - 1 },
    { pauses: [pause(at, at + 2 * day)], stoodMs: 2 * day },
    { pauses: [pause(at + 1, at + day)], stoodMs: 0 },
    { pauses: [pause(at + 3 * day, at + 4 * day), pause(at + 9 * minute, at + day)], stoodMs: 0 },
  ]
}

/** A place for the windows such that `at` lies at `position` in the server's hour. */
const offsetFor = (at: number, position: number): number => (((at - position) % hour) + hour) % hour

/** Every edge of a stage × every edge of a window around it × every arrangement of pauses, each 1 ms to either side. */
export function edgeQuestions(): Question[] {
  const startedAt = Date.UTC(2026, 0, 17, 9, 41, 7, 123)
  const besides = [-1, 0, 1]
  const questions: Question[] = []
  for (const schedule of [scheduleOfC6, scheduleWithoutFreeMinutes]) {
    for (const [index, { fromDay }] of schedule.entries()) {
      const rows = schedule.slice(Math.max(0, index - 1), index + 1)
      const edges = new Set(windowEdges(rows).map((edge) => edge % hour))
      for (const besideStage of besides) {
        const unpausedAt = startedAt + fromDay * day + besideStage
        for (const edge of edges) {
          for (const besideWindow of besides) {
            for (const { pauses, stoodMs } of arrangementsOfPauses(startedAt, unpausedAt)) {
              const at = unpausedAt + stoodMs
              questions.push({
                startedAt,
                pauses,
                at,
                schedule,
                offsetMs: offsetFor(at, edge + besideWindow),
              })
            }
            for (const exemptMs of [-1, 0, 1, 90 * minute]) {
              const at = unpausedAt
              const offsetMs = offsetFor(at, edge + besideWindow)
              questions.push({ startedAt, pauses: [], at, schedule, offsetMs, exemptUntil: at + exemptMs })
            }
          }
        }
      }
    }
  }
  return questions
}

const arbitraryMinutes = (): fc.Arbitrary<{ deferMinutes: number; refuseMinutes: number }> =>
  fc
    .tuple(fc.constantFrom('any', 'full', 'none'), fc.nat({ max: 60 }), fc.nat({ max: 60 }))
    .map(([kind, first, second]) => {
      if (kind === 'none') return { deferMinutes: 0, refuseMinutes: 0 }
      if (kind === 'full') return { deferMinutes: first, refuseMinutes: 60 - first }
      return { deferMinutes: first, refuseMinutes: Math.min(second, 60 - first) }
    })

/** That of C6, that of C6 with rows left out, or any other. The first row always begins at day 0. */
export function arbitrarySchedule(): fc.Arbitrary<readonly OracleRow[]> {
  const rowsLeftOut = fc
    .subarray(scheduleOfC6.slice(1))
    .map((rows): readonly OracleRow[] => [...scheduleOfC6.slice(0, 1), ...rows])
  const any = fc
    .tuple(
      arbitraryMinutes(),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 15 }), arbitraryMinutes()), { maxLength: 7 }),
    )
    .map(([first, others]): readonly OracleRow[] => {
      let fromDay = 0
      return [{ stage: 1, fromDay, ...first }].concat(
        others.map(([days, minutes], index) => ({
          stage: index + 2,
          fromDay: (fromDay += days),
          ...minutes,
        })),
      )
    })
  return fc.oneof(fc.constant(scheduleOfC6), rowsLeftOut, any)
}

/** Within 1 ms of an edge more often than not. */
const arbitraryNudge = (): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(-1, 0, 1) },
    { weight: 1, arbitrary: fc.integer({ min: -hour, max: hour }) },
  )

/** Up to five pauses: whole days, odd lengths and empty ones; some touch or overlap the one before by 1 ms. */
function arbitraryPauses(startedAt: number): fc.Arbitrary<OraclePause[]> {
  const distance = fc.oneof(
    fc.integer({ min: -10, max: 100 }).map((days) => days * day),
    fc.integer({ min: -10 * day, max: 100 * day }),
  )
  const length = fc.oneof(
    fc.constantFrom(0, 1, minute, hour, day),
    fc.integer({ min: 1, max: 20 }).map((days) => days * day),
    fc.nat({ max: 20 * day }),
  )
  const touching = fc.option(fc.constantFrom(-1, 0, 1))
  return fc.array(fc.tuple(distance, length, touching), { maxLength: 5 }).chain((drawn) => {
    const pauses: OraclePause[] = []
    for (const [distanceMs, lengthMs, gapMs] of drawn) {
      const before = pauses.at(-1)
      const from = before && gapMs !== null ? before.until + gapMs : startedAt + distanceMs
      pauses.push({ from, until: from + lengthMs })
    }
    return fc.shuffledSubarray(pauses, { minLength: pauses.length })
  })
}

/** Any question, with instants and windows drawn towards the edges of stages, pauses, exemption and windows. */
export function arbitraryQuestion(): fc.Arbitrary<Question> {
  const begin = Date.UTC(2024, 0, 1)
  const startedAt = fc.oneof(
    fc.nat({ max: 3 * 365 * 24 }).map((hours) => begin + hours * hour),
    fc.nat({ max: 3 * 365 * day }).map((ms) => begin + ms),
  )
  const schedule = arbitrarySchedule()
  const base = startedAt.chain((start) =>
    fc.record({ startedAt: fc.constant(start), pauses: arbitraryPauses(start), schedule }),
  )
  return base.chain((drawn) => {
    const unplaced: Question = { ...drawn, at: drawn.startedAt, offsetMs: 0 }
    const anywhere = fc.integer({ min: -day, max: 150 * day }).map((ms) => drawn.startedAt + ms)
    const byAnEdge = fc
      .tuple(fc.constantFrom(...changesOnce(unplaced)), arbitraryNudge())
      .map(([edge, nudge]) => edge + nudge)
    const inALateRow = fc
      .tuple(fc.constantFrom(...drawn.schedule.slice(-4)), arbitraryNudge())
      .map(([row, nudge]) => reachedAt(unplaced, row.fromDay) + nudge)
    const instant = fc.oneof(anywhere, byAnEdge, inALateRow)
    return instant.chain((at) => {
      const offsetMs = fc.oneof(
        fc.constant(0),
        fc.nat({ max: hour - 1 }),
        fc
          .tuple(fc.constantFrom(...windowEdges(drawn.schedule)), arbitraryNudge())
          .map(([edge, nudge]) => offsetFor(at, edge + nudge)),
      )
      const exemption = fc.option(
        fc.oneof(
          arbitraryNudge().map((nudge) => at + nudge),
          anywhere,
        ),
        { freq: 6, nil: undefined },
      )
      return fc
        .record({ offsetMs, exemptUntil: exemption })
        .map(({ offsetMs, exemptUntil }) =>
          exemptUntil === undefined ? { ...drawn, at, offsetMs } : { ...drawn, at, offsetMs, exemptUntil },
        )
    })
  })
}
