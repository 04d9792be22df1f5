import { isCertificateName, parentDomain, wildcardParent } from './certificate-name'
import { trustAnchorId } from './connector'
import type { Connector } from './connector'
import { normaliseDomain } from './domain'
import type { PresentedCertificate } from './session'

interface Entry {
  readonly connector: Connector
  readonly trustedAs: string
}

export interface CertificateMatch {
  readonly connector: Connector
  /** The name both sides share, or the wildcard that stands for the other side's name. */
  readonly matched: string
}

/** Connectors by certificate name: exact names, wildcards, and what a wildcard of the certificate may stand for. */
export class CertificateIndex {
  readonly #byName = new Map<string, Entry[]>()
  readonly #byParent = new Map<string, Entry[]>()

  add(connector: Connector): void {
    if (connector.tlsCertificateName === null) return
    const name = normaliseDomain(connector.tlsCertificateName)
    if (!isCertificateName(name)) return
    const entry = { connector, trustedAs: trustAnchorId(connector.trust, connector.tlsPurpose) }
    append(this.#byName, name, entry)
    const parent = wildcardParent(name) === null ? parentDomain(name) : null
    if (parent !== null) append(this.#byParent, parent, entry)
  }

  /**
   * The best matches of A3, several where connectors tie: equal names before those that match by a wildcard, then the longer name.
   * Connectors that one wildcard stands for tie among each other, since the certificate says nothing about which is meant.
   */
  best(certificate: PresentedCertificate): readonly CertificateMatch[] {
    let best: CertificateMatch[] = []
    let bestRank = 0
    const offer = (entries: readonly Entry[] | undefined, matched: string, equal: boolean): void => {
      const rank = matched.length + (equal ? 1000 : 0)
      if (entries === undefined || rank < bestRank) return
      for (const { connector, trustedAs } of entries) {
        if (!certificate.trustedBy.has(trustedAs)) continue
        if (rank > bestRank) best = []
        bestRank = rank
        if (!best.some((match) => match.connector === connector)) best.push({ connector, matched })
      }
    }
    for (const presented of certificate.names) {
      const name = normaliseDomain(presented)
      if (!isCertificateName(name)) continue
      offer(this.#byName.get(name), name, true)
      const standsBelow = wildcardParent(name)
      if (standsBelow !== null) offer(this.#byParent.get(standsBelow), name, false)
      else {
        const wildcard = `*.${parentDomain(name) ?? ''}`
        offer(this.#byName.get(wildcard), wildcard, false)
      }
    }
    return best
  }
}

function append(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const entries = map.get(key)
  if (entries === undefined) map.set(key, [entry])
  else entries.push(entry)
}
