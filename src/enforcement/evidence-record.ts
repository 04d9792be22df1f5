import { domainMatches } from '../rules/attribution/domain'
import type { LastEvidence } from '../rules/clock/record'
import { cleanText } from '../rules/decision/clean-text'
import { bindingOf } from '../rules/evidence/binding'
import type { Evidence, HeaderEvidence } from '../rules/evidence/evidence'
import { formatBuild } from '../rules/verdict/build'
import type { Verdict } from '../rules/verdict/verdict'
import type { Ruleset } from './ruleset'
import type { Attributed, Message, Session } from './session'

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
  const xoorg = session.xoorg?.toLowerCase() ?? null
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
    xoorg:
      xoorg === null
        ? null
        : {
            domain: cleanText(xoorg, 255),
            known: ruleset
              .domainsOf(attributed.connector.tenant)
              .some((pattern) => domainMatches(pattern, xoorg)),
          },
    mimeOle: found.mimeOle === null ? null : cleanText(found.mimeOle, 80),
    verdict: { status: verdict.status, reason: verdict.reason },
  }
}
