import { domainMatches, normaliseDomain } from '../rules/attribution/domain'
import type { LastEvidence } from '../rules/clock/record'
import { cleanText } from '../rules/decision/clean-text'
import { bindingOf } from '../rules/evidence/binding'
import type { Evidence, HeaderEvidence } from '../rules/evidence/evidence'
import { formatBuild } from '../rules/verdict/build'
import type { Verdict } from '../rules/verdict/verdict'
import type { Ruleset } from './ruleset'
import type { Attributed, Message, Session } from './session'

export type Xoorg = NonNullable<LastEvidence['xoorg']>

/** A6: the domain of XOORG, clean and capped; `null` where none was given. */
export function xoorgOf(session: Session, attributed: Attributed, ruleset: Ruleset): Xoorg | null {
  if (session.xoorg === null) return null
  const domain = normaliseDomain(session.xoorg)
  const own = ruleset.domainsOf(attributed.connector.tenant)
  // Of a tenant whose domains nobody wrote down no domain can be called foreign.
  const known = own.length === 0 || own.some((pattern) => domainMatches(pattern, domain))
  return { domain: cleanText(domain, 255), known }
}

/** Longer texts are made clean at once, so that nothing large is kept for later. */
const maxKeptLength = 2000

/** `evidenceRecord`, made when it is asked for: of all messages between two writings only the last one's is kept. */
export function evidenceOf(...of: Parameters<typeof evidenceRecord>): () => LastEvidence {
  const [at, session, attributed, { fields, messageId }, found, connecting, verdict, ruleset] = of
  const field = fields[connecting.field] ?? ''
  if (field.length > maxKeptLength || (messageId?.length ?? 0) > maxKeptLength) {
    const record = evidenceRecord(...of)
    return () => record
  }
  // Not the whole block of fields.
  const message = { fields: [field], messageId }
  return () =>
    evidenceRecord(at, session, attributed, message, found, { ...connecting, field: 0 }, verdict, ruleset)
}

/** What a server's record keeps of the message behind its verdict (R5), clean and capped. */
export function evidenceRecord(
  at: number,
  session: Session,
  attributed: Attributed,
  message: Message,
  found: HeaderEvidence,
  connecting: Extract<Evidence, { kind: 'exchange' }>,
  verdict: Verdict,
  ruleset: Ruleset,
): LastEvidence {
  return {
    at,
    build: connecting.build ? formatBuild(connecting.build) : null,
    transport: connecting.transport,
    header: cleanText((message.fields[connecting.field] ?? '').replace(/\s+/g, ' ').trim(), 500),
    messageId: message.messageId === null ? null : cleanText(message.messageId.trim()),
    connector: attributed.connector.id,
    attribution: `${attributed.by} ${attributed.matched}`,
    bound: bindingOf(connecting.server, {
      ehlo: session.ehlo,
      reverse: session.reverseName,
      certificateNames: session.facts.certificate?.names ?? [],
    }),
    ehlo: cleanText(session.ehlo ?? '', 255),
    address: session.address,
    xoorg: xoorgOf(session, attributed, ruleset),
    mimeOle: found.mimeOle === null ? null : cleanText(found.mimeOle, 80),
    verdict: { status: verdict.status, reason: verdict.reason },
  }
}
