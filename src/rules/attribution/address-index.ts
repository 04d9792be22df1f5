import { formatCidr } from './address'
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
  readonly words: readonly number[]
  /** Another range of the level whose key is the same by chance. */
  readonly next: GrowingEntry | null
  readonly connectors: Connector[]
  readonly anySender: Connector[]
  readonly bySender: SenderPatterns<Connector>
}

/**
 * The ranges of one prefix length, by a 32-bit key: small integers are the fastest keys. Most look-ups find nothing; the filter,
 * two bytes for each range, answers those from the processor's cache, which a table of 100,000 ranges would not fit in.
 */
class Level {
  readonly prefix: number
  readonly #entries = new Map<number, GrowingEntry>()
  #filter = new Uint32Array(1)

  constructor(prefix: number) {
    this.prefix = prefix
  }

  find(words: readonly number[]): GrowingEntry | null {
    const key = keyOf(words, this.prefix)
    if ((((this.#filter[this.#slot(key)] ?? 0) >>> (key & 31)) & 1) === 0) return null
    let entry = this.#entries.get(key) ?? null
    while (entry !== null && !sameNetwork(entry.words, words, this.prefix)) entry = entry.next
    return entry
  }

  /** A range that is not here yet. */
  add(range: CidrRange, words: readonly number[]): GrowingEntry {
    const key = keyOf(words, this.prefix)
    const entry: GrowingEntry = {
      range,
      text: formatCidr(range),
      connectors: [],
      anySender: [],
      bySender: new SenderPatterns(),
      words,
      next: this.#entries.get(key) ?? null,
    }
    this.#entries.set(key, entry)
    if (this.#entries.size * 2 > this.#filter.length * 4) {
      this.#filter = new Uint32Array(this.#filter.length * 2)
      for (const known of this.#entries.keys()) this.#mark(known)
    } else this.#mark(key)
    return entry
  }

  #mark(key: number): void {
    const slot = this.#slot(key)
    this.#filter[slot] = (this.#filter[slot] ?? 0) | (1 << (key & 31))
  }

  #slot(key: number): number {
    return (key >>> 5) & (this.#filter.length - 1)
  }
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
    const words = wordsOf(address)
    for (const level of this.#levels[address.family]) {
      const entry = level.find(words)
      if (entry !== null) yield entry
    }
  }

  #entry(range: CidrRange): GrowingEntry {
    const levels = this.#levels[range.family]
    let level = levels.find(({ prefix }) => prefix === range.prefix)
    if (level === undefined) {
      level = new Level(range.prefix)
      levels.push(level)
      levels.sort((one, other) => other.prefix - one.prefix)
    }
    const words = wordsOf(range)
    return level.find(words) ?? level.add(range, words)
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

/** The address in signed 32-bit words, the first bits first. */
function wordsOf({ family, value }: Address): number[] {
  if (family === 4) return [Number(value) | 0]
  const [high, low] = [value >> 64n, value & 0xffff_ffff_ffff_ffffn]
  return [high >> 32n, high & 0xffff_ffffn, low >> 32n, low & 0xffff_ffffn].map((word) => Number(word) | 0)
}

function networkBits(word: number, bits: number): number {
  if (bits >= 32) return word
  return bits <= 0 ? 0 : word & (-1 << (32 - bits))
}

function keyOf(words: readonly number[], prefix: number): number {
  let key = 0
  let bits = prefix
  for (const word of words) {
    key = Math.imul(key ^ networkBits(word, bits), 0x9e3779b1)
    key ^= key >>> 15
    bits -= 32
  }
  return key
}

function sameNetwork(one: readonly number[], other: readonly number[], prefix: number): boolean {
  return one.every((word, index) => networkBits(word ^ (other[index] ?? 0), prefix - 32 * index) === 0)
}
