import { acceptance } from '../rules/decision/decide'
import type { Decision } from '../rules/decision/decision'
import type { ServerDecision } from '../rules/decision/path'
import type { Reply } from '../rules/decision/reply'
import type { HeaderEvidence } from '../rules/evidence/evidence'
import type { Verdict } from '../rules/verdict/verdict'
import type { Freshness } from '../store/recollection'
import type { Xoorg } from './evidence-record'

/** What one hook says, with everything that led to it. */
export interface Outcome {
  readonly decision: Decision
  /** The server that the decision is about; `null` where none is known. */
  readonly server: string | null
  readonly build: string | null
  /** Only at DATA. */
  readonly evidence: HeaderEvidence | null
  /** What the client says of its organisation, and whether it is the tenant's (A6). Only at DATA. */
  readonly xoorg: Xoorg | null
  readonly verdict: Verdict | null
  /** What the sender is told; `null` where the mail goes on. */
  readonly reply: Reply | null
  /** Value of the reporting field; only at DATA, on what is accepted (R1). */
  readonly header: string | null
  readonly freshness: Freshness
  /** What changed in the server's record by this message, for the log. */
  readonly events: readonly string[]
}

/** The mail goes on, and no server is known to speak of. */
export function passed(at: number, rule: string, because: string, freshness: Freshness = 'cache'): Outcome {
  return {
    decision: acceptance(at, [{ rule, because }]),
    server: null,
    build: null,
    evidence: null,
    xoorg: null,
    verdict: null,
    reply: null,
    header: null,
    freshness,
    events: [],
  }
}

/** Turned away by what memory says of a path; the reply is still to be worded. */
export function turnedAway(
  as: ServerDecision,
  build: string | null,
  rule: string,
  because: string,
  freshness: Freshness,
): Outcome {
  const decision = { ...as.decision, trail: [...as.decision.trail, { rule, because }] }
  return { ...passed(0, rule, because, freshness), decision, server: as.server, build }
}
