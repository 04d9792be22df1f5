import { addressBits, formatCidr } from './address'
import type { Address, CidrRange } from './address'
import type { Connector } from './connector'
import { SenderPatterns } from './sender-patterns'

/** All connectors that list one and the same range. */
export interface RangeEntry {
  readonly range: CidrRange
  readonly text: string
  /** In the order of the file, each once. */
  readonly connectors: readonly Connector[]
}

interface GrowingEntry extends RangeEntry {
  readonly connectors: Connector[]
  readonly anySender: Connector[]
  readonly bySender: SenderPatterns<Connector>
}

/** The ranges of one prefix length. An IPv4 key is a number, an IPv6 key a bigint: the former is much faster. */
interface Level {
  readonly prefix: number
  readonly entries: Map<number | bigint, GrowingEntry>
}

/** Ranges by family and prefix length: a look-up costs one step for each prefix length present, however many ranges there are. */
export class AddressIndex {
  readonly #levels: Record<Address['family'], Level[]> = { 4: [], 6: [] }

  add(connector: Connector): void {
    for (const range of connector.addresses) {
      const entry = this.#entry(range)
      if (entry.connectors.includes(connector)) continue
      entry.connectors.push(connector)
      if (connector.senderDomains.length === 0) entry.anySender.push(connector)
      for (const pattern of connector.senderDomains) entry.bySender.add(pattern, connector)
    }
  }

  /** Entries whose range contains the address, the longest prefix first. */
  *containing(address: Address): Generator<GrowingEntry, void, undefined> {
    for (const level of this.#levels[address.family]) {
      const entry = level.entries.get(keyOf(address, level.prefix))
      if (entry !== undefined) yield entry
    }
  }

  #entry(range: CidrRange): GrowingEntry {
    const levels = this.#levels[range.family]
    let level = levels.find(({ prefix }) => prefix === range.prefix)
    if (level === undefined) {
      level = { prefix: range.prefix, entries: new Map() }
      levels.push(level)
      levels.sort((one, other) => other.prefix - one.prefix)
    }
    const key = keyOf(range, range.prefix)
    let entry = level.entries.get(key)
    if (entry === undefined) {
      entry = {
        range,
        text: formatCidr(range),
        connectors: [],
        anySender: [],
        bySender: new SenderPatterns(),
      }
      level.entries.set(key, entry)
    }
    return entry
  }
}

/** A2: connectors of the entry that take mail of this sender. The null sender `''` passes on the address alone. */
export function connectorsForSender(
  entry: RangeEntry & Pick<GrowingEntry, 'anySender' | 'bySender'>,
  senderDomain: string,
): readonly Connector[] {
  if (senderDomain === '' || entry.anySender.length === entry.connectors.length) return entry.connectors
  const listed = entry.bySender.holdersOf(senderDomain)
  return listed.size === 0 ? entry.anySender : [...entry.anySender, ...listed]
}

function keyOf({ family, value }: Address, prefix: number): number | bigint {
  if (family === 6) return value >> BigInt(addressBits[6] - prefix)
  return prefix === 0 ? 0 : Number(value) >>> (addressBits[4] - prefix)
}
