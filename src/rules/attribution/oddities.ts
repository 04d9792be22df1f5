import { formatCidr } from './address'
import type { CidrRange } from './address'
import { parentDomain, wildcardParent } from './certificate-name'
import type { Connector } from './connector'
import { internetConnectorId } from './connector'
import { domainMatches } from './domain'
import { coveredRanges } from './range-coverage'
import { specialUseOf, type SpecialUse } from './special-ranges'

/** Something in one connector that is allowed, and yet hardly meant. */
export interface Oddity {
  readonly severity: 'warning' | 'information'
  readonly kind: OddityKind
  readonly connector: string
  readonly key: 'tls_certificate_name' | 'addresses' | 'sender_domains' | 'contacts' | 'esu'
  readonly text: string
  /** What the operator can do. */
  readonly advice: string
}

export type OddityKind =
  | 'certificate-outside-domains'
  | 'public-suffix'
  | 'special-range'
  | 'wide-range'
  | 'range-never-used'
  | 'range-repeated'
  | 'domain-repeated'
  | 'wildcard-alone'
  | 'no-contacts'
  | 'esu-unused'

/** What of the main file matters to connectors; `null`: it cannot be read. */
export interface OddityContext {
  readonly noticesEnabled: boolean | null
  /** V2: whether the policy asks for it. */
  readonly esuCounts: boolean | null
}

/** A connector with a wider range is more likely a slip than an organisation. */
const widestPrefix = { 4: 16, 6: 32 } as const

/** What deserves a look in each connector by itself, in the order of the file. Ties and overlaps are `findConflicts`'. */
export function findOddities(connectors: readonly Connector[], context: OddityContext): readonly Oddity[] {
  const own = connectors.filter(({ id }) => id !== internetConnectorId)
  const covered = coveredRanges(own)
  const domains = domainsByTenant(own)
  const told = new Set(own.flatMap(({ tenant, contacts }) => (contacts.length > 0 ? tenant : [])))
  return own.flatMap((connector) => [
    ...certificateOddities(connector, domains.get(connector.tenant) ?? []),
    ...addressOddities(connector, covered.get(connector) ?? []),
    ...senderOddities(connector),
    ...mainOddities(connector, told.has(connector.tenant), context),
  ])
}

function domainsByTenant(connectors: readonly Connector[]): ReadonlyMap<string, readonly string[]> {
  const domains = new Map<string, string[]>()
  for (const { tenant, senderDomains } of connectors) {
    const known = domains.get(tenant)
    if (known) known.push(...senderDomains)
    else domains.set(tenant, [...senderDomains])
  }
  return domains
}

function* certificateOddities(connector: Connector, domains: readonly string[]): Generator<Oddity> {
  const { id, tlsCertificateName: name, tenant } = connector
  if (name === null) return
  const base = { connector: id, key: 'tls_certificate_name' } as const
  const below = wildcardParent(name)
  if (below !== null && looksPublic(below)) {
    yield {
      ...base,
      severity: 'warning',
      kind: 'public-suffix',
      text: `${name} looks as if anyone could have a certificate of that name`,
      advice: `name the tenant's own domain, as *.contoso.${below}`,
    }
  }
  if (domains.length > 0 && !domains.some((pattern) => isOf(below ?? name, pattern))) {
    yield {
      ...base,
      severity: 'warning',
      kind: 'certificate-outside-domains',
      text: `${name} belongs to none of the sender_domains of the tenant '${tenant}'`,
      advice: 'add its domain to sender_domains, or correct the name',
    }
  }
}

/** Whether the name is the domain of the pattern, or lies below it. */
function isOf(name: string, pattern: string): boolean {
  const domain = wildcardParent(pattern) ?? pattern
  return name === domain || domainMatches(`*.${domain}`, name)
}

const specialTexts: Readonly<
  Record<SpecialUse, readonly [severity: Oddity['severity'], text: string, advice: string]>
> = {
  unusable: ['warning', 'can never be where a session comes from', 'correct or remove it'],
  documentation: [
    'warning',
    'is for examples in documents: nobody has such an address',
    'name the real ones',
  ],
  private: [
    'information',
    'is private: only sessions within your own network come from there',
    'nothing, where that is meant; if such sessions may relay, set judge_relaying = yes',
  ],
  loopback: ['information', 'is this host itself', 'nothing, where that is meant'],
}

