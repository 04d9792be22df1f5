import type { Trial } from './trial'

/** `250` and so on, and how often each was said. */
export function answersOf({ answers }: Trial): string {
  return [...answers]
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([code, times]) => `${times} × ${code}`)
    .join(', ')
}

export function secondsOf(ms: number | null): string {
  return ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`
}

/** One line for a terminal. */
export function rowOf(trial: Trial): string {
  const { fault, messages, letThrough, recoveredAfterMs, hook999Ms, hookMaxMs, wrong } = trial
  return [
    `${wrong.length === 0 ? 'ok    ' : 'WRONG '}${fault.name.padEnd(28)}`,
    `${messages} messages: ${answersOf(trial)}; ${letThrough} let through`,
    `well again after ${secondsOf(recoveredAfterMs)}`,
    `hooks 99.9 %: ${hook999Ms.toFixed(0)} ms, longest ${hookMaxMs.toFixed(0)} ms`,
  ].join(' | ')
}
