import type { Schedule, Stage } from '../rules/clock/schedule'
import { defaultSchedule } from '../rules/clock/schedule'
import type { Findings } from './findings'
import type { Reading, ValueKind } from './values'

export type ScheduleRow = Omit<Stage, 'stage'> | 'none'

export const stageNumberShape = /^[1-9]\d?$/
export const stageNumberAllowed = 'the number of a stage, 1 to 99'

const lastDay = 3650

/** `30, 5, 0` or `none`. */
export const scheduleRow: ValueKind<ScheduleRow> = {
  allowed: `from day (0 to ${lastDay}), minutes of deferral, minutes of refusal, as in 30, 5, 0; or none`,
  isList: false,
  read: readRow,
}

function readRow(text: string): Reading<ScheduleRow> {
  if (text.toLowerCase() === 'none') return { ok: true, value: 'none' }
  const parts = /^(\d{1,5})\s*,\s*(\d{1,5})\s*,\s*(\d{1,5})$/.exec(text)
  if (!parts) return { ok: false, why: 'is not three whole numbers with commas' }
  const [fromDay = 0, deferMinutes = 0, refuseMinutes = 0] = parts.slice(1).map(Number)
  if (fromDay > lastDay) return { ok: false, why: 'begins on a day that is too late' }
  if (deferMinutes + refuseMinutes > 60) {
    return { ok: false, why: `asks for ${deferMinutes + refuseMinutes} minutes of an hour that has 60` }
  }
  return { ok: true, value: { fromDay, deferMinutes, refuseMinutes } }
}

/** The default schedule with the operator's rows in place of those of the same number (C6). */
export function resolveSchedule(given: Readonly<Record<string, ScheduleRow>>, findings: Findings): Schedule {
  const rows = new Map<number, ScheduleRow>(defaultSchedule.map((row) => [row.stage, row]))
  for (const [stage, row] of Object.entries(given)) rows.set(Number(stage), row)

  const schedule: Stage[] = []
  for (const [stage, row] of [...rows].sort(([a], [b]) => a - b)) {
    if (row !== 'none') {
      schedule.push({
        stage,
        fromDay: row.fromDay,
        deferMinutes: row.deferMinutes,
        refuseMinutes: row.refuseMinutes,
      })
    }
  }
  check(schedule, given, findings)
  return schedule
}

function check(schedule: Schedule, given: Readonly<Record<string, ScheduleRow>>, findings: Findings): void {
  const [first] = schedule
  if (!first) {
    findings.refuse('schedule', null, 'every row is left out')
  } else if (first.fromDay !== 0) {
    const key = given[first.stage] ? first.stage : Object.keys(given)[0]
    findings.refuse(
      'schedule',
      String(key),
      `stage ${first.stage} is the first one and begins on day ${first.fromDay}; the first must begin on day 0`,
    )
  }
  schedule.forEach((row, index) => {
    const before = schedule[index - 1]
    if (!before || row.fromDay > before.fromDay) return
    findings.refuse(
      'schedule',
      String(given[row.stage] ? row.stage : before.stage),
      `stage ${row.stage} begins on day ${row.fromDay}, which is not after stage ${before.stage} (day ${before.fromDay}); days must rise`,
    )
  })
}
