import type { Day } from '../time'
import type { Build } from './build'

export type OutdatedReason = 'end-of-life' | 'behind'
export type CompliantReason =
  | 'at-or-above-floor'
  | 'no-floor' // the policy asks nothing of this product
  | 'not-in-scope' // the product is not in scope on that day (V2)
  | 'up-to-date' // lifecycle: lacks no update old enough to count
export type UndeterminedReason =
  | 'no-evidence'
  | 'not-exchange'
  | 'exchange-online'
  | 'no-build' // an Exchange server that does not write its version
  | 'unknown-product' // a version that no product of the catalogue has, older than all of them
  | 'cannot-tell' // V4: the id cannot show what would decide

interface Explanation {
  /** Product id of the catalogue (`exchange-2016`) and its full name. */
  readonly product: string | null
  readonly productName: string | null
  /** The listed build that the id counts as, by name: `Exchange Server 2016 CU23 Nov23SU`. */
  readonly name: string | null
  readonly released: Day | null
  /** The floor that decided, where one did. */
  readonly floor: Build | null
  /** Which rule and floor decided, as a sentence. */
  readonly because: string
  /** Names of security updates that are missing for certain, oldest first. */
  readonly missing: readonly string[]
  /** Open vulnerabilities, known-exploited ones first (V5). */
  readonly cves: readonly CveState[]
  /** What to install next, by name and KB. */
  readonly install: string | null
  /** V3: a build newer than anything listed. */
  readonly newerThanCatalogue: boolean
}

export interface CveState {
  readonly id: string
  /** In CISA's catalogue of known exploited vulnerabilities. */
  readonly kev: boolean
  readonly state: 'open' | 'cannot-tell'
}

/** Is that build acceptable on that day? Always with its reasons (V5). */
export type Verdict = Explanation &
  (
    | { readonly status: 'compliant'; readonly reason: CompliantReason }
    | { readonly status: 'outdated'; readonly reason: OutdatedReason }
    | { readonly status: 'undetermined'; readonly reason: UndeterminedReason }
  )
