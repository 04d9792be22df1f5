import { AddressIndex } from './address-index'
import type { RangeEntry } from './address-index'
import { isCertificateName, parentDomain, wildcardParent } from './certificate-name'
import { trustAnchorId } from './connector'
import type { Connector } from './connector'
import { normaliseDomain } from './domain'

/**
 * Two connectors that get in each other's way. An error is a tie of A3; a warning is worth a look, and may be meant; information is
 * settled by precedence as one would expect.
 */
export interface Conflict {
  readonly severity: 'error' | 'warning' | 'information'
  readonly kind:
    'same-certificate-name' | 'certificate-name-covered' | 'same-range' | 'null-sender' | 'range-covered'
  /** Ids, in the order of the file; for `…-covered` the covered one first. */
  readonly connectors: readonly [string, string]
  /** The certificate name or the range. */
  readonly value: string
  readonly text: string
  /** What the operator can do. */
  readonly advice: string
}

/** Ties and overlaps that can be seen in the connectors file (A3); each pair of connectors at most once for each kind and value. */
export function findConflicts(connectors: readonly Connector[]): Conflict[] {
  return [...certificateConflicts(connectors), ...rangeConflicts(connectors)]
}

function certificateConflicts(connectors: readonly Connector[]): Conflict[] {
  const conflicts: Conflict[] = []
  const owners = new Map<string, Connector[]>()
  const named = connectors.flatMap((connector) => {
    const name = normaliseDomain(connector.tlsCertificateName ?? '')
    return isCertificateName(name) ? [{ connector, name }] : []
  })
  for (const { connector, name } of named) {
    const others = owners.get(name) ?? []
    const rival = others.find((other) => sameTrust(other, connector)) ?? others[0]
    if (rival !== undefined) conflicts.push(sameName(rival, connector, name))
    owners.set(name, [...others, connector])
  }
  for (const { connector, name } of named) {
    if (wildcardParent(name) !== null) continue
    const wildcard = `*.${parentDomain(name) ?? ''}`
    const rival = owners.get(wildcard)?.find((other) => sameTrust(other, connector))
    if (rival !== undefined) conflicts.push(coveredName(connector, rival, name, wildcard))
  }
  return conflicts
}

/** Whatever their `tlsPurpose`: a certificate for clients passes under either. */
function sameTrust(one: Connector, other: Connector): boolean {
  return trustAnchorId(one.trust) === trustAnchorId(other.trust)
}

function sameName(one: Connector, other: Connector, name: string): Conflict {
  const tie = sameTrust(one, other)
  return {
    severity: tie ? 'error' : 'warning',
    kind: 'same-certificate-name',
    connectors: [one.id, other.id],
    value: name,
    text: tie
      ? `[${one.id}] and [${other.id}] both have the certificate name ${name}: neither would be attributed`
      : `[${one.id}] and [${other.id}] both have the certificate name ${name}, told apart only by their tls_ca_file`,
    advice: tie
      ? 'give each a name of its own, or make them one connector'
      : 'make sure that no certificate ends at both authorities',
  }
}

function coveredName(exact: Connector, cover: Connector, name: string, wildcard: string): Conflict {
  return {
    severity: 'warning',
    kind: 'certificate-name-covered',
    connectors: [exact.id, cover.id],
    value: name,
    text:
      `${name} of [${exact.id}] lies within ${wildcard} of [${cover.id}]: [${exact.id}] has it, ` +
      `but a certificate made out to ${wildcard} goes to [${cover.id}]`,
    advice: `make sure that the servers of [${exact.id}] present a certificate made out to ${name}`,
  }
}

function rangeConflicts(connectors: readonly Connector[]): Conflict[] {
  const index = new AddressIndex()
  const ranges = new Map<string, RangeEntry>()
  for (const connector of connectors) index.add(connector)
  for (const connector of connectors) {
    for (const range of connector.addresses) {
      for (const entry of index.containing(range)) {
        if (entry.range.prefix === range.prefix) ranges.set(`${range.family} ${entry.text}`, entry)
      }
    }
  }
  const conflicts: Conflict[] = []
  const covered = new Map<string, { conflict: Conflict; further: number }>()
  for (const entry of ranges.values()) {
    conflicts.push(...sharedRange(entry))
    for (const [inner, outer, text] of coverings(entry, index)) {
      const pair = JSON.stringify([inner.id, outer.id])
      const known = covered.get(pair)
      if (known !== undefined) known.further += 1
      else covered.set(pair, { conflict: coveredRange(inner, outer, entry.text, text), further: 0 })
    }
  }
  for (const { conflict, further } of covered.values()) {
    conflicts.push(further === 0 ? conflict : { ...conflict, text: `${conflict.text} (and ${further} more)` })
  }
  return conflicts
}

