import type { Interval } from '../time'
import { mergeIntervals, pausedMs } from './pause'
import type { Clock } from './record'

export type RunningClock = Extract<Clock, { state: 'running' }>

/**
 * How long a server has been outdated, pauses left out, in ms. Never less than what was recorded: a clock that
 * jumps back undoes no stage (F5).
 */
export function elapsedAt(clock: RunningClock, pauses: readonly Interval[], at: number): number {
  const running = at - clock.startedAt - pausedMs(pauses, clock.startedAt, at)
  return Math.max(clock.reachedMs, clock.carriedMs + Math.max(0, running))
}

/**
 * The instant at which `elapsedAt` reaches `elapsedMs`, the known pauses taken into account; where `reachedMs`
 * holds it already, the instant at which the bare clock does.
 */
export function instantOf(clock: RunningClock, pauses: readonly Interval[], elapsedMs: number): number {
  let remaining = Math.max(0, elapsedMs - clock.carriedMs)
  let at = clock.startedAt
  for (const pause of mergeIntervals(pauses)) {
    if (pause.until <= at) continue
    const runsUntil = Math.max(at, pause.from)
    if (runsUntil - at >= remaining) break
    remaining -= runsUntil - at
    at = pause.until
  }
  return at + remaining
}
