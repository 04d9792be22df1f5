import type { NoticeKind } from '../rules/notice/record'
import type { Verdict } from '../rules/verdict/verdict'
import type { CacheResult } from '../store/kind-cache'
import type { StoreOperation } from '../store/guarded'
import type { UnavailableReason } from '../store/unavailable'

export type { CacheResult, NoticeKind, StoreOperation, UnavailableReason }

/** Counters and their labels, as docs/metrics.md lists them. Enforcement counts; `metrics` publishes. */
export interface Counters {
  sessions: { attribution: 'certificate' | 'address' | 'internet' | 'ambiguous' | 'none' | 'skipped' }
  sightings: { kind: 'exchange' | 'exchange-online' | 'not-exchange' | 'none' }
  verdicts: { status: Verdict['status']; reason: Verdict['reason'] }
  decisions: { stage: string; action: 'accept' | 'defer' | 'refuse'; at: 'connect' | 'mail' | 'data' }
  rechecks: { result: 'recovered' | 'still-outdated' | 'no-evidence' }
  notices: { kind: NoticeKind; result: 'sent' | 'failed' }
  cacheRequests: { result: CacheResult }
  storeErrors: { op: StoreOperation; reason: UnavailableReason }
  faults: { kind: FaultKind }
  configReloads: { result: 'success' | 'failure' }
}

export type FaultKind =
  | 'exception' // a bug of ours, caught at the hook
  | 'deadline' // a hook that had to answer before its work was done
  | 'store' // memory could not be asked
  | 'sighting-dropped' // memory could not be told (F2)
  | 'newcomer-dropped' // more new servers or paths than are taken in an hour
  | 'clock-skew' // F5
  | 'unreadable-record'
  | 'metrics' // the metrics address could not be opened

export type DecidingHook = 'connect' | 'mail' | 'data_post'

/** Told what happens, as it happens. Must not throw and must not block. */
export interface Observer {
  count<N extends keyof Counters>(name: N, labels: Counters[N]): void
  decisionTook(hook: DecidingHook, seconds: number): void
  storeTook(op: StoreOperation, seconds: number): void
}
