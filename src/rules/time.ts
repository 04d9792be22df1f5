/** Instants are epoch milliseconds UTC; durations carry their unit in the name. */
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** A calendar day in UTC, `YYYY-MM-DD`. Such strings compare like the days they name. */
export type Day = string

let lastDay = Number.NaN
let lastName: Day = ''

/** Throws `RangeError` for what is no instant. The last day is kept: one message after the other asks for it. */
export function dayOf(at: number): Day {
  const day = Math.floor(at / dayMs)
  if (day !== lastDay) {
    lastName = new Date(at).toISOString().slice(0, 10)
    lastDay = day
  }
  return lastName
}

/** A half-open span of time: `from` belongs to it, `until` does not. */
export interface Interval {
  readonly from: number
  readonly until: number
}
