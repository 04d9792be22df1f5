import { formatProblem, type ConfigProblem } from '../config/problem'
import type { ExitCode } from './failure'
import type { Invocation } from './invocation'
import { printable } from '../rules/decision/printable'
import { jsonText } from './json-text'

export interface Findings {
  /** `null`: none was found, and the defaults were checked. */
  readonly folder: string | null
  readonly problems: readonly ConfigProblem[]
  readonly warnings: readonly ConfigProblem[]
}

/** The answer of a check: every problem and warning, one a line. */
export async function tellProblems(
  { folder, problems, warnings }: Findings,
  allIsWell: string,
  json: boolean,
  { out }: Invocation,
): Promise<ExitCode> {
  const ok = problems.length === 0
  if (json) {
    await out.line(jsonText({ ok, folder, problems, warnings }, true))
    return ok ? 0 : 1
  }
  const lines = [
    ...problems.map((problem) => `${out.styled('red', 'error')} ${printable(formatProblem(problem))}`),
    ...warnings.map((warning) => `${out.styled('yellow', 'warning')} ${printable(formatProblem(warning))}`),
  ]
  const where = folder ?? 'no config folder found, the defaults hold'
  const verdict = ok ? out.styled('green', allIsWell) : out.styled('red', `errors: ${problems.length}`)
  await out.line([...lines, `${verdict}, warnings: ${warnings.length} (${printable(where)})`].join('\n'))
  return ok ? 0 : 1
}
