import { dayMs } from '../time'

/** One row of the schedule (C6). */
export interface Stage {
  readonly stage: number
  readonly fromDay: number
  readonly deferMinutes: number
  readonly refuseMinutes: number
}

/** Rows in rising order of day; the first begins at day 0. */
export type Schedule = readonly Stage[]

export const defaultSchedule: Schedule = [
  { stage: 1, fromDay: 0, deferMinutes: 0, refuseMinutes: 0 },
  { stage: 2, fromDay: 30, deferMinutes: 5, refuseMinutes: 0 },
  { stage: 3, fromDay: 40, deferMinutes: 10, refuseMinutes: 0 },
  { stage: 4, fromDay: 50, deferMinutes: 20, refuseMinutes: 0 },
  { stage: 5, fromDay: 60, deferMinutes: 30, refuseMinutes: 5 },
  { stage: 6, fromDay: 70, deferMinutes: 30, refuseMinutes: 10 },
  { stage: 7, fromDay: 80, deferMinutes: 30, refuseMinutes: 20 },
  { stage: 8, fromDay: 90, deferMinutes: 0, refuseMinutes: 60 },
]

const nothingDemanded: Stage = { stage: 1, fromDay: 0, deferMinutes: 0, refuseMinutes: 0 }

/** The last row whose day the clock has reached, exact to the millisecond (C6). */
export function stageAt(schedule: Schedule, elapsedMs: number): Stage {
  return schedule.findLast((row) => elapsedMs >= row.fromDay * dayMs) ?? nothingDemanded
}

/** The row that comes next, `null` at the last. */
export function nextStage(schedule: Schedule, elapsedMs: number): Stage | null {
  return schedule.find((row) => elapsedMs < row.fromDay * dayMs) ?? null
}
