import type { Day } from '../time'
import { compareBuilds, type Build } from './build'
import { branchNumber } from './branch'
import type {
  BuildData,
  CatalogueData,
  CveData,
  FloorSetData,
  ProductData,
  ScopeData,
} from './catalogue-data'
import { listedBuild } from './catalogue-data'

/** How the rows of one part differ; rows are told apart by what names them. */
export interface RowChanges<R> {
  readonly added: readonly R[]
  readonly removed: readonly R[]
  readonly changed: readonly RowChange<R>[]
}

export interface RowChange<R> {
  readonly before: R
  readonly after: R
  /** Names of the fields that differ. */
  readonly fields: readonly string[]
}

/** What a catalogue says otherwise than another. */
export interface CatalogueChanges {
  readonly asOf: { readonly before: Day; readonly after: Day }
  readonly products: RowChanges<ProductData>
  readonly builds: RowChanges<BuildData>
  readonly floors: RowChanges<FloorSetData>
  readonly scope: RowChanges<ScopeData>
  readonly cves: RowChanges<CveData>
  readonly neverPass: { readonly added: readonly string[]; readonly removed: readonly string[] }
  /** Further parts that differ, by their key in the file. */
  readonly others: readonly string[]
  /** Whether nothing differs at all. */
  readonly isEmpty: boolean
}

const otherParts = ['sources', 'header_rules', 'header_aliases', 'smtpsvc_os', 'disputed'] as const

export function compareCatalogues(before: CatalogueData, after: CatalogueData): CatalogueChanges {
  const rows = {
    products: compareRows(before.products, after.products, ({ id }) => id),
    builds: compareRows(before.builds, after.builds, ({ build }) => build),
    floors: compareRows(before.floors, after.floors, ({ product, effective }) => `${product} ${effective}`),
    scope: compareRows(before.scope, after.scope, ({ product }) => product),
    cves: compareRows(before.cves, after.cves, ({ id }) => id),
  }
  const neverPass = {
    added: after.never_pass.filter((id) => !before.never_pass.includes(id)),
    removed: before.never_pass.filter((id) => !after.never_pass.includes(id)),
  }
  const others = otherParts.filter((part) => !isSame(before[part], after[part]))
  const counts = Object.values(rows).map(
    ({ added, removed, changed }) => added.length + removed.length + changed.length,
  )
  const isEmpty =
    before.as_of === after.as_of &&
    counts.every((count) => count === 0) &&
    neverPass.added.length + neverPass.removed.length + others.length === 0
  return { asOf: { before: before.as_of, after: after.as_of }, ...rows, neverPass, others, isEmpty }
}

function compareRows<R extends object>(
  before: readonly R[],
  after: readonly R[],
  nameOf: (row: R) => string,
): RowChanges<R> {
  const old = new Map(before.map((row) => [nameOf(row), row]))
  const names = new Set(after.map(nameOf))
  const changed = after.flatMap((row): RowChange<R> | [] => {
    const was = old.get(nameOf(row))
    const fields = was === undefined ? [] : differingFields(was, row)
    return was === undefined || fields.length === 0 ? [] : { before: was, after: row, fields }
  })
  return {
    added: after.filter((row) => !old.has(nameOf(row))),
    removed: before.filter((row) => !names.has(nameOf(row))),
    changed,
  }
}

function differingFields(before: object, after: object): readonly string[] {
  const old = new Map(Object.entries(before))
  const now = new Map(Object.entries(after))
  return [...new Set([...old.keys(), ...now.keys()])].filter((key) => !isSame(old.get(key), now.get(key)))
}

/** As JSON means it: the order of names in an object says nothing. */
function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other)
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? ''
  )
}

/** Why the newer catalogue knows less than the older; one sentence each, empty where it does not. */
export function stepsBack({ asOf, ...changes }: CatalogueChanges): readonly string[] {
  const { products, builds, floors, scope, cves, neverPass } = changes
  const lowered = floors.changed.filter(({ before, after }) => isLower(before.builds, after.builds))
  const forgiven = cves.changed.filter(({ before, after }) => before.kev && !after.kev)
  return [
    ...(asOf.after < asOf.before ? [`it is older: as of ${asOf.after}, not ${asOf.before}`] : []),
    ...gone(
      'products',
      products.removed.map(({ id }) => id),
    ),
    ...gone(
      'builds',
      builds.removed.map(({ build }) => build),
    ),
    ...gone('floors', floors.removed.map(floorName)),
    ...gone(
      'heights of floors',
      lowered.map(({ before }) => floorName(before)),
    ),
    ...gone('products that never pass', neverPass.removed),
    ...gone(
      'products in scope',
      scope.removed.map(({ product }) => product),
    ),
    ...gone(
      'vulnerabilities',
      cves.removed.map(({ id }) => id),
    ),
    ...gone(
      'marks of known exploitation',
      forgiven.map(({ before }) => before.id),
    ),
  ]
}

const shown = 5

function gone(what: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return []
  const more = names.length > shown ? ` (and ${names.length - shown} more)` : ''
  return [`${what} are gone: ${names.slice(0, shown).join(', ')}${more}`]
}

export function floorName({ product, effective }: FloorSetData): string {
  return `${product} from ${effective}`
}

/** Whether some build passes that did not: a floor holds for its branch and for later ones, until the next (V3). */
function isLower(before: readonly string[], after: readonly string[]): boolean {
  const [old, now] = [before, after].map((texts) => texts.map(listedBuild).sort(compareBuilds))
  return [...(old ?? []), ...(now ?? [])].some((build) => {
    const holds = (floors: readonly Build[] = []): Build | null =>
      floors.findLast((floor) => branchNumber(floor) <= branchNumber(build)) ?? null
    const [was, is] = [holds(old), holds(now)]
    return is !== null && (was === null || compareBuilds(is, was) < 0)
  })
}
