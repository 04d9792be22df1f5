import type { Day } from '../time'
import type { Build } from './build'

/** What is outdated (V2). Floors and scope dates of `microsoft` are dated data of the catalogue. */
export type Policy =
  | { readonly preset: 'microsoft'; readonly inScopeFrom: ReadonlyMap<string, Day> }
  | {
      readonly preset: 'lifecycle'
      readonly maxPatchAgeDays: number
      readonly inScopeFrom: ReadonlyMap<string, Day>
    }
  | {
      readonly preset: 'custom'
      readonly floors: readonly Build[]
      readonly inScopeFrom: ReadonlyMap<string, Day>
    }
