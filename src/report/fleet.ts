import type { Connector, Mode } from '../rules/attribution/connector'
import type { DayCounts, Exemption, Pause, ServerRecord, TenantRecord } from '../rules/clock/record'
import type { Schedule, Stage } from '../rules/clock/schedule'
import type { ServerStatus } from '../rules/clock/status'
import type { DayTotal, ExplainRules } from './explanation'
import type { ServerSummary } from './summary'

/** A record as memory lists it: `Store.list` gives such. */
export type Listed<T> = { readonly key: { readonly tenant: string; readonly server?: string } } & (
  | { readonly state: 'absent' }
  | { readonly state: 'present'; readonly value: T }
  | { readonly state: 'unreadable'; readonly why: string }
)

/** Memory as a report reads it, of one tenant or of all: each record once at least, in any order. May throw. A `Store` is one. */
export interface Inventory {
  list(kind: 'tenant', tenant?: string): AsyncIterable<Listed<TenantRecord>>
  list(kind: 'server', tenant?: string): AsyncIterable<Listed<ServerRecord>>
}

export interface FleetRules extends ExplainRules {
  readonly pauseDaysPerYear: number
}

/** All that memory and configuration know, as of one instant. Times are epoch ms. */
export interface Fleet {
  readonly at: number
  /** By name: those of the configuration, and those that only memory knows. */
  readonly tenants: readonly TenantSummary[]
  /** By tenant; of each, those first that have been outdated longest. */
  readonly servers: readonly ServerSummary[]
  readonly totals: Totals
  /** The schedule that the clocks are read by. */
  readonly stages: Schedule
  /** Who reaches another stage within `soonDays`, soonest first. */
  readonly soon: readonly StageChange[]
  /** Records that are damaged or of a newer version; nothing else here counts them. */
  readonly unreadable: readonly UnreadableRecord[]
}

/** How far `Fleet.soon` looks ahead. */
export const soonDays = 7

export interface Totals {
  readonly servers: number
  readonly byStatus: Readonly<Record<ServerStatus, number>>
  /** Servers whose clock runs, by stage; stages of the schedule that nobody is in are 0. */
  readonly byStage: ReadonlyMap<number, number>
  /** Outdated, not detected yet (C1). */
  readonly suspected: number
  /** See `ServerSummary.isKnownExploited`. */
  readonly knownExploited: number
  /** Of the days that are kept. */
  readonly messages: DayCounts
  /** By UTC day, oldest first; only days that had any. */
  readonly days: readonly DayTotal[]
}

export interface TenantSummary {
  readonly tenant: string
  readonly connectors: readonly ConnectorSummary[]
  /** Of all its connectors, each once. */
  readonly contacts: readonly string[]
  /** In order of their beginning, those that are over as well. */
  readonly pauses: readonly Pause[]
  /** Days of pause by UTC year: of this one, and of any later one that a pause reaches into (C4). */
  readonly budgets: readonly PauseBudget[]
  /** Those in force. */
  readonly exemptions: readonly Exemption[]
  readonly servers: readonly ServerSummary[]
  readonly totals: Totals
}

export interface ConnectorSummary {
  readonly connector: Connector
  readonly mode: Mode
}

export interface PauseBudget {
  readonly year: number
  readonly allowed: number
  readonly used: number
  readonly left: number
}

export interface StageChange {
  readonly tenant: string
  readonly server: string
  readonly status: ServerStatus
  readonly at: number
  readonly from: Stage
  readonly to: Stage
}

export interface UnreadableRecord {
  readonly tenant: string
  /** `null`: the record of the tenant itself. */
  readonly server: string | null
  readonly why: string
}
