/** An IP address as a number. IPv4-mapped IPv6 is IPv4 before it comes here. */
export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/** A network: all addresses that share the first `prefix` bits of `value`. */
export interface CidrRange extends Address {
  readonly prefix: number
}

export const addressBits = { 4: 32, 6: 128 } as const

/** `192.0.2.1`, or IPv6 as RFC 5952 writes it. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) {
    const number = Number(value)
    return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.')
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  )
  const zeros = longestZeroRun(groups)
  if (zeros === null) return groups.join(':')
  return `${groups.slice(0, zeros.from).join(':')}::${groups.slice(zeros.until).join(':')}`
}

/** `192.0.2.0/24`; always with the prefix, also for a single address. */
export function formatCidr(range: CidrRange): string {
  return `${formatAddress(range)}/${range.prefix}`
}

function longestZeroRun(groups: readonly string[]): { from: number; until: number } | null {
  let best: { from: number; until: number } | null = null
  let from = 0
  for (let until = 1; until <= groups.length; until++) {
    if (groups[until - 1] !== '0') from = until
    else if (until - from > (best === null ? 1 : best.until - best.from)) best = { from, until }
  }
  return best
}
