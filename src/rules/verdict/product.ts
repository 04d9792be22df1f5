import type { Day } from '../time'
import type { Build } from './build'
import { compareBuilds } from './build'
import { branchNumber } from './branch'
import type { BuildData, CatalogueData, Precision, ReleaseKind } from './catalogue-data'
import { listedBuild } from './catalogue-data'

/** One release of the build table. */
export interface ListedBuild {
  readonly build: Build
  readonly product: Product
  readonly kind: ReleaseKind
  readonly released: Day
  /** `Exchange Server 2016 CU23 Nov23SU`. */
  readonly name: string
  readonly kb: string | null
  readonly recalled: boolean
  /** Only for those who pay for Extended Security Updates. */
  readonly esu: boolean
  /** Brings all security updates before it. */
  readonly cumulative: boolean
}

/** A cumulative update (before Exchange 2013: a service pack) with its updates, oldest first. */
export interface Branch {
  readonly number: number
  readonly product: Product
  readonly base: ListedBuild
  readonly builds: readonly ListedBuild[]
}

/** A security update by the name that all branches share, and the first day on which one of them got it. */
export interface SecurityUpdate {
  readonly name: string
  readonly released: Day
}

export interface Product {
  readonly id: string
  readonly name: string
  readonly released: Day
  /** Last day of free security updates; where that is not known, the successor's. `null`: none set. */
  readonly supportEnd: Day | null
  readonly esuEnd: Day | null
  /** Never passes under `microsoft`, once in scope. */
  readonly neverPasses: boolean
  /** From which day Exchange Online enforced it. */
  readonly scopeFrom: Day | null
  /** Exchange Online's floors, the set that took effect last at the end. */
  readonly floorSets: readonly FloorSet[]
  readonly branches: readonly Branch[]
  /** In rising order of build. */
  readonly builds: readonly ListedBuild[]
  /** In order of release. */
  readonly securityUpdates: readonly SecurityUpdate[]
}

export interface FloorSet {
  readonly effective: Day
  readonly precision: Precision
  /** Rising. */
  readonly floors: readonly Build[]
  readonly note: string
}

/** The products with their releases, oldest first. */
export function indexProducts(data: CatalogueData): Product[] {
  const builds = new Map<string, ListedBuild[]>()
  const fixes = fixBuilds(data)
  return data.products.map((entry): Product => {
    const own = builds.get(entry.id) ?? []
    builds.set(entry.id, own)
    const product: Product = {
      id: entry.id,
      name: entry.name,
      released: entry.released,
      supportEnd: supportEndOf(data, entry.id),
      esuEnd: entry.esu_end,
      neverPasses: data.never_pass.includes(entry.id),
      scopeFrom: data.scope.find((scope) => scope.product === entry.id)?.from ?? null,
      floorSets: floorSetsOf(data, entry.id),
      branches: [],
      builds: own,
      securityUpdates: securityUpdatesOf(data.builds, entry.id, fixes),
    }
    for (const row of data.builds) if (row.product === entry.id) own.push(listed(row, product))
    own.sort((a, b) => compareBuilds(a.build, b.build))
    return Object.assign(product, { branches: branchesOf(product) })
  })
}

function listed(row: BuildData, product: Product): ListedBuild {
  return {
    build: listedBuild(row.build),
    product,
    kind: row.kind,
    released: row.released,
    name: [product.name, row.release, row.update].filter((part) => part !== null).join(' '),
    kb: row.kb ?? null,
    recalled: row.recalled ?? false,
    esu: product.esuEnd !== null && product.supportEnd !== null && row.released > product.supportEnd,
    cumulative: row.cumulative ?? true,
  }
}

function branchesOf(product: Product): Branch[] {
  const groups = new Map<number, [ListedBuild, ...ListedBuild[]]>()
  for (const row of product.builds) {
    const number = branchNumber(row.build)
    const group = groups.get(number)
    if (group) group.push(row)
    else groups.set(number, [row])
  }
  return [...groups].map(([number, builds]) => ({ number, product, base: builds[0], builds }))
}

/** A product whose end of support is not known had it no later than its successor. */
function supportEndOf(data: CatalogueData, id: string): Day | null {
  let next: string | null = id
  for (let steps = 0; steps < data.products.length; steps++) {
    const entry = data.products.find((product) => product.id === next)
    if (!entry) return null
    if (entry.extended_end !== null) return entry.extended_end
    next = entry.successor
  }
  return null
}

function floorSetsOf(data: CatalogueData, id: string): FloorSet[] {
  return data.floors
    .filter((set) => set.product === id)
    .map((set) => ({
      effective: set.effective,
      precision: set.precision,
      floors: set.builds.map(listedBuild).sort(compareBuilds),
      note: set.note,
    }))
    .sort((a, b) => (a.effective < b.effective ? -1 : 1))
}

function fixBuilds(data: CatalogueData): ReadonlySet<string> {
  return new Set(
    data.cves.flatMap((cve) => [...Object.values(cve.fixed_in), ...Object.values(cve.fixed_from)]),
  )
}

/** Security updates are those so named, and rollups of old products that fix a listed vulnerability. */
function securityUpdatesOf(
  rows: readonly BuildData[],
  product: string,
  fixes: ReadonlySet<string>,
): SecurityUpdate[] {
  const byName = new Map<string, Day>()
  for (const row of rows) {
    if (row.product !== product || row.update === null || row.recalled) continue
    const rollup = row.kind === 'RU' && fixes.has(row.build)
    if (row.kind !== 'SU' && !rollup) continue
    const name = rollup ? `${row.release} ${row.update}` : row.update
    const known = byName.get(name)
    if (known === undefined || row.released < known) byName.set(name, row.released)
  }
  const updates = [...byName].map(([name, released]) => ({ name, released }))
  return updates.sort((a, b) => (a.released < b.released ? -1 : a.released > b.released ? 1 : 0))
}
