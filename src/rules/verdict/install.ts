import type { Day } from '../time'
import { compareBuilds } from './build'
import type { Catalogue } from './catalogue'
import type { Reading } from './reading'
import type { Branch, ListedBuild, Product } from './product'
import { lastSupportedDay } from './support'

/** Who asks for advice, and when: knowledge of later days is not used. */
export interface Owner {
  readonly day: Day
  readonly esu: boolean
}

/**
 * The newest build to install (V5): of the same branch where that still gets updates, else of the newest branch; where
 * no build of the product that the owner can get would do, the newest build of the newest product in support.
 */
export function recommend(
  reading: Reading,
  owner: Owner,
  catalogue: Catalogue,
  isAcceptable: (candidate: ListedBuild) => boolean,
): ListedBuild | null {
  const { product, branch } = reading
  if (product === null) return null
  const own = branch && getsUpdates(branch, owner) ? newestOf(branch.builds, owner) : null
  for (const candidate of [own, newestOf(product.builds, owner)]) {
    if (candidate && compareBuilds(candidate.build, reading.build) > 0 && isAcceptable(candidate))
      return candidate
  }
  const later = catalogue.products.slice(catalogue.products.indexOf(product) + 1)
  const successor = later.findLast((candidate) => isSupported(candidate, owner))
  return successor ? newestOf(successor.builds, owner) : null
}

/** By name and KB: `Exchange Server 2019 CU15 Oct25SU (KB5066367)`. */
export function installName(row: ListedBuild): string {
  return row.kb === null ? row.name : `${row.name} (${row.kb})`
}

function isSupported(product: Product, owner: Owner): boolean {
  const end = lastSupportedDay(product, false)
  return product.released <= owner.day && (end === null || owner.day <= end)
}

export function isAvailable(row: ListedBuild, owner: Owner): boolean {
  return row.released <= owner.day && !row.recalled && row.kind !== 'Preview' && (owner.esu || !row.esu)
}

function newestOf(rows: readonly ListedBuild[], owner: Owner): ListedBuild | null {
  return rows.findLast((row) => isAvailable(row, owner)) ?? null
}

/** A branch gets updates as long as it has the last update that any branch got. */
function getsUpdates(branch: Branch, owner: Owner): boolean {
  const newest = newestOf(branch.builds, owner)
  const last = branch.product.builds.findLast((row) => isUpdate(row) && isAvailable(row, owner))
  return newest !== null && (last === undefined || newest.released >= last.released)
}

function isUpdate(row: ListedBuild): boolean {
  return row.kind === 'SU' || row.kind === 'HU' || row.kind === 'RU'
}
