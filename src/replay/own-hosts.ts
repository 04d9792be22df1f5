import { domainMatches } from '../rules/attribution/domain'
import { readHop } from '../rules/evidence/hop'
import { parseReceived, type ReceivedField } from '../rules/evidence/received'
import { peerOf, type Peer } from './peer'

/** Which fields of a stored message are our own: an archive holds it as it was after our servers had taken it in. */
export interface OwnHosts {
  /** Names of the servers that take mail in from outside, `*.` = any depth below; empty: what the fields tell. */
  readonly receivedBy: readonly string[]
  /** What this Haraka calls itself; `null`: not known. */
  readonly me: string | null
  /** The operator's own gateways in front of them (E1). */
  readonly relays: readonly string[]
}

/** The field that our own server wrote when it took the message in from outside. */
export interface Border {
  /** Index into the message's fields. */
  readonly index: number
  /** The host that wrote it. */
  readonly host: string
  readonly peer: Peer
}

/** Fields looked at: no message passes through more hosts of one operator. */
const maxOwnHops = 20

interface OwnHop {
  readonly index: number
  readonly received: ReceivedField
}

/**
 * The border of a message, `null` where it passed none of ours. Where no host is named, the topmost field is ours, since who keeps an
 * archive wrote last, and those below are as far as they follow from it: handed over on the same host, or in the
 * same domain. A field of Exchange is never taken for ours unless it is named: it may be the evidence.
 */
export function findBorder(fields: readonly string[], own: OwnHosts): Border | null {
  const hops = new Hops(fields)
  const named = (patterns: readonly string[]) => (hop: OwnHop) => matches(hop, patterns)
  const isRelay = named(own.relays)
  if (own.receivedBy.length > 0) return lowest(hops, hops.find(named(own.receivedBy)), named(own.receivedBy))
  if (own.me !== null) {
    const at = hops.find(named([own.me]))
    if (at >= 0) return lowest(hops, at, (hop) => matches(hop, [own.me ?? '']) && !isRelay(hop))
  }
  const top = hops.at(0)
  if (!top) return null
  if (isRelay(top)) return lowest(hops, 0, isRelay)
  if (top.received.by === null || isExchange(top)) return null
  const domains = new Set<string>()
  return lowest(hops, 0, (hop, above) => {
    domains.add(domainOf(above.received.by ?? ''))
    return !isRelay(hop) && !isExchange(hop) && isIn(domains, hop.received.by ?? '')
  })
}

/** The Received fields of a message, each taken apart when it is first looked at: mostly the first two. */
class Hops {
  readonly #fields: readonly string[]
  readonly #hops: OwnHop[] = []
  #next = 0

  constructor(fields: readonly string[]) {
    this.#fields = fields
  }

  at(position: number): OwnHop | null {
    while (this.#hops.length <= position && position < maxOwnHops && this.#next < this.#fields.length) {
      const index = this.#next++
      const received = parseReceived(this.#fields[index] ?? '')
      if (received) this.#hops.push({ index, received })
    }
    return this.#hops[position] ?? null
  }

  find(isWanted: (hop: OwnHop) => boolean): number {
    for (let position = 0; ; position++) {
      const hop = this.at(position)
      if (!hop) return -1
      if (isWanted(hop)) return position
    }
  }
}

/** From one of ours down to the last one that follows from it. */
function lowest(hops: Hops, from: number, isOurs: (hop: OwnHop, above: OwnHop) => boolean): Border | null {
  let last = from < 0 ? null : hops.at(from)
  if (!last) return null
  let peer = peerOf(last.received)
  for (let at = from + 1, hop = hops.at(at); hop; hop = hops.at(++at)) {
    // Without `by` it was written above another one of its host: `(qmail 123 invoked from network)`.
    if (hop.received.by === null) continue
    const follows = isHandOver(last.received, peer) && !isExchange(hop)
    if (!isOurs(hop, last) && !follows) break
    last = hop
    peer = peerOf(last.received)
  }
  return { index: last.index, host: last.received.by ?? '', peer }
}

/** From one program of a host to another: what stands below was written by us as well. */
function isHandOver({ from, with: protocol }: ReceivedField, { address, addressText }: Peer): boolean {
  if (/^(?:utf8)?lmtps?a?(?: |$)|^local/i.test(protocol ?? '')) return true
  if (address === null) return from === null || from === 'localhost'
  return addressText.startsWith('127.') || addressText === '::1'
}

function matches({ received: { by } }: OwnHop, patterns: readonly string[]): boolean {
  return by !== null && patterns.some((pattern) => domainMatches(pattern, by))
}

function isExchange({ received }: OwnHop): boolean {
  const { kind } = readHop(received)
  return kind === 'exchange' || kind === 'exchange-online' || kind === 'unreadable'
}

/** The domain that a host lies in: without its first label, as long as more than a public suffix is left. */
function domainOf(host: string): string {
  const parent = host.slice(host.indexOf('.') + 1)
  const labels = parent.split('.')
  const isSuffix = labels.length < 2 || /^(?:ac|co|com|edu|gov|ne|net|or|org)\.[a-z]{2}$/.test(parent)
  return isSuffix ? host : parent
}

function isIn(domains: ReadonlySet<string>, host: string): boolean {
  if (host === 'localhost') return true
  for (const domain of domains) if (host === domain || host.endsWith(`.${domain}`)) return true
  return false
}
