import type { Day } from '../time'
import type { Build } from './build'
import { compareBuilds, formatBuild } from './build'
import type { Catalogue } from './catalogue'
import type { ReleaseKind } from './catalogue-data'
import type { ListedBuild } from './product'

/** All that the catalogue says of a build, whatever the policy: `catalogue show BUILD`. */
export interface BuildDescription {
  readonly build: string
  /** Listed as a release of its own. */
  readonly isListed: boolean
  readonly product: string | null
  readonly productName: string | null
  readonly supportEnd: Day | null
  readonly esuEnd: Day | null
  /** The listed build it counts as, by rounding down in its branch (V1). */
  readonly countsAs: ReleaseDescription | null
  /** What it counts as where a header shows it, if that differs. */
  readonly asSmtpId: string | null
  readonly asMapiId: string | null
  /** The highest build that an SMTP id like this may stand for, if higher (V4). */
  readonly smtpIdMayBe: string | null
  readonly newerThanCatalogue: boolean
  /** Later releases of its branch, oldest first. */
  readonly later: readonly ReleaseDescription[]
}

export interface ReleaseDescription {
  readonly build: string
  readonly name: string
  readonly kind: ReleaseKind
  readonly released: Day
  readonly kb: string | null
  readonly esu: boolean
  readonly recalled: boolean
}

export function describeBuild(build: Build, catalogue: Catalogue): BuildDescription {
  const product = catalogue.productOf(build)
  const row = catalogue.roundDown(build)
  const smtp = catalogue.read(build, 'smtp')
  const mapi = catalogue.translate(build, 'mapi')
  const highest = product?.builds.at(-1)
  return {
    build: formatBuild(build),
    isListed: row !== null && compareBuilds(row.build, build) === 0,
    product: product?.id ?? null,
    productName: product?.name ?? null,
    supportEnd: product?.supportEnd ?? null,
    esuEnd: product?.esuEnd ?? null,
    countsAs: row ? describeRelease(row) : null,
    asSmtpId: unlessSame(smtp.build, build),
    asMapiId: unlessSame(mapi, build),
    smtpIdMayBe: unlessSame(smtp.atMost, smtp.build),
    newerThanCatalogue: highest ? compareBuilds(build, highest.build) > 0 : catalogue.isBeyondProducts(build),
    later: (catalogue.branchOf(build)?.builds ?? [])
      .filter((candidate) => compareBuilds(candidate.build, build) > 0)
      .map(describeRelease),
  }
}

function unlessSame(build: Build, other: Build): string | null {
  return compareBuilds(build, other) === 0 ? null : formatBuild(build)
}

function describeRelease(row: ListedBuild): ReleaseDescription {
  const { build, name, kind, released, kb, esu, recalled } = row
  return { build: formatBuild(build), name, kind, released, kb, esu, recalled }
}
