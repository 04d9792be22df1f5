import { reportRules } from '../config/report-rules'
import type { Settings } from '../config/settings'
import type { DayCounts, ServerEvent } from '../rules/clock/record'
import type { Stage } from '../rules/clock/schedule'
import { compareText } from '../report/collect'
import { judgeOn, summarise, type ServerSummary } from '../report/summary'
import { stageDates, type DayTotal, type StageDate } from '../report/explanation'
import { dayOf } from '../rules/time'
import type { ServerOutcomes } from './outcomes'
import type { Player } from './player'
import type { ReadCounts, ReplayOptions } from './replay-options'

/** What an archive's mail would have met. Times are epoch ms. */
export interface ReplayReport {
  readonly read: Readonly<ReadCounts>
  /** Further copies of messages that were judged already. */
  readonly copies: number
  /** See `Player.dropped`. */
  readonly dropped: number
  /** The hosts that took mail in, and how many messages; most first. `host` null: none of ours was in the message. */
  readonly receivedBy: readonly { readonly host: string | null; readonly messages: number }[]
  /** Of the first and the last message judged; `null`: none was. */
  readonly period: { readonly from: number; readonly until: number } | null
  readonly settings: Pick<Settings, 'policy' | 'mode' | 'scope' | 'schedule'>
  readonly enforceFrom: number | null
  readonly totals: DayCounts
  /** By UTC day, in order; only days that had any. */
  readonly days: readonly DayTotal[]
  /** By name. */
  readonly tenants: readonly TenantReplay[]
  /** Those that were hit hardest first. */
  readonly servers: readonly ServerReplay[]
  /** What each stage would have turned away, had every outdated server been in it all the time. */
  readonly inStage: readonly StageForecast[]
}

export interface TenantReplay {
  readonly tenant: string
  readonly totals: DayCounts
  readonly days: readonly DayTotal[]
  readonly servers: number
  /** Servers that were detected. */
  readonly detected: number
}

export interface ServerReplay {
  readonly tenant: string
  readonly server: string
  /** As of the end; `null` where memory has forgotten the server by then. */
  readonly summary: ServerSummary | null
  /** What happened to it, oldest first: detection, each stage that its mail met, recovery (C7). */
  readonly history: readonly ServerEvent[]
  /** The way of its clock through the schedule, if nothing changes; empty where none runs at the end. */
  readonly stages: readonly StageDate[]
  readonly totals: DayCounts
  readonly days: readonly DayTotal[]
  readonly firstDeferredAt: number | null
  readonly firstRefusedAt: number | null
  /** Of deferred messages that had a free moment in sight; `null` where there was none. */
  readonly delay: { readonly meanMs: number; readonly longestMs: number } | null
  /** Whose mail was turned away, most first: domains of envelope senders, `''` for the null sender. */
  readonly senders: readonly { readonly domain: string; readonly messages: number }[]
  /** Messages that showed an outdated build. */
  readonly outdated: number
  readonly inStage: readonly StageForecast[]
}

export interface StageForecast {
  readonly stage: Stage
  readonly deferred: number
  readonly refused: number
}

export function reportOf(
  options: ReplayOptions,
  read: Readonly<ReadCounts>,
  hosts: ReadonlyMap<string, number>,
  played: Player,
): ReplayReport {
  const { settings, catalogue, enforceFrom } = options
  const rules = reportRules(settings, catalogue)
  const judge = judgeOn(dayOf(played.lastAt), rules)
  const servers = [...played.servers.values()]
    .map((outcomes): ServerReplay => {
      const { tenant, server } = outcomes
      const record = played.memory.server(tenant, server)
      const owner = { tenant, pauses: [], exemptions: [] }
      return {
        ...outcomesOf(outcomes, settings),
        tenant,
        server,
        summary: record && {
          ...summarise(record, owner, rules, played.lastAt, judge),
          messages: outcomes.counts,
        },
        history: record?.events ?? [],
        // Written out when they are asked for.
        get days() {
          return outcomes.days
        },
        stages: record ? stageDates(record.clock, owner.pauses, settings.schedule) : [],
      }
    })
    .sort(hardestHitFirst)
  return {
    read,
    copies: played.copies,
    dropped: played.dropped,
    receivedBy: [...hosts]
      .map(([host, messages]) => ({ host: host === '' ? null : host, messages }))
      .sort((a, b) => b.messages - a.messages),
    period: played.firstAt === null ? null : { from: played.firstAt, until: played.lastAt },
    settings,
    enforceFrom,
    totals: played.all.counts,
    days: played.all.days,
    tenants: [...played.tenants]
      .map(([tenant, { counts, days }]) => {
        const own = servers.filter((each) => each.tenant === tenant)
        return {
          tenant,
          totals: counts,
          days,
          servers: own.length,
          detected: own.filter(wasDetected).length,
        }
      })
      .sort((a, b) => compareText(a.tenant, b.tenant)),
    servers,
    inStage: settings.schedule.map((stage, row) => ({
      stage,
      deferred: servers.reduce((sum, { inStage }) => sum + (inStage[row]?.deferred ?? 0), 0),
      refused: servers.reduce((sum, { inStage }) => sum + (inStage[row]?.refused ?? 0), 0),
    })),
  }
}

/** Whether anything was held against it, or its mail was turned away. */
export function isWorthTelling(server: ServerReplay): boolean {
  return server.outdated > 0 || wasDetected(server) || server.totals.deferred + server.totals.refused > 0
}

/** Whether its clock ever ran. */
export function wasDetected({ history }: ServerReplay): boolean {
  return history.some(({ kind }) => kind === 'detected' || kind === 'relapsed')
}

function outcomesOf(
  outcomes: ServerOutcomes,
  { schedule }: Settings,
): Omit<ServerReplay, 'tenant' | 'server' | 'summary' | 'history' | 'stages' | 'days'> {
  const { counts, firstDeferredAt, firstRefusedAt, outdated, inStage } = outcomes
  const timed = counts.deferred - outcomes.stuck
  return {
    totals: counts,
    firstDeferredAt,
    firstRefusedAt,
    delay: timed === 0 ? null : { meanMs: outcomes.delayMs / timed, longestMs: outcomes.longestDelayMs },
    senders: [...outcomes.senders]
      .map(([domain, messages]) => ({ domain, messages }))
      .sort((a, b) => b.messages - a.messages || compareText(a.domain, b.domain)),
    outdated,
    inStage: schedule.map((stage, row) => ({ stage, ...(inStage[row] ?? { deferred: 0, refused: 0 }) })),
  }
}

function hardestHitFirst(a: ServerReplay, b: ServerReplay): number {
  return (
    b.totals.refused - a.totals.refused ||
    b.totals.deferred - a.totals.deferred ||
    (b.summary?.clock?.elapsedMs ?? -1) - (a.summary?.clock?.elapsedMs ?? -1) ||
    compareText(a.tenant, b.tenant) ||
    compareText(a.server, b.server)
  )
}
