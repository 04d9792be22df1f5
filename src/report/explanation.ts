import type { Mode } from '../rules/attribution/connector'
import type { LastEvidence, ServerEvent, ServerRecord, TenantRecord } from '../rules/clock/record'
import { decide, type Circumstances } from '../rules/decision/decide'
import type { Decision } from '../rules/decision/decision'
import { nextChange } from '../rules/decision/next-change'
import { windowOffsetMs } from '../rules/decision/window'
import { dayOf } from '../rules/time'
import type { Verdict } from '../rules/verdict/verdict'
import { judgeSeen, summarise, type ReportRules, type ServerSummary } from './summary'

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
  /** Oldest first. */
  readonly history: readonly ServerEvent[]
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
    verdictThen: evidence && judgeSeen(evidence, dayOf(evidence.at), rules),
    mode,
    decision: decide(given),
    nextChange: nextChange(given),
    history: record.events,
  }
}
