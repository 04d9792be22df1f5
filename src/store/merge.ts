import type { ClockRules } from '../rules/clock/advance'
import { mergePaths, mergeServers, mergeTenants } from '../rules/clock/merge'
import type { Schedule } from '../rules/clock/schedule'
import { mergeContacts } from '../rules/notice/merge'
import type { Interval } from '../rules/time'
import type { RecordKind, Records } from './store'

/** What clocks are merged by. */
export interface MergeRules {
  readonly clock: ClockRules
  readonly schedule: Schedule
  /** Of the tenant whose record is merged. */
  readonly pauses: readonly Interval[]
}

type Merge<K extends RecordKind> = (moved: Records[K], holding: Records[K], rules: MergeRules) => Records[K]

const merges: { readonly [K in RecordKind]: Merge<K> } = {
  tenant: mergeTenants,
  path: mergePaths,
  contact: mergeContacts,
  server: (moved, holding, { clock, pauses, schedule }) =>
    mergeServers(moved, holding, clock, pauses, schedule),
}

/** One record of what was moved here and what this store holds under the same key. */
export function mergeRecords<K extends RecordKind>(
  kind: K,
  moved: Records[K],
  holding: Records[K],
  rules: MergeRules,
): Records[K] {
  return merges[kind](moved, holding, rules)
}
