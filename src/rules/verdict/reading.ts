import type { Day } from '../time'
import type { Build } from './build'
import type { Branch, ListedBuild, Product } from './product'

/** What an id of a header can stand for (V1, V3, V4). */
export interface Reading {
  readonly asked: Build
  /** Translated by `header_aliases`, not rounded: this is what floors are compared with. */
  readonly build: Build
  readonly product: Product | null
  readonly branch: Branch | null
  /** Rounded down to the highest listed build of its branch; the first one where it is of the same major.minor.build. */
  readonly listed: ListedBuild | null
  /** Above everything listed of its product, or of a product newer than all (V3). */
  readonly newer: boolean
  /** The highest build that may stand behind the id (V4). */
  readonly atMost: Build
  /** It has what came out up to this day, and nothing that came out after the other; `null`: no such bound. */
  readonly current: { readonly atLeast: Day | null; readonly atMost: Day | null }
}
