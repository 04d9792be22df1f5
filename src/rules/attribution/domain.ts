/** Lower case, without the dot that may end a name written in full. */
export function normaliseDomain(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

/**
 * Whether `domain` is `pattern`, or lies at any depth below it where the pattern begins with `*.` (A2, E1).
 * Both normalised. `*.contoso.com` does not stand for `contoso.com` itself.
 */
export function domainMatches(pattern: string, domain: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === domain
  return domain.length > pattern.length - 1 && domain.endsWith(pattern.slice(1))
}
