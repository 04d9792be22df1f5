import type { Mode } from '../rules/attribution/connector'
import { instantOf } from '../rules/clock/elapsed'
import type {
  Clock,
  DayCounts,
  LastEvidence,
  Pause,
  ServerEvent,
  ServerRecord,
  TenantRecord,
} from '../rules/clock/record'
import type { Schedule, Stage } from '../rules/clock/schedule'
import { decide, type Circumstances } from '../rules/decision/decide'
import type { Decision } from '../rules/decision/decision'
import { nextChange } from '../rules/decision/next-change'
import { windowOffsetMs } from '../rules/decision/window'
import { dayMs, dayOf, type Day } from '../rules/time'
import type { Verdict } from '../rules/verdict/verdict'
import { judgeOn, summarise, type ReportRules, type ServerSummary } from './summary'

export interface ExplainRules extends ReportRules {
  readonly spread: boolean
  /** What holds for sessions of that connector; `null`: not known which it was. */
  readonly modeOf: (connector: string | null) => Mode
}

/** Why a server is treated as it is (R5). */
export interface ServerExplanation {
  readonly summary: ServerSummary
  readonly evidence: LastEvidence | null
  /** The evidence judged as of its own day, which is what the clock went by. */
  readonly verdictThen: Verdict | null
  readonly mode: Mode
  /** What a message of it would be told now. */
  readonly decision: Decision
  readonly nextChange: { readonly at: number; readonly decision: Decision } | null
  /** The way through the schedule; empty while no clock runs. */
  readonly stages: readonly StageDate[]
  /** Every pause that its tenant took or planned, in order. */
  readonly pauses: readonly Pause[]
  /** Messages by UTC day, oldest first; only days that had any. */
  readonly days: readonly DayTotal[]
  /** Oldest first. */
  readonly history: readonly ServerEvent[]
}

/** One stage of a running clock, and when it is reached with the pauses that are known, epoch ms. */
export interface StageDate {
  readonly stage: Stage
  readonly at: number
}

export interface DayTotal extends DayCounts {
  readonly day: Day
}

export function explain(
  record: ServerRecord,
  tenant: TenantRecord,
  rules: ExplainRules,
  at: number,
): ServerExplanation {
  const summary = summarise(record, tenant, rules, at)
  const { lastEvidence: evidence } = record
  const mode = rules.modeOf(summary.connector)
  const given: Circumstances = {
    at,
    clock: record.clock,
    pauses: tenant.pauses,
    exemption: summary.exemption,
    schedule: rules.schedule,
    offsetMs: windowOffsetMs(record.tenant, record.server, rules.spread),
    mode,
  }
  return {
    summary,
    evidence,
    verdictThen: evidence && (judgeOn(dayOf(evidence.at), rules)(evidence)?.verdict ?? null),
    mode,
    decision: decide(given),
    nextChange: nextChange(given),
    stages: stageDates(record.clock, tenant.pauses, rules.schedule),
    pauses: tenant.pauses,
    days: dayTotals(Object.entries(record.days)),
    history: record.events,
  }
}

/** Messages by day, in order. */
export function dayTotals(days: Iterable<readonly [Day, DayCounts]>): readonly DayTotal[] {
  return [...days]
    .map(([day, { accepted, deferred, refused }]) => ({ day, accepted, deferred, refused }))
    .sort((a, b) => (a.day < b.day ? -1 : 1))
}

/** The way of a running clock through the schedule; empty while none runs. */
export function stageDates(clock: Clock, pauses: readonly Pause[], schedule: Schedule): readonly StageDate[] {
  if (clock.state !== 'running') return []
  return schedule.map((stage) => ({ stage, at: instantOf(clock, pauses, stage.fromDay * dayMs) }))
}
