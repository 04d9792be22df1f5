import type { Build } from './build'
import { formatBuild } from './build'
import type { Reading } from './reading'
import type { CompliantReason, OutdatedReason, UndeterminedReason } from './verdict'

/** The answer of a policy, before the verdict explains the build (V2). */
export type Ruling = { readonly floor: Build | null; readonly because: string } & (
  | { readonly status: 'compliant'; readonly reason: CompliantReason }
  | { readonly status: 'outdated'; readonly reason: OutdatedReason }
  | { readonly status: 'undetermined'; readonly reason: UndeterminedReason }
)

/** The build as `because` names it: with what its id counts as, where that differs. */
export function subject(reading: Reading): string {
  const { asked, build } = reading
  return build === asked ? formatBuild(build) : `${formatBuild(asked)} (counts as ${formatBuild(build)})`
}
