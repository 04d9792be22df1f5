import { normaliseDomain } from './domain'

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const digits = /^[0-9]+$/

/**
 * Whether A1 can compare the name at all: a host name in ASCII (IDN as punycode), or `*.` and a domain of at least two labels.
 * Anything else — a wildcard elsewhere, `*.com`, an address, an empty label, a NUL — matches nothing.
 */
export function isCertificateName(name: string): boolean {
  if (name.length > 253) return false
  const parent = wildcardParent(name)
  const labels = (parent ?? name).split('.')
  if (parent !== null && labels.length < 2) return false
  return labels.every((part) => label.test(part)) && !digits.test(labels.at(-1) ?? '')
}

/** The domain whose direct children `*.domain` stands for; `null` for a name without the wildcard. */
export function wildcardParent(name: string): string | null {
  return name.startsWith('*.') ? name.slice(2) : null
}

/** The name without its first label; `null` where only one label is left. */
export function parentDomain(name: string): string | null {
  const dot = name.indexOf('.')
  return dot < 0 ? null : name.slice(dot + 1)
}

/** A1: equal, or a leading `*.` on either side that stands for exactly one label. */
export function certificateNameMatches(configured: string, presented: string): boolean {
  const ours = normaliseDomain(configured)
  const theirs = normaliseDomain(presented)
  if (!isCertificateName(ours) || !isCertificateName(theirs)) return false
  return ours === theirs || standsFor(ours, theirs) || standsFor(theirs, ours)
}

function standsFor(wildcard: string, name: string): boolean {
  const parent = wildcardParent(wildcard)
  return parent !== null && wildcardParent(name) === null && parentDomain(name) === parent
}
