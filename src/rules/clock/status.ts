import { dayMs } from '../time'
import { exemptionFor } from './exemption'
import { pauseAt } from './pause'
import type { ServerRecord, TenantRecord } from './record'

export const serverStatuses = ['compliant', 'outdated', 'recovered', 'paused', 'exempt'] as const
export type ServerStatus = (typeof serverStatuses)[number]

/**
 * A server's status (R3). `paused` and `exempt` are said of detected servers only; who is suspected is `outdated`, and
 * in no stage. `recovered` lasts as long as a relapse would go on where the clock stood (C3).
 */
export function statusAt(
  { server, clock, recovery, lastEvidence }: ServerRecord,
  { pauses, exemptions }: Pick<TenantRecord, 'pauses' | 'exemptions'>,
  relapseDays: number,
  at: number,
): ServerStatus {
  if (clock.state === 'clear') {
    return recovery && at - recovery.at <= relapseDays * dayMs ? 'recovered' : 'compliant'
  }
  if (clock.state === 'suspected') return 'outdated'
  if (pauseAt(pauses, at)) return 'paused'
  return exemptionFor(exemptions, lastEvidence?.connector ?? '', server, at) ? 'exempt' : 'outdated'
}

/** A server that was switched off without a word stays in memory for a year; nobody is to be woken for it so long. */
const lateDays = 30

/** Whether what is known of a server still counts for warnings. */
export function isSeenOfLate({ lastSeenAt }: Pick<ServerRecord, 'lastSeenAt'>, at: number): boolean {
  return at - lastSeenAt <= lateDays * dayMs
}
