import type { Connector, Mode, Place } from '../rules/attribution/connector'
import type { Schedule } from '../rules/clock/schedule'
import type { Day } from '../rules/time'
import type { Build } from '../rules/verdict/build'
import type { Policy } from '../rules/verdict/policy'

/** The effective configuration: validated, parsed, immutable. Replaced as a whole at reload. */
export interface Settings {
  readonly mode: Mode
  readonly scope: 'connectors' | 'everyone'
  /** Lower-case host names, `*.` = any depth below. */
  readonly trustedRelays: readonly string[]
  readonly lookBehindRelays: boolean
  readonly advertiseXoorg: boolean
  readonly helpUrl: string
  readonly addHeader: boolean
  readonly policy: Policy
  /** The figures of all presets, for where another policy is asked for by name. */
  readonly policyInputs: PolicyInputs
  readonly clock: ClockSettings
  readonly schedule: Schedule
  readonly enforcement: EnforcementSettings
  readonly store: StoreSettings
  readonly redis: RedisSettings
  readonly metrics: {
    readonly listen: ListenAddress | null
    readonly tokenFile: string | null
    /** How many servers at most are named; 0: none. */
    readonly serverInfo: number
  }
  readonly notices: {
    readonly enabled: boolean
    readonly from: string | null
    /** Whom contacts are to ask. */
    readonly replyTo: string | null
    readonly noticeDays: number
    readonly language: string
    readonly smtpUser: string | null
    /** Absolute paths of files that hold a secret each. */
    readonly smtpPasswordFile: string | null
    readonly webhookUrl: string | null
    readonly webhookSecretFile: string | null
  }
  readonly web: {
    readonly listen: ListenAddress | null
    readonly tokenFile: string | null
    /** Where a reverse proxy offers the page. */
    readonly publicUrl: string | null
  }
  /** Every connector of the file, in its order; with `[internet]` where the operator wrote it. */
  readonly connectors: readonly Connector[]
}

export type PolicyPreset = Policy['preset']
export const policyPresets: readonly PolicyPreset[] = ['microsoft', 'lifecycle', 'custom']

export interface PolicyInputs {
  readonly maxPatchAgeDays: number
  readonly floors: readonly Build[]
  readonly inScopeFrom: ReadonlyMap<string, Day>
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export interface ClockSettings {
  readonly confirmSightings: number
  readonly confirmHours: number
  readonly relapseDays: number
  readonly pauseDaysPerYear: number
}

export interface EnforcementSettings {
  readonly deferAt: Place
  readonly refuseAt: Place
  readonly pathMemoryDays: number
  readonly recheckMinutes: number
  readonly spread: boolean
  /** Templates; `{minutes}`, `{help_url}`, `{server}`, `{build}` and `{free_at}` are filled in (S1). */
  readonly replyDefer: string
  readonly replyRefuse: string
}

export interface StoreSettings {
  readonly backend: 'lmdb' | 'redis' | 'memory'
  /** Absolute folder of the LMDB files. */
  readonly path: string
  readonly timeoutMs: number
  readonly maxClockSkewSeconds: number
  readonly cacheMaxEntries: number
  readonly cacheTtlSeconds: number
}

export interface RedisSettings {
  readonly topology:
    | { readonly kind: 'single'; readonly host: string; readonly port: number }
    | { readonly kind: 'sentinel'; readonly name: string; readonly sentinels: readonly HostPort[] }
    | { readonly kind: 'cluster'; readonly nodes: readonly HostPort[] }
  readonly db: number
  readonly username: string | null
  readonly password: string | null
  readonly tls: boolean
  readonly keyPrefix: string
}

export interface HostPort {
  readonly host: string
  readonly port: number
}
