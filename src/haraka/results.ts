import type { Attribution } from '../enforcement/session'
import type { Outcome } from '../enforcement/outcome'
import { cleanText } from '../rules/decision/clean-text'
import type { Evidence } from '../rules/evidence/evidence'
import { dayMs } from '../rules/time'
import { formatBuild } from '../rules/verdict/build'
import type { Connection, Plugin } from './types'

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

function notesOf(
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

/** What is told of one outcome, in the words of each who hears of it. */
export interface Telling {
  readonly notes: EnforcementNotes
  readonly results: Readonly<Record<string, string | number>>
  /** `key=value` of the line in the log. */
  readonly facts: Readonly<Record<string, string | number>>
}

/** An answer that is given again belongs to the same connector, and is told again as it was. */
const told = new WeakMap<Outcome, Telling>()

export function tellingOf(
  attribution: Extract<Attribution, { kind: 'connector' }>,
  outcome: Outcome,
  at: 'connect' | 'mail' | 'data',
): Telling {
  const known = told.get(outcome)
  if (known) return known
  const notes = notesOf(attribution, outcome)
  const telling = { notes, results: resultsOf(notes), facts: factsOf(notes, outcome, at) }
  told.set(outcome, telling)
  return telling
}

/**
 * Stable tokens, one of `pass`, `fail` or `skip` a message: `pass: compliant`, `fail: outdated`, `skip: no-evidence`. With
 * `human` Haraka need not put that line together for each message.
 */
function resultsOf(notes: EnforcementNotes): Record<string, string | number> {
  const { connector, tenant, server, build, reason, stage, day, action } = notes
  const facts = present({
    connector,
    tenant,
    server,
    build,
    reason,
    stage,
    day,
    action,
    ...reportedOnly(notes),
  })
  const [token, value] =
    notes.verdict === 'compliant'
      ? (['pass', 'compliant'] as const)
      : notes.verdict === 'outdated' || action !== 'accept'
        ? (['fail', 'outdated'] as const)
        : (['skip', reason ?? 'no-evidence'] as const)
  const said = Object.entries(facts).map(([name, fact]) => `${name}: ${fact}`)
  return { ...facts, [token]: value, human: [...said, `${token}:${value}`].join(', ') }
}

function factsOf(notes: EnforcementNotes, outcome: Outcome, at: string): Record<string, string | number> {
  const { connector, server, build, verdict, reason, stage, day, action } = notes
  return present({
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
}

/** One line a decision, `key=value`, at NOTICE where somebody is turned away or something changed, else at INFO. */
export function logDecision(
  plugin: Plugin,
  connection: Connection,
  { notes, facts }: Telling,
  outcome: Outcome,
): void {
  if (notes.action !== 'accept' || outcome.events.length > 0) connection.lognotice(plugin, 'decision', facts)
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