function* addressOddities(
  { id, addresses, senderDomains }: Connector,
  covered: readonly CidrRange[],
): Generator<Oddity> {
  const base = { connector: id, key: 'addresses' } as const
  for (const use of ['unusable', 'documentation', 'private', 'loopback'] as const) {
    const ranges = addresses.filter((range) => specialUseOf(range) === use)
    const [severity, text, advice] = specialTexts[use]
    if (ranges.length === 0) continue
    yield { ...base, severity, kind: 'special-range', text: `${few(ranges)} ${text}`, advice }
  }
  const wide = addresses.filter((range) => range.prefix < widestPrefix[range.family])
  if (wide.length > 0) {
    const senders = senderDomains.length === 0 ? ', whoever sends from there' : ''
    yield {
      ...base,
      severity: 'warning',
      kind: 'wide-range',
      text: `${few(wide)} is wide for one organisation${senders}`,
      advice: 'name the addresses of its servers',
    }
  }
  if (covered.length > 0) {
    yield {
      ...base,
      severity: 'warning',
      kind: 'range-never-used',
      text: `${few(covered)} never decides: connectors with longer prefixes take all of it`,
      advice: 'remove it, or the longer ones',
    }
  }
  const repeated = addresses.filter((range, at) =>
    addresses.some((other, place) => place < at && formatCidr(other) === formatCidr(range)),
  )
  if (repeated.length > 0) {
    yield {
      ...base,
      severity: 'information',
      kind: 'range-repeated',
      text: `${few(repeated)} stands there twice`,
      advice: 'one is enough',
    }
  }
}

function* senderOddities({ id, senderDomains }: Connector): Generator<Oddity> {
  const base = { connector: id, key: 'sender_domains' } as const
  const open = senderDomains.filter((pattern) => looksPublic(wildcardParent(pattern) ?? pattern))
  if (open.length > 0) {
    yield {
      ...base,
      severity: 'warning',
      kind: 'public-suffix',
      text: `${open.join(', ')}: below such a domain anyone can have a name`,
      advice: "name the tenant's own domains",
    }
  }
  const repeated = senderDomains.filter((pattern, at) =>
    senderDomains.some((other, place) => place !== at && stands(other, pattern, place < at)),
  )
  if (repeated.length > 0) {
    yield {
      ...base,
      severity: 'information',
      kind: 'domain-repeated',
      text: `${repeated.join(', ')}: another item stands for it`,
      advice: 'it can be left out',
    }
  }
  const alone = senderDomains.filter((pattern) => {
    const below = wildcardParent(pattern)
    return below !== null && !senderDomains.some((other) => domainMatches(other, below))
  })
  if (alone.length > 0) {
    yield {
      ...base,
      severity: 'information',
      kind: 'wildcard-alone',
      text: `${alone.join(', ')}: all names below the domain, not the domain itself`,
      advice: `add ${alone.map((pattern) => pattern.slice(2)).join(', ')} if mail comes from there`,
    }
  }
}

function stands(other: string, pattern: string, isBefore: boolean): boolean {
  if (other === pattern) return isBefore
  const below = wildcardParent(other)
  const name = wildcardParent(pattern) ?? pattern
  return below !== null && domainMatches(other, name)
}

/** `isTold`: some connector of the tenant names contacts, who are told of the servers of the others as well. */
function* mainOddities(
  { id, tenant, esu, type }: Connector,
  isTold: boolean,
  { noticesEnabled, esuCounts }: OddityContext,
): Generator<Oddity> {
  if (noticesEnabled === true && !isTold && type === 'onpremises') {
    yield {
      severity: 'information',
      kind: 'no-contacts',
      connector: id,
      key: 'contacts',
      text: `nobody is mailed about its servers: notices are enabled, and no connector of the tenant '${tenant}' has contacts`,
      advice: 'add contacts',
    }
  }
  if (esu && esuCounts === false) {
    yield {
      severity: 'information',
      kind: 'esu-unused',
      connector: id,
      key: 'esu',
      text: 'has no effect: only the policy lifecycle asks for it',
      advice: 'nothing, or take it away',
    }
  }
}

const categories: ReadonlySet<string> = new Set(
  'ac co com edu gob gov gouv go gv gen id ind ltd me mil ne net nom or org plc sch'.split(' '),
)

/**
 * One label alone, or a customary category below a country: `com`, `co.uk`, `com.br`. A guess: the list of public suffixes is long
 * and changes, and a missed one only means that no warning is given.
 */
function looksPublic(domain: string): boolean {
  const [first = ''] = domain.split('.')
  const country = parentDomain(domain)
  if (country === null) return true
  return /^[a-z]{2}$/.test(country) && categories.has(first)
}

/** The first, and how many more. */
function few(ranges: readonly CidrRange[]): string {
  const [first] = ranges
  const more = ranges.length > 1 ? ` (and ${ranges.length - 1} more)` : ''
  return first === undefined ? '' : formatCidr(first) + more
}
