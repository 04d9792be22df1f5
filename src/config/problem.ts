import { printable } from '../rules/decision/printable'

/** Something in a configuration file that was refused, or, as a warning, that has no effect or looks like a slip. */
export interface ConfigProblem {
  /** As the operator would open it. */
  readonly file: string
  /** `null`: the file as a whole, or a line that stands in no section. */
  readonly section: string | null
  readonly key: string | null
  /** Counted from 1; `null` where nothing is written, which may be the problem. */
  readonly line: number | null
  /** The text as written; secrets are left out. */
  readonly found: string | null
  readonly message: string
  readonly allowed: string | null
  /** What the operator can do, where message and `allowed` do not say it. */
  readonly advice?: string
}

const foundMax = 80

/** One line: file, line, section, key, what was found, what is wrong, what is allowed, what to do. */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}`
  return `${printable(place)}: ${problemText(problem)}`
}

/** The same without the place. */
export function problemText(problem: ConfigProblem): string {
  const section = problem.section === null ? '' : `[${printable(problem.section)}]`
  const key = problem.key === null ? '' : `${section ? ' ' : ''}${printable(problem.key)}`
  const name = section || key ? `${section}${key}: ` : ''
  const found = problem.found === null ? '' : `${quoted(problem.found)}: `
  const allowed = problem.allowed === null ? '' : `; allowed: ${problem.allowed}`
  const advice = problem.advice === undefined ? '' : `; ${printable(problem.advice)}`
  return `${name}${found}${printable(problem.message)}${allowed}${advice}`
}

/** A piece of a file inside a message, cut where it is long. */
export function quoted(text: string): string {
  return `'${printable(text.length > foundMax ? `${text.slice(0, foundMax)}…` : text)}'`
}

/** The known name that a typing error most likely meant, or `null`. */
export function nearest(name: string, known: readonly string[]): string | null {
  const wanted = name.toLowerCase().slice(0, 64)
  let best: { name: string; distance: number } | null = null
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase())
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)) && (!best || distance < best.distance)) {
      best = { name: candidate, distance }
    }
  }
  return best?.name ?? null
}

/** ` (did you mean 'x'?)`, or nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === null ? '' : ` (did you mean '${meant}'?)`
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const change = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
