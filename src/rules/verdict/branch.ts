import type { Build } from './build'

/**
 * The line of updates a build belongs to, as a number that sorts like the builds in it. Since Exchange 2013 that is the
 * cumulative update (major.minor.build). Before, every rollup has a build part of its own and includes the former ones,
 * so that the service pack (major.minor) is the line.
 */
export function branchNumber(build: Build): number {
  return build.major < 15 ? versionNumber(build) * 100_000 : cuNumber(build)
}

/** major.minor.build as one number, whatever the product. */
export function cuNumber(build: Build): number {
  return versionNumber(build) * 100_000 + build.build
}

/** major.minor as one number. */
export function versionNumber(build: { readonly major: number; readonly minor: number }): number {
  return build.major * 1000 + build.minor
}
