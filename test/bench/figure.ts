/** What a figure must not fall below or exceed. */
export type Limit = { readonly atLeast: number } | { readonly atMost: number }

/** Of several samples: the middle one, and where the middle half of them lies. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly samples: number
}

/** One line of the table. */
export interface Figure {
  readonly group: string
  readonly name: string
  readonly value: Spread
  /** `µs`, `B`; a ratio has none. */
  readonly unit: string
  readonly limit: Limit | null
  /** The absolute figures behind a ratio, or under which conditions it holds. */
  readonly note: string
}

/** `q` between 0 and 1, of values in rising order, linear between two of them. */
function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    samples: sorted.length,
  }
}

/** Sample by sample: what was measured in the same round is compared, so that a slow minute touches both sides. */
export function ratios(ours: readonly number[], base: readonly number[]): number[] {
  return ours.map((value, round) => value / (base[round] ?? Number.NaN))
}

/** By the median; a figure that could not be measured is missed. */
export function isMissed({ value, limit }: Figure): boolean {
  if (limit === null) return false
  return 'atLeast' in limit ? !(value.median >= limit.atLeast) : !(value.median <= limit.atMost)
}

/** Whether the middle half of the samples lies on both sides of the limit: then one more run may judge otherwise. */
export function isClose({ value, limit }: Figure): boolean {
  if (limit === null) return false
  const bound = 'atLeast' in limit ? limit.atLeast : limit.atMost
  return value.low < bound && bound < value.high
}
