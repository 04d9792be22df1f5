import { normaliseDomain } from '../attribution/domain'
import type { LastEvidence } from '../clock/record'

/** What the session knows of the peer under other names; `null` where there is none. */
export interface PeerNames {
  readonly ehlo: string | null
  readonly reverse: string | null
  /** DNS names of the client certificate, also with a leading `*.`. */
  readonly certificateNames: readonly string[]
}

/** E6: which of the peer's names is the `by` host; the first in the order EHLO, reverse, certificate. */
export function bindingOf(server: string, peer: PeerNames): LastEvidence['bound'] {
  const host = normaliseDomain(server)
  if (peer.ehlo !== null && normaliseDomain(peer.ehlo) === host) return 'ehlo'
  if (peer.reverse !== null && normaliseDomain(peer.reverse) === host) return 'reverse'
  return peer.certificateNames.some((name) => certificateMatches(normaliseDomain(name), host))
    ? 'certificate'
    : 'unbound'
}

/** In a certificate `*.` stands for exactly one label (A1). */
function certificateMatches(name: string, host: string): boolean {
  if (!name.startsWith('*.')) return name === host
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === name.slice(1)
}
