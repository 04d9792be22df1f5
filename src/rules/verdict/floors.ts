import type { Day } from '../time'
import type { Build } from './build'
import { compareBuilds, formatBuild } from './build'
import { branchNumber, versionNumber } from './branch'
import type { Catalogue } from './catalogue'
import type { Reading } from './reading'
import { lastUpTo } from './ordered'
import type { Policy } from './policy'
import type { FloorSet, Product } from './product'
import type { Ruling } from './ruling'
import { subject } from './ruling'

type Custom = Extract<Policy, { preset: 'custom' }>

/** Exchange Online's own rule: products that never pass, and the floors in force on `day` (V2). */
export function byPublishedFloors(reading: Reading, day: Day): Ruling {
  const { product } = reading
  if (product === null) return noFloor('products newer than the catalogue')
  if (product.neverPasses) {
    const because = `${product.name} never passes under the policy microsoft`
    return { status: 'outdated', reason: 'end-of-life', floor: null, because }
  }
  const set = floorSetOn(product, day)
  if (!set) return noFloor(product.name)
  return byFloors(reading, set.floors, `in force since ${set.effective}`)
}

/** The operator's floors; a product older than every product that has one is behind (V2). */
export function byOwnFloors(reading: Reading, policy: Custom, catalogue: Catalogue): Ruling {
  const floors = [...policy.floors].sort(compareBuilds)
  const own = floors.filter((floor) => belongsTogether(floor, reading, catalogue))
  if (own.length > 0) return byFloors(reading, own, 'set by the operator')
  const lowest = floors[0]
  const name = reading.product?.name ?? 'products newer than the catalogue'
  if (!lowest || compareBuilds(reading.build, lowest) >= 0) return noFloor(name)
  const because = `${name} is older than every product with a floor; the lowest floor is ${formatBuild(lowest)}`
  return { status: 'outdated', reason: 'behind', floor: lowest, because }
}

/** The set of floors of a product in force on `day`. */
export function floorSetOn(product: Product, day: Day): FloorSet | null {
  const sets = product.floorSets
  return sets[lastUpTo(sets, (set) => (set.effective <= day ? 0 : 1))] ?? null
}

/** A floor holds for its branch and for all later ones of the product (V3). `floors` rise and are not empty. */
function byFloors(reading: Reading, floors: readonly Build[], origin: string): Ruling {
  const branch = branchNumber(reading.build)
  const applicable = floors[lastUpTo(floors, (floor) => branchNumber(floor) - branch)]
  if (applicable && compareBuilds(reading.build, applicable) >= 0) {
    const because = `${subject(reading)} is not below the floor ${formatBuild(applicable)} ${origin}`
    return { status: 'compliant', reason: 'at-or-above-floor', floor: applicable, because }
  }
  const floor = applicable ?? floors[0] ?? null
  if (applicable && compareBuilds(reading.atMost, applicable) >= 0) {
    const because = `an SMTP id of ${subject(reading)} does not show whether the floor ${formatBuild(applicable)} ${origin} is reached`
    return { status: 'undetermined', reason: 'cannot-tell', floor, because }
  }
  const text = floor === null ? 'every floor' : `the floor ${formatBuild(floor)}`
  const because = `${subject(reading)} is below ${text} ${origin}`
  return { status: 'outdated', reason: 'behind', floor, because }
}

/** Whether the floor is one of the product that the build belongs to; products not known are told apart by version. */
function belongsTogether(floor: Build, reading: Reading, catalogue: Catalogue): boolean {
  const product = catalogue.productOf(floor)
  if (product || reading.product) return product === reading.product
  return versionNumber(floor) === versionNumber(reading.build)
}

function noFloor(name: string): Ruling {
  const because = `no floor is in force for ${name}`
  return { status: 'compliant', reason: 'no-floor', floor: null, because }
}
