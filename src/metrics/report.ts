import type { Health } from './health'
import type { Changes } from './tally'

/** `event` of our messages between master and workers; Haraka itself passes over what it does not know. */
export const messageEvent = 'exchange-enforcement.metrics'

/** Master to worker. */
export interface Question {
  readonly event: typeof messageEvent
  readonly ask: true
}

/** Worker to master: what was counted since the last one. */
export interface Report {
  readonly event: typeof messageEvent
  /** Whether it answers a question. */
  readonly answer: boolean
  readonly changes: Changes | null
  readonly health: Health
}

export function isQuestion(message: unknown): boolean {
  return isOurs(message) && 'ask' in message && message.ask === true
}

/** `null` where a message is none of ours. It comes from a process of our own, which may run another version. */
export function readReport(message: unknown): Omit<Report, 'event'> | null {
  if (!isOurs(message) || !('health' in message)) return null
  const { health } = message
  if (typeof health !== 'object' || health === null) return null
  return {
    answer: 'answer' in message && message.answer === true,
    changes: 'changes' in message ? readChanges(message.changes) : null,
    health: {
      storeUp: !('storeUp' in health) || health.storeUp === true,
      configGood: !('configGood' in health) || health.configGood === true,
      catalogueTimestamp:
        'catalogueTimestamp' in health && typeof health.catalogueTimestamp === 'number'
          ? health.catalogueTimestamp
          : 0,
    },
  }
}

function readChanges(value: unknown): Changes | null {
  if (typeof value !== 'object' || value === null) return null
  const entries: [string, unknown][] = Object.entries(value)
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  )
}

function isOurs(message: unknown): message is { readonly event: typeof messageEvent } {
  return (
    typeof message === 'object' && message !== null && 'event' in message && message.event === messageEvent
  )
}
