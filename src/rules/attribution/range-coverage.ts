import type { CidrRange } from './address'
import type { Connector } from './connector'
import { domainMatches } from './domain'
import { endOf, liesWithin } from './special-ranges'

interface Claim {
  readonly range: CidrRange
  readonly connector: Connector
}

/**
 * Ranges of which no address is ever attributed to their connector, since longer prefixes of other connectors take every one of
 * them, for every sender that it takes (A2, A3).
 */
export function coveredRanges(
  connectors: readonly Connector[],
): ReadonlyMap<Connector, readonly CidrRange[]> {
  const covered = new Map<Connector, CidrRange[]>()
  for (const family of [4, 6] as const) {
    const claims = connectors
      .flatMap((connector) => connector.addresses.map((range): Claim => ({ range, connector })))
      .filter(({ range }) => range.family === family)
      .sort(widerFirst)
    for (const [at, claim] of claims.entries()) {
      if (!isCovered(claim, claims, at)) continue
      const ranges = covered.get(claim.connector)
      if (ranges) ranges.push(claim.range)
      else covered.set(claim.connector, [claim.range])
    }
  }
  return covered
}

function widerFirst(one: Claim, other: Claim): number {
  if (one.range.value !== other.range.value) return one.range.value < other.range.value ? -1 : 1
  return one.range.prefix - other.range.prefix
}

/** What lies within a range stands behind it; each range is within 128 others at most, so all of them cost little. */
function isCovered({ range, connector }: Claim, claims: readonly Claim[], at: number): boolean {
  const end = endOf(range)
  let until = range.value
  for (let next = at + 1; next < claims.length && until < end; next += 1) {
    const inner = claims[next]
    if (inner === undefined || !liesWithin(inner.range, range)) break
    if (inner.range.prefix === range.prefix || inner.connector === connector) continue
    if (!takesAllSendersOf(inner.connector, connector)) continue
    // A gap stays one: no later range begins before this one.
    if (inner.range.value > until) return false
    const innerEnd = endOf(inner.range)
    if (innerEnd > until) until = innerEnd
  }
  return until >= end
}

function takesAllSendersOf(one: Connector, other: Connector): boolean {
  if (one.senderDomains.length === 0) return true
  if (other.senderDomains.length === 0) return false
  return other.senderDomains.every((pattern) => {
    const below = pattern.startsWith('*.') ? pattern.slice(2) : null
    return one.senderDomains.some(
      (mine) => mine === pattern || (mine.startsWith('*.') && domainMatches(mine, below ?? pattern)),
    )
  })
}
