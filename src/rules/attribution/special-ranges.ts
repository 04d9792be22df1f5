import { addressBits, type CidrRange } from './address'

/**
 * What a range of the special-purpose registries means for a connector. `unusable`: no session ever comes from there;
 * `documentation`: only examples have it; `private` and `loopback`: from one's own network or host alone.
 */
export type SpecialUse = 'unusable' | 'documentation' | 'private' | 'loopback'

function v4(a: number, b: number, c: number, prefix: number): CidrRange {
  return { family: 4, value: (BigInt(a) << 24n) | (BigInt(b) << 16n) | (BigInt(c) << 8n), prefix }
}

/** The first 64 bits. */
function v6(high: bigint, prefix: number): CidrRange {
  return { family: 6, value: high << 64n, prefix }
}

/** RFC 6890 and its successors; addresses of translators and tunnels are left out, since mail may come from them. */
const specialRanges: readonly (readonly [use: SpecialUse, range: CidrRange])[] = [
  ['unusable', v4(0, 0, 0, 8)],
  ['private', v4(10, 0, 0, 8)],
  ['private', v4(100, 64, 0, 10)],
  ['loopback', v4(127, 0, 0, 8)],
  ['private', v4(169, 254, 0, 16)],
  ['private', v4(172, 16, 0, 12)],
  ['documentation', v4(192, 0, 2, 24)],
  ['private', v4(192, 168, 0, 16)],
  ['unusable', v4(198, 18, 0, 15)],
  ['documentation', v4(198, 51, 100, 24)],
  ['documentation', v4(203, 0, 113, 24)],
  ['unusable', v4(224, 0, 0, 4)],
  ['unusable', v4(240, 0, 0, 4)],
  ['unusable', { family: 6, value: 0n, prefix: 128 }],
  ['loopback', { family: 6, value: 1n, prefix: 128 }],
  ['unusable', v6(0x0100_0000_0000_0000n, 64)],
  ['documentation', v6(0x2001_0db8_0000_0000n, 32)],
  ['documentation', v6(0x3fff_0000_0000_0000n, 20)],
  ['private', v6(0xfc00_0000_0000_0000n, 7)],
  ['private', v6(0xfe80_0000_0000_0000n, 10)],
  ['unusable', v6(0xff00_0000_0000_0000n, 8)],
]

/** `null`: at least a part of the range is of the public internet. */
export function specialUseOf(range: CidrRange): SpecialUse | null {
  return specialRanges.find(([, outer]) => liesWithin(range, outer))?.[0] ?? null
}

/** Whether every address of `inner` belongs to `outer`. */
export function liesWithin(inner: CidrRange, outer: CidrRange): boolean {
  if (inner.family !== outer.family || inner.prefix < outer.prefix) return false
  const free = BigInt(addressBits[outer.family] - outer.prefix)
  return inner.value >> free === outer.value >> free
}

/** The first address behind the range, as a number. */
export function endOf({ family, value, prefix }: CidrRange): bigint {
  return value + (1n << BigInt(addressBits[family] - prefix))
}
