import type { Attribution } from '../enforcement/session'
import type { Outcome } from '../enforcement/outcome'
import { cleanText } from '../rules/decision/clean-text'
import { dayMs } from '../rules/time'
import type { Connection, Plugin, Results } from './types'

/** The same facts as in the header, for karma, watch, rspamd and others (R2). */
export interface EnforcementNotes {
  readonly connector: string
  readonly tenant: string
  readonly attribution: string
  readonly server: string | null
  readonly build: string | null
  readonly verdict: string | null
  readonly reason: string | null
  readonly stage: number | null
  readonly day: number | null
  readonly action: string
  readonly trail: readonly string[]
}

export const notesName = 'exchange_enforcement'

export function notesOf(
  attribution: Extract<Attribution, { kind: 'connector' }>,
  outcome: Outcome,
): EnforcementNotes {
  const { decision, verdict } = outcome
  return {
    connector: attribution.connector.id,
    tenant: attribution.connector.tenant,
    attribution: cleanText(`${attribution.by} ${attribution.matched}`),
    server: outcome.server && cleanText(outcome.server, 255),
    build: outcome.build,
    verdict: verdict?.status ?? null,
    reason: verdict?.reason ?? null,
    stage: decision.stage,
    day: decision.stage === null ? null : Math.floor(decision.elapsedMs / dayMs),
    action: decision.action,
    trail: decision.trail.map(({ rule, because }) => `${rule}: ${cleanText(because, 300)}`),
  }
}

/** Stable tokens, one of `pass`, `fail` or `skip` a message: `pass: compliant`, `fail: outdated`, `skip: no-evidence`. */
export function addResults(plugin: Plugin, results: Results, notes: EnforcementNotes): void {
  const { connector, tenant, server, build, reason, stage, day, action } = notes
  results.add(plugin, {
    ...present({ connector, tenant, server, build, reason, stage, day, action }),
    ...(notes.verdict === 'compliant'
      ? { pass: 'compliant' }
      : notes.verdict === 'outdated' || action !== 'accept'
        ? { fail: 'outdated' }
        : { skip: reason ?? 'no-evidence' }),
  })
}

/** One line a decision, `key=value`, at NOTICE where somebody is turned away or something changed, else at INFO. */
export function logDecision(
  plugin: Plugin,
  connection: Connection,
  notes: EnforcementNotes,
  outcome: Outcome,
  at: string,
): void {
  const { connector, server, build, verdict, reason, stage, day, action } = notes
  const facts = present({
    at,
    connector,
    server,
    build,
    verdict,
    reason,
    stage,
    day,
    action,
    memory: outcome.freshness,
    changed: outcome.events.length > 0 ? outcome.events.join(',') : null,
    because: notes.trail.at(-1) ?? null,
  })
  if (action !== 'accept' || outcome.events.length > 0) connection.lognotice(plugin, 'decision', facts)
  else connection.loginfo(plugin, 'decision', facts)
}

function present(facts: Readonly<Record<string, string | number | null>>): Record<string, string | number> {
  const found: Record<string, string | number> = {}
  for (const name in facts) {
    const fact = facts[name]
    if (fact !== null && fact !== undefined) found[name] = fact
  }
  return found
}
