import { dayMs, type Interval } from '../time'
import type { Pause } from './record'

/** Sorted, without overlaps and without empty spans. */
export function mergeIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = intervals.filter((each) => each.until > each.from).sort((a, b) => a.from - b.from)
  const merged: { from: number; until: number }[] = []
  for (const next of sorted) {
    const last = merged.at(-1)
    if (last && next.from <= last.until) last.until = Math.max(last.until, next.until)
    else merged.push({ from: next.from, until: next.until })
  }
  return merged
}

/** How much of [from, until) the pauses cover, in ms (C4: the clock stands still meanwhile). */
export function pausedMs(pauses: readonly Interval[], from: number, until: number): number {
  let covered = 0
  for (const pause of mergeIntervals(pauses)) {
    covered += Math.max(0, Math.min(pause.until, until) - Math.max(pause.from, from))
  }
  return covered
}

/** The pause in force at that instant; of several the one that ends last. */
export function pauseAt<P extends Interval>(pauses: readonly P[], at: number): P | null {
  let found: P | null = null
  for (const pause of pauses) {
    if (pause.from <= at && at < pause.until && (!found || pause.until > found.until)) found = pause
  }
  return found
}

/** Days charged to each UTC year: a period of 24 h counts for the year in which it begins (C4). */
export function daysCharged(pauses: readonly Pick<Pause, 'from' | 'days'>[]): ReadonlyMap<number, number> {
  const byYear = new Map<number, number>()
  for (const pause of pauses) {
    let left = pause.days
    let begins = pause.from
    while (left > 0) {
      const year = new Date(begins).getUTCFullYear()
      const inThisYear = Math.min(left, Math.ceil((Date.UTC(year + 1, 0) - begins) / dayMs))
      byYear.set(year, (byYear.get(year) ?? 0) + inThisYear)
      left -= inThisYear
      begins += inThisYear * dayMs
    }
  }
  return byYear
}

export type PausePlan =
  | { readonly ok: true; readonly pause: Pick<Pause, 'from' | 'until' | 'days'> }
  | { readonly ok: false; readonly why: PauseRefusal }

export type PauseRefusal =
  | { readonly kind: 'not-a-number-of-days' }
  | { readonly kind: 'in-the-past' }
  | { readonly kind: 'overlaps'; readonly from: number; readonly until: number }
  | { readonly kind: 'over-budget'; readonly year: number; readonly left: number; readonly asked: number }

/** Longer than any year's budget can make it; counting up to it costs nothing. */
const maxPauseDays = 100_000

export interface PauseRequest {
  readonly days: number
  /** Start; not before `now`. */
  readonly from: number
  readonly now: number
  readonly existing: readonly Pause[]
  readonly daysPerYear: number
}

/** Whether a tenant may pause so, within each year's budget (C4). Pauses of one tenant do not overlap. */
export function planPause(request: PauseRequest): PausePlan {
  const { days, from, now, existing, daysPerYear } = request
  if (!Number.isInteger(days) || days < 1 || days > maxPauseDays) {
    return { ok: false, why: { kind: 'not-a-number-of-days' } }
  }
  if (!(from >= now)) return { ok: false, why: { kind: 'in-the-past' } }
  const until = from + days * dayMs
  for (const other of existing) {
    if (other.from < until && from < other.until) {
      return { ok: false, why: { kind: 'overlaps', from: other.from, until: other.until } }
    }
  }
  const charged = daysCharged(existing)
  for (const [year, asked] of daysCharged([{ from, days }])) {
    const left = Math.max(0, daysPerYear - (charged.get(year) ?? 0))
    if (asked > left) return { ok: false, why: { kind: 'over-budget', year, left, asked } }
  }
  return { ok: true, pause: { from, until, days } }
}

/**
 * A pause ended early at `at`: the periods that have not begun are given back (C4). One that has not begun
 * at all is gone (`null`); one that is over is left as it is.
 */
export function endPause(pause: Pause, at: number): Pause | null {
  if (at < pause.from) return null
  if (at >= pause.until) return pause
  const begun = Math.floor((at - pause.from) / dayMs) + 1
  return { ...pause, until: at, days: Math.min(pause.days, begun) }
}
