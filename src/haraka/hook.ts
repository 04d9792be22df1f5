import type { Dsn } from 'haraka-dsn'
import type { Soon } from '../enforcement/soon'
import type { Connection, Next } from './types'

/** What a hook answers: go on, or a return value with its reply. */
export type Answer = { readonly code: number; readonly reply: Dsn } | null

export type HookFault = 'exception' | 'deadline'

/**
 * Runs a hook so that nothing of ours can hurt the session or the worker: an exception or a rejection is told to
 * `onFault` and the mail goes on; `next` is called once, at the latest when the time is up (F1). `isOpen` tells `run`
 * whether its answer still counts: what comes too late must leave no trace of a decision that was never spoken.
 */
export function runHook(
  next: Next,
  timeoutMs: number,
  run: (isOpen: () => boolean) => Soon<Answer>,
  onFault: (kind: HookFault, error: unknown) => void,
): void {
  let timer: NodeJS.Timeout | undefined
  let answered = false
  const answer = (said: Answer): void => {
    if (answered) return
    answered = true
    clearTimeout(timer)
    if (said) next(said.code, said.reply)
    else next()
  }
  const fail = (error: unknown): void => {
    tell(onFault, 'exception', error)
    answer(null)
  }
  try {
    const said = run(() => !answered)
    // What is answered at once, as nearly everything is, needs no timer.
    if (!(said instanceof Promise)) {
      answer(said)
      return
    }
    timer = setTimeout(() => {
      if (answered) return
      tell(onFault, 'deadline', new Error(`no answer within ${timeoutMs} ms`))
      try {
        answer(null)
      } catch (error) {
        tell(onFault, 'exception', error)
      }
    }, timeoutMs)
    timer.unref()
    said.then(answer, fail).catch(fail)
  } catch (error) {
    fail(error)
  }
}

// In a timer or a promise even an exception of the one who hears of faults would end the worker.
function tell(onFault: (kind: HookFault, error: unknown) => void, kind: HookFault, error: unknown): void {
  try {
    onFault(kind, error)
  } catch {
    return
  }
}

/** Whether the transaction that a hook began with is still the one at hand; a client may hang up at every await. */
export function stillThere(connection: Connection, transaction: Connection['transaction']): boolean {
  return transaction !== null && connection.transaction === transaction
}
