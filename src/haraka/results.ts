import type { Attribution } from '../enforcement/session'
import type { Outcome } from '../enforcement/outcome'
import { cleanText } from '../rules/decision/clean-text'
import type { Evidence } from '../rules/evidence/evidence'
import { dayMs } from '../rules/time'
import { formatBuild } from '../rules/verdict/build'
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
  /** The first Exchange server behind a peer that is none, with its build: `ex01.contoso.local 15.1.2507.16` (E1). */
  readonly behind: string | null
  /** `Microsoft Exchange V6.5` of X-MimeOLE (E5). */
  readonly mime_ole: string | null
  /** The domain of XOORG where it is one of the tenant's, else in `xoorg_foreign` (A6). */
  readonly xoorg: string | null
  readonly xoorg_foreign: string | null
  readonly trail: readonly string[]
}

export const notesName = 'exchange_enforcement'

export function notesOf(
  attribution: Extract<Attribution, { kind: 'connector' }>,
  outcome: Outcome,
): EnforcementNotes {
  const { decision, verdict, evidence, xoorg } = outcome
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
    behind: evidence?.behind ? cleanText(hopText(evidence.behind), 300) : null,
    mime_ole: evidence?.mimeOle ? cleanText(evidence.mimeOle, 80) : null,
    xoorg: xoorg?.known ? xoorg.domain : null,
    xoorg_foreign: xoorg && !xoorg.known ? xoorg.domain : null,
    trail: decision.trail.map(({ rule, because }) => `${rule}: ${cleanText(because, 300)}`),
  }
}

function hopText(hop: Evidence): string {
  const server = hop.kind === 'none' ? null : hop.server
  const build = hop.kind === 'exchange' || hop.kind === 'exchange-online' ? hop.build : null
  return `${server ?? 'unknown'} ${build ? formatBuild(build) : 'unknown'}`
}

/** Stable tokens, one of `pass`, `fail` or `skip` a message: `pass: compliant`, `fail: outdated`, `skip: no-evidence`. */
export function addResults(plugin: Plugin, results: Results, notes: EnforcementNotes): void {
  const { connector, tenant, server, build, reason, stage, day, action } = notes
  results.add(plugin, {
    ...present({ connector, tenant, server, build, reason, stage, day, action, ...reportedOnly(notes) }),
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
    ...reportedOnly(notes),
    memory: outcome.freshness,
    changed: outcome.events.length > 0 ? outcome.events.join(',') : null,
    because: notes.trail.at(-1) ?? null,
  })
  if (action !== 'accept' || outcome.events.length > 0) connection.lognotice(plugin, 'decision', facts)
  else connection.loginfo(plugin, 'decision', facts)
}

/** What is worth knowing and never held against anybody (E1, E5, A6). */
function reportedOnly({ behind, mime_ole, xoorg, xoorg_foreign }: EnforcementNotes) {
  return { behind, mime_ole, xoorg, xoorg_foreign }
}

function present(facts: Readonly<Record<string, string | number | null>>): Record<string, string | number> {
  const found: Record<string, string | number> = {}
  for (const name in facts) {
    const fact = facts[name]
    if (fact !== null && fact !== undefined) found[name] = fact
  }
  return found
}
