import type { Transport } from '../evidence/evidence'
import type { Day } from '../time'
import type { Build } from './build'
import { compareBuilds } from './build'
import { branchNumber, cuNumber, versionNumber } from './branch'
import type { CatalogueData } from './catalogue-data'
import { listedBuild } from './catalogue-data'
import { indexHeaderIds } from './header-id'
import { lastUpTo } from './ordered'
import type { Branch, ListedBuild, Product, SecurityUpdate } from './product'
import { indexProducts } from './product'
import type { Reading } from './reading'
import type { VulnerabilityIndex } from './vulnerability'
import { indexVulnerabilities } from './vulnerability'

/** The build table with its indexes. Look-ups take O(log n). */
export interface Catalogue {
  readonly asOf: Day
  /** Oldest first. */
  readonly products: readonly Product[]
  /** From this major.minor on, versions are Exchange Online's (E4). */
  readonly onlineFrom: { readonly major: number; readonly minor: number }
  readonly builds: readonly ListedBuild[]
  readonly vulnerabilities: VulnerabilityIndex
  productOf(build: Build): Product | null
  branchOf(build: Build): Branch | null
  /** The highest listed build of its branch that is not above it (V1). */
  roundDown(build: Build): ListedBuild | null
  /** What an id of that kind of hop counts as (V1). */
  translate(id: Build, transport: Transport): Build
  /** Security updates of a product that came out after `since` (`null`: ever) and not after `day`, oldest first. */
  updatesAfter(product: Product, since: Day | null, day: Day): readonly SecurityUpdate[]
  read(id: Build, transport: Transport): Reading
  /** Newer than the newest product, or at most as new? */
  isBeyondProducts(build: Build): boolean
}

/** Where a product's builds begin: major.minor, and the branch from which two of one major.minor are told apart. */
interface ProductStart {
  readonly version: number
  readonly from: Build
  readonly product: Product
}

/** Builds the indexes once, so that a verdict needs only look-ups. `data` must have passed the validator. */
export function indexCatalogue(data: CatalogueData): Catalogue {
  const products = indexProducts(data)
  const all = products.flatMap((product) => product.builds)
  all.sort((a, b) => compareBuilds(a.build, b.build))
  const branches = products.flatMap((product) => product.branches)
  branches.sort((a, b) => a.number - b.number)
  const starts = productStarts(data, products)
  const newestVersion = Math.max(...starts.map((start) => start.version))
  const headerIds = indexHeaderIds(data, branches)

  const productOf = (build: Build): Product | null => {
    const version = versionNumber(build)
    const at = lastUpTo(starts, (start) => start.version - version || compareBuilds(start.from, build))
    const start = starts[at]
    return start?.version === version ? start.product : null
  }
  const branchOf = (build: Build): Branch | null => {
    const number = branchNumber(build)
    const branch = branches[lastUpTo(branches, (candidate) => candidate.number - number)]
    return branch?.number === number ? branch : null
  }
  const roundDown = (build: Build): ListedBuild | null => {
    const own = branchOf(build)?.builds ?? []
    return own[lastUpTo(own, (row) => compareBuilds(row.build, build))] ?? null
  }
  const isBeyondProducts = (build: Build): boolean => versionNumber(build) > newestVersion
  const read = (id: Build, transport: Transport): Reading => {
    const build = headerIds.translate(id, transport)
    const product = productOf(build)
    const branch = branchOf(build)
    // File versions of a release begin a little below its published build: such an id is the release itself.
    const row =
      roundDown(build) ?? (branch && cuNumber(branch.base.build) === cuNumber(build) ? branch.base : null)
    const highest = product?.builds.at(-1)
    const newer = highest
      ? compareBuilds(build, highest.build) > 0
      : product === null && isBeyondProducts(build)
    const atMost = headerIds.atMost(id, build, transport)
    return {
      asked: id,
      build,
      product,
      branch,
      listed: row,
      newer,
      atMost,
      current: {
        atLeast: (row ?? branch?.base ?? precedingBase(branches, build, product))?.released ?? null,
        // A number in no branch we know may bring anything: only its place among the branches is certain.
        atMost: newer || branch === null ? null : (roundDown(atMost) ?? branch.base).released,
      },
    }
  }
  return {
    asOf: data.as_of,
    products,
    onlineFrom: onlineFromOf(data),
    builds: all,
    vulnerabilities: indexVulnerabilities(data.cves, branches),
    productOf,
    branchOf,
    roundDown,
    translate: headerIds.translate,
    updatesAfter: (product, since, day) => {
      const updates = product.securityUpdates
      const begin = since === null ? 0 : lastUpTo(updates, (update) => (update.released <= since ? 0 : 1)) + 1
      const end = lastUpTo(updates, (update) => (update.released <= day ? 0 : 1)) + 1
      return updates.slice(begin, Math.max(begin, end))
    },
    read,
    isBeyondProducts,
  }
}

function onlineFromOf(data: CatalogueData): { major: number; minor: number } {
  const versions = data.header_rules.exchange_online_major_minor.map((text) => listedBuild(`${text}.0`))
  const { major, minor } = versions.sort(compareBuilds)[0] ?? { major: 15, minor: 20 }
  return { major, minor }
}

function precedingBase(
  branches: readonly Branch[],
  build: Build,
  product: Product | null,
): ListedBuild | undefined {
  const branch = branches[lastUpTo(branches, (candidate) => candidate.number - branchNumber(build))]
  return branch?.product === product ? branch?.base : undefined
}

function productStarts(data: CatalogueData, products: readonly Product[]): ProductStart[] {
  const starts = data.products.flatMap((entry, index) => {
    const product = products[index]
    if (!product) return []
    return entry.major_minors.map((text) => {
      const zero = listedBuild(`${text}.0`)
      const shared = data.products.some(
        (other, place) => place < index && other.major_minors.some((theirs) => theirs === text),
      )
      // The first product of a major.minor also owns the previews below its `build_from`.
      const from = shared && entry.build_from ? listedBuild(entry.build_from) : zero
      return { version: versionNumber(zero), from, product }
    })
  })
  return starts.sort((a, b) => a.version - b.version || compareBuilds(a.from, b.from))
}