function sharedRange({ connectors, text }: RangeEntry): Conflict[] {
  const [first, ...others] = connectors
  if (first === undefined) return []
  const claims = new SenderClaims(first)
  let disjoint = true
  const conflicts: Conflict[] = []
  for (const connector of others) {
    const rival = claims.rivalOf(connector)
    claims.add(connector)
    if (rival === null) continue
    disjoint = false
    conflicts.push({
      severity: 'error',
      kind: 'same-range',
      connectors: [rival.id, connector.id],
      value: text,
      text: `[${rival.id}] and [${connector.id}] both have ${text} for the same senders: neither would be attributed`,
      advice: 'take it out of one of them, or tell them apart by sender_domains',
    })
  }
  const [second] = others
  if (second !== undefined && disjoint) {
    conflicts.push({
      severity: 'warning',
      kind: 'null-sender',
      connectors: [first.id, second.id],
      value: text,
      text: `[${first.id}] and [${second.id}] share ${text}: mail of the null sender <> from there is attributed to neither`,
      advice: 'give each addresses of its own, unless bounces may go unjudged',
    })
  }
  return conflicts
}

/** Pairs of a connector of this range and one of the nearest wider range, where their senders overlap. */
function* coverings(entry: RangeEntry, index: AddressIndex): Generator<[Connector, Connector, string]> {
  for (const wider of index.containing(entry.range)) {
    if (wider.range.prefix >= entry.range.prefix) continue
    const claims = new SenderClaims(...wider.connectors)
    for (const connector of entry.connectors) {
      const rival = claims.rivalOf(connector)
      if (rival !== null && !entry.connectors.includes(rival)) yield [connector, rival, wider.text]
    }
    return
  }
}

function coveredRange(inner: Connector, outer: Connector, range: string, wider: string): Conflict {
  return {
    severity: 'information',
    kind: 'range-covered',
    connectors: [inner.id, outer.id],
    value: range,
    text: `${range} of [${inner.id}] lies within ${wider} of [${outer.id}]: [${inner.id}] has it`,
    advice: 'nothing, where that is meant',
  }
}

/** Who claims which senders, found without comparing every pair. */
class SenderClaims {
  readonly #claimants: Connector[] = []
  #anySender: Connector | null = null
  readonly #patterns = new Map<string, Connector>()
  readonly #below = new Map<string, Connector>()

  constructor(...connectors: readonly Connector[]) {
    for (const connector of connectors) this.add(connector)
  }

  add(connector: Connector): void {
    this.#claimants.push(connector)
    if (connector.senderDomains.length === 0) this.#anySender ??= connector
    for (const pattern of connector.senderDomains) {
      remember(this.#patterns, pattern, connector)
      for (const ancestor of ancestors(pattern)) remember(this.#below, ancestor, connector)
    }
  }

  /** Another connector that claims a sender which this one claims. */
  rivalOf(connector: Connector): Connector | null {
    if (connector.senderDomains.length === 0)
      return this.#claimants.find((other) => other !== connector) ?? null
    const rivals = [this.#anySender, ...connector.senderDomains.flatMap((pattern) => this.#holders(pattern))]
    return rivals.find((rival) => rival !== null && rival !== connector) ?? null
  }

  #holders(pattern: string): (Connector | null)[] {
    const keys = [pattern, ...ancestors(pattern).map((ancestor) => `*.${ancestor}`)]
    const holders = keys.map((key) => this.#patterns.get(key) ?? null)
    const parent = wildcardParent(pattern)
    return parent === null ? holders : [...holders, this.#below.get(parent) ?? null]
  }
}

function remember(map: Map<string, Connector>, key: string, connector: Connector): void {
  if (!map.has(key)) map.set(key, connector)
}

/** Domains above the pattern's own: `a.b.c` and `*.b.c` both lie below `b.c` and `c`. */
function ancestors(pattern: string): string[] {
  const labels = pattern.split('.')
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join('.'))
}
