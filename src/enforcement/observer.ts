/** Counters and their labels, as docs/metrics.md lists them. Enforcement counts; `metrics` publishes. */
export interface Counters {
  sessions: { attribution: 'certificate' | 'address' | 'internet' | 'ambiguous' | 'none' | 'skipped' }
  sightings: { kind: 'exchange' | 'exchange-online' | 'not-exchange' | 'none' }
  verdicts: { status: 'compliant' | 'outdated' | 'undetermined'; reason: string }
  decisions: { stage: string; action: 'accept' | 'defer' | 'refuse'; at: 'connect' | 'mail' | 'data' }
  rechecks: { result: 'recovered' | 'still-outdated' | 'no-evidence' }
  faults: { kind: FaultKind }
}

export type FaultKind =
  | 'exception' // a bug of ours, caught at the hook
  | 'deadline' // a hook that had to answer before its work was done
  | 'store' // memory could not be asked
  | 'sighting-dropped' // memory could not be told (F2)
  | 'newcomer-dropped' // more new servers or paths than are taken in an hour
  | 'clock-skew' // F5
  | 'unreadable-record'

/** Told what happens, as it happens. Must not throw and must not block. */
export interface Observer {
  count<N extends keyof Counters>(name: N, labels: Counters[N]): void
  decisionTook(hook: 'connect' | 'mail' | 'data_post', seconds: number): void
}

export const silentObserver: Observer = {
  count: () => undefined,
  decisionTook: () => undefined,
}
