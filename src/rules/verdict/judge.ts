import type { Evidence, Transport } from '../evidence/evidence'
import type { Day } from '../time'
import type { Build } from './build'
import { formatBuild } from './build'
import type { Catalogue } from './catalogue'
import type { Reading } from './reading'
import { byOwnFloors, byPublishedFloors } from './floors'
import type { Owner } from './install'
import { installName, recommend } from './install'
import type { Policy } from './policy'
import type { ListedBuild } from './product'
import type { Ruling } from './ruling'
import { bySupport } from './support'
import type { UndeterminedReason, Verdict } from './verdict'

/** A build as a server wrote it, and the day and owner for which it is judged. */
export interface Question {
  readonly build: Build
  readonly transport: Transport
  readonly day: Day
  /** The owner pays for Extended Security Updates (V2). */
  readonly esu: boolean
}

/** Is that build acceptable on that day (V1–V5)? Nothing that came out after `day` is used. */
export function judge(question: Question, policy: Policy, catalogue: Catalogue): Verdict {
  const { build, transport, day } = question
  if (isExchangeOnline(build, catalogue)) {
    return undetermined('exchange-online', `${formatBuild(build)} is a version of Exchange Online`)
  }
  const reading = catalogue.read(build, transport)
  const { product, listed } = reading
  if (product === null && !reading.newer) {
    return undetermined(
      'unknown-product',
      `no product of the catalogue has the version ${formatBuild(build)}`,
    )
  }
  const ruling = rule(reading, question, policy, catalogue)
  const missing = missingUpdates(reading, day, catalogue)
  const next =
    ruling.status === 'compliant' && missing.length === 0
      ? null
      : recommend(reading, question, catalogue, (candidate) =>
          isAcceptable(candidate, question, policy, catalogue),
        )
  return {
    product: product?.id ?? null,
    productName: product?.name ?? null,
    name: listed?.name ?? null,
    released: listed?.released ?? null,
    missing,
    cves: catalogue.vulnerabilities.open(reading, day),
    install: next ? installName(next) : null,
    newerThanCatalogue: reading.newer && product?.neverPasses !== true && ruling.reason !== 'end-of-life',
    // Last on purpose: a literal that begins with a spread takes ten times as long.
    ...ruling,
  }
}

/** Judges what a message's connecting hop says of itself; whatever is no Exchange build stays undetermined. */
export function judgeEvidence(
  evidence: Evidence,
  day: Day,
  esu: boolean,
  policy: Policy,
  catalogue: Catalogue,
): Verdict {
  switch (evidence.kind) {
    case 'none':
      return undetermined('no-evidence', noEvidence[evidence.reason])
    case 'not-exchange':
      return undetermined(
        'not-exchange',
        'the connecting host does not write Received fields as Exchange does',
      )
    case 'exchange-online':
      return undetermined('exchange-online', 'the connecting host is Exchange Online')
    case 'exchange':
      if (evidence.build === null)
        return undetermined('no-build', 'the Exchange server does not write its version')
      return judge({ build: evidence.build, transport: evidence.transport, day, esu }, policy, catalogue)
  }
}

const noEvidence = {
  'no-received': 'the peer sent no Received field that counts',
  unreadable: 'the Received field of the connecting host cannot be read',
  'too-long': 'the Received field of the connecting host is longer than is read',
} as const

function rule(reading: Reading, owner: Owner, policy: Policy, catalogue: Catalogue): Ruling {
  const { product } = reading
  const published = policy.preset === 'microsoft' ? (product?.scopeFrom ?? null) : null
  const scopeFrom = (product && policy.inScopeFrom.get(product.id)) ?? published
  if (product && scopeFrom !== null && owner.day < scopeFrom) {
    const because = `${product.name} comes into scope on ${scopeFrom}`
    return { status: 'compliant', reason: 'not-in-scope', floor: null, because }
  }
  switch (policy.preset) {
    case 'microsoft':
      return byPublishedFloors(reading, owner.day)
    case 'custom':
      return byOwnFloors(reading, policy, catalogue)
    case 'lifecycle':
      return bySupport(reading, owner.day, owner.esu, policy)
  }
}

export function isAcceptable(
  candidate: ListedBuild,
  owner: Owner,
  policy: Policy,
  catalogue: Catalogue,
): boolean {
  // A mapi id shows every update, so nothing is in doubt.
  return rule(catalogue.read(candidate.build, 'mapi'), owner, policy, catalogue).status === 'compliant'
}

/** Only updates that came out after the newest one that may be installed are missing for certain (V4). */
function missingUpdates(reading: Reading, day: Day, catalogue: Catalogue): string[] {
  const { product, current } = reading
  if (product === null || current.atMost === null) return []
  return catalogue.updatesAfter(product, current.atMost, day).map((update) => update.name)
}

/** E4: 15.20 and above. Evidence tells these apart by host as well. */
function isExchangeOnline(build: Build, catalogue: Catalogue): boolean {
  return build.major === catalogue.onlineFrom.major && build.minor >= catalogue.onlineFrom.minor
}

function undetermined(reason: UndeterminedReason, because: string): Verdict {
  return {
    status: 'undetermined',
    reason,
    because,
    product: null,
    productName: null,
    name: null,
    released: null,
    floor: null,
    missing: [],
    cves: [],
    install: null,
    newerThanCatalogue: false,
  }
}
