import { domainMatches } from './domain'

const fewPatterns = 8

/** Finds the holders of the domain patterns that a domain matches (A2), at a cost that does not grow with the holders. */
export class SenderPatterns<Holder> {
  readonly #patterns: (readonly [pattern: string, holder: Holder])[] = []
  #byPattern: Map<string, Holder[]> | null = null

  add(pattern: string, holder: Holder): void {
    this.#patterns.push([pattern, holder])
    this.#byPattern = null
  }

  /** Distinct holders, in the order in which they were added. */
  holdersOf(domain: string): ReadonlySet<Holder> {
    const found = new Set<Holder>()
    if (this.#patterns.length <= fewPatterns) {
      for (const [pattern, holder] of this.#patterns) if (domainMatches(pattern, domain)) found.add(holder)
      return found
    }
    this.#byPattern ??= groupByPattern(this.#patterns)
    for (const pattern of patternsThatMatch(domain)) {
      for (const holder of this.#byPattern.get(pattern) ?? []) found.add(holder)
    }
    return found
  }
}

function groupByPattern<Holder>(patterns: readonly (readonly [string, Holder])[]): Map<string, Holder[]> {
  const groups = new Map<string, Holder[]>()
  for (const [pattern, holder] of patterns) {
    const group = groups.get(pattern)
    if (group === undefined) groups.set(pattern, [holder])
    else group.push(holder)
  }
  return groups
}

function* patternsThatMatch(domain: string): Generator<string> {
  yield domain
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
    if (dot > 0) yield `*${domain.slice(dot)}`
  }
}
