import type { Day } from '../time'
import type { Build } from './build'
import { parseBuild } from './build'

/**
 * What a catalogue file holds, as written in it: builds are texts, days `YYYY-MM-DD`. The validator in `src/config`
 * makes sure of the shape and that names refer to something; `indexCatalogue` relies on both.
 */
export interface CatalogueData {
  readonly schema: 1
  /** Date of the newest source. */
  readonly as_of: Day
  readonly sources: readonly SourceData[]
  /** Oldest first. */
  readonly products: readonly ProductData[]
  /** Products that never pass under the policy `microsoft`, once in scope. */
  readonly never_pass: readonly string[]
  readonly scope: readonly ScopeData[]
  readonly floors: readonly FloorSetData[]
  readonly header_rules: HeaderRulesData
  readonly header_aliases: readonly AliasData[]
  readonly smtpsvc_os: readonly { readonly id_prefix: string; readonly os: string }[]
  /** In rising order of build. */
  readonly builds: readonly BuildData[]
  readonly cves: readonly CveData[]
  readonly disputed: readonly DisputedData[]
}

export interface SourceData {
  readonly code: string
  readonly name: string
  readonly repo?: string | undefined
  readonly path?: string | undefined
  readonly commit?: string | null | undefined
  readonly url?: string | undefined
  readonly date: Day
}

export interface ProductData {
  readonly id: string
  readonly name: string
  readonly major_minor: string
  readonly major_minors: readonly string[]
  /** Where products share a major.minor: from this branch on … */
  readonly build_from?: string | null | undefined
  /** … and below this one. */
  readonly build_before?: string | null | undefined
  readonly released: Day
  readonly lifecycle_start?: Day | undefined
  readonly mainstream_end: Day | null
  /** Last day of free security updates; `null`: not known, or none set. */
  readonly extended_end: Day | null
  readonly supported_until_at_least?: Day | undefined
  /** Last day of paid Extended Security Updates. */
  readonly esu_end: Day | null
  readonly esu_periods?: readonly { readonly from: Day; readonly to: Day }[] | undefined
  readonly successor: string | null
  readonly service_packs?: readonly { readonly release: string; readonly support_end: Day }[] | undefined
  readonly note?: string | undefined
  readonly src: readonly string[]
}

/** From which day Exchange Online enforced a product at all. */
export interface ScopeData {
  readonly product: string
  readonly from: Day
  readonly precision: Precision
  readonly source: string
  readonly note?: string | undefined
}

/** Floors of a product that replaced its former ones on `effective`. */
export interface FloorSetData {
  readonly product: string
  readonly effective: Day
  readonly precision: Precision
  readonly builds: readonly string[]
  readonly source: string
  readonly note: string
}

/** How exactly a day is known. */
export type Precision = 'day' | 'week' | 'month'

export interface HeaderRulesData {
  /** SMTP ids move with security updates since this day (V4). */
  readonly smtp_id_follows_su_since: Day
  readonly mapi_id_follows_su: string
  /** A server with `build` still writes `smtp_id_stays` in SMTP hops (V4). */
  readonly smtp_exceptions: readonly {
    readonly build: string
    readonly smtp_id_stays: string
    readonly note?: string | undefined
  }[]
  readonly exchange_online_major_minor: readonly string[]
  readonly observed: { readonly from: Day; readonly to: Day }
}

/** An id that headers carry though no release is listed under it (V1). */
export interface AliasData {
  readonly id: string
  readonly transport: 'smtp' | 'mapi'
  /** `null`: lies between two listed builds, and rounding down is right. */
  readonly counts_as: string | null
  readonly basis: string
  readonly seen: number
  readonly first_seen: Day
  readonly last_seen: Day
}

/** RU: rollup of 2010 and older. SU: security update. HU: hotfix update. CU: cumulative update. SP: service pack. */
export type ReleaseKind = 'Preview' | 'RTM' | 'SP' | 'CU' | 'RU' | 'SU' | 'HU'

export interface BuildData {
  readonly build: string
  readonly product: string
  readonly release: string
  readonly update: string | null
  readonly kind: ReleaseKind
  readonly alias?: string | undefined
  readonly released: Day
  readonly released_precision?: 'month' | 'inferred' | 'single-source' | undefined
  readonly kb?: string | undefined
  readonly supported_cu?: boolean | undefined
  readonly recalled?: boolean | undefined
  /** `false`: does not bring the security updates before it. */
  readonly cumulative?: boolean | undefined
  readonly src: readonly string[]
}

export interface CveData {
  readonly id: string
  readonly name?: string | undefined
  readonly published: Day
  readonly kev: boolean
  readonly kev_added?: Day | undefined
  readonly update?: string | undefined
  /** Branch → build that fixes it there. */
  readonly fixed_in: Readonly<Record<string, string>>
  /** major.minor → first build of a later branch, or rollup, that has the fix. */
  readonly fixed_from: Readonly<Record<string, string>>
  /** Versions or branches that are affected and that no update fixes. */
  readonly affected_no_fix?: readonly string[] | undefined
  /** What must be configured on top: the build alone proves no protection. */
  readonly needs_config?: string | undefined
  readonly src: readonly string[]
}

export interface DisputedData {
  readonly build: string
  readonly listed_by: readonly string[]
  readonly adopted: string | null
  readonly why: string
}

/** Reads a build that the validator has checked. */
export function listedBuild(text: string): Build {
  const build = parseBuild(text)
  if (build === null) throw new TypeError(`not a build: ${text}`)
  return build
}
