import type { Day } from '../time'

/** Where a server stands (C1–C3). All times epoch ms. */
export type Clock =
  /** Nothing is held against it. */
  | { readonly state: 'clear' }
  /** Outdated sightings that do not suffice yet; none compliant between them (C1). */
  | { readonly state: 'suspected'; readonly firstAt: number; readonly sightings: number }
  /** Detected; elapsed = carriedMs + (now − startedAt) − pauses. */
  | {
      readonly state: 'running'
      /** First of the outdated sightings that led to detection. */
      readonly startedAt: number
      readonly detectedAt: number
      /** Taken over from before a recovery (C3). */
      readonly carriedMs: number
      /** The most that was ever recorded: a clock that jumps back undoes no stage (F5). */
      readonly reachedMs: number
    }

/** Kept after a recovery so that a relapse can go on where the clock stood (C3). */
export interface Recovery {
  readonly at: number
  readonly elapsedMs: number
}

export type ServerEvent =
  | { readonly at: number; readonly kind: 'detected' | 'relapsed' | 'recovered'; readonly build: string }
  | { readonly at: number; readonly kind: 'stage'; readonly stage: number }
  | {
      readonly at: number
      readonly kind: 'paused' | 'resumed' | 'exempted' | 'unexempted'
      readonly reason: string
    }

/** The message behind the last verdict, so that it can be explained (R5). Texts are capped. */
export interface LastEvidence {
  readonly at: number
  readonly build: string | null
  readonly transport: string
  /** The Received field as it came, unfolded. */
  readonly header: string
  readonly messageId: string | null
  readonly connector: string
  /** How the session was attributed: `certificate *.contoso.com`, `address 192.0.2.0/24`. */
  readonly attribution: string
  /** E6: what the `by` host agrees with, or `unbound`. */
  readonly bound: 'ehlo' | 'reverse' | 'certificate' | 'unbound'
  readonly ehlo: string
  readonly address: string
  /** A6: value of XOORG, and whether it is one of the tenant's domains. */
  readonly xoorg: { readonly domain: string; readonly known: boolean } | null
  readonly mimeOle: string | null
  readonly verdict: { readonly status: string; readonly reason: string }
}

export interface DayCounts {
  readonly accepted: number
  readonly deferred: number
  readonly refused: number
}

/** What is judged, and has a clock: tenant + FQDN. */
export interface ServerRecord {
  readonly tenant: string
  readonly server: string
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  readonly clock: Clock
  readonly recovery: Recovery | null
  /** Highest stage for which a `stage` event was written; 0 = none. */
  readonly stageSeen: number
  readonly lastEvidence: LastEvidence | null
  /** Newest last, capped. */
  readonly events: readonly ServerEvent[]
  /** Messages by UTC day, capped to the newest days. */
  readonly days: Readonly<Record<Day, DayCounts>>
}

/** Connector + address + EHLO: all that is known of a sender before DATA (S2). */
export interface PathRecord {
  readonly tenant: string
  readonly connector: string
  readonly address: string
  /** `null`: all EHLO names of that address, kept where a connector decides at connect (S6). */
  readonly ehlo: string | null
  /** When each server was last seen on it; servers older than `path_memory_days` are dropped. */
  readonly servers: Readonly<Record<string, number>>
  readonly lastEvidenceAt: number
}

export interface Pause {
  readonly id: string
  readonly from: number
  /** As bought: `from` + days × 24 h, or the moment of an early resume. */
  readonly until: number
  /** Periods of 24 h that are charged (C4): those that have begun, or all while it is not ended early. */
  readonly days: number
  readonly reason: string
  readonly createdAt: number
}

export interface Exemption {
  readonly id: string
  readonly target:
    | { readonly kind: 'tenant' }
    | { readonly kind: 'connector'; readonly connector: string }
    | { readonly kind: 'server'; readonly server: string }
  readonly until: number
  readonly reason: string
  readonly createdAt: number
}

export interface TenantRecord {
  readonly tenant: string
  readonly pauses: readonly Pause[]
  readonly exemptions: readonly Exemption[]
}
