import type { Dsn } from 'haraka-dsn'
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
  run: (isOpen: () => boolean) => Answer | Promise<Answer>,
  onFault: (kind: HookFault, error: unknown) => void,
): void {
  let answered = false
  const answer = (said: Answer): void => {
    if (answered) return
    answered = true
    clearTimeout(timer)
    if (said) next(said.code, said.reply)
    else next()
  }
  // In a timer or a promise even an exception of the one who hears of faults would end the worker.
  const tell = (kind: HookFault, error: unknown): void => {
    try {
      onFault(kind, error)
    } catch {
      return
    }
  }
  const fail = (error: unknown): void => {
    tell('exception', error)
    answer(null)
  }
  const timer = setTimeout(() => {
    if (answered) return
    tell('deadline', new Error(`no answer within ${timeoutMs} ms`))
    try {
      answer(null)
    } catch (error) {
      tell('exception', error)
    }
  }, timeoutMs)
  timer.unref()
  try {
    const said = run(() => !answered)
    if (said instanceof Promise) said.then(answer, fail).catch(fail)
    else answer(said)
  } catch (error) {
    fail(error)
  }
}

/** Whether the transaction that a hook began with is still the one at hand; a client may hang up at every await. */
export function stillThere(connection: Connection, transaction: Connection['transaction']): boolean {
  return transaction !== null && connection.transaction === transaction
}
