import { compareBuilds, type Build } from './build'
import type { Catalogue } from './catalogue'
import { isAvailable, type Owner } from './install'
import { isAcceptable } from './judge'
import type { Policy } from './policy'
import type { Product } from './product'

/**
 * From which releases on a product passes: the lowest of each branch that does, oldest first. A branch that passes from
 * its first release on is left out where an earlier one is named, since what holds for that holds for later ones (V3).
 * Empty: none passes.
 */
export function acceptedBuilds(
  product: Product,
  owner: Owner,
  policy: Policy,
  catalogue: Catalogue,
): readonly Build[] {
  const accepted: Build[] = []
  for (const { base, builds } of product.branches) {
    const lowest = builds.find(
      (row) => isAvailable(row, owner) && isAcceptable(row, owner, policy, catalogue),
    )
    if (!lowest) continue
    const isCovered = accepted.length > 0 && compareBuilds(lowest.build, base.build) === 0
    if (!isCovered) accepted.push(lowest.build)
  }
  return accepted
}
