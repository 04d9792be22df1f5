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
  /** Worth knowing; nothing need be done. */
  readonly information?: readonly ConfigProblem[]
}

/** The answer of a check: every problem, warning and fact, one a line. */
export async function tellProblems(
  { folder, problems, warnings, information }: Findings,
  allIsWell: string,
  json: boolean,
  { out }: Invocation,
): Promise<ExitCode> {
  const ok = problems.length === 0
  if (json) {
    await out.line(jsonText({ ok, folder, problems, warnings, information }, true))
    return ok ? 0 : 1
  }
  const lines = [
    ...problems.map((problem) => `${out.styled('red', 'error')} ${printable(formatProblem(problem))}`),
    ...warnings.map((warning) => `${out.styled('yellow', 'warning')} ${printable(formatProblem(warning))}`),
    ...(information ?? []).map(
      (fact) => `${out.styled('dim', 'information')} ${printable(formatProblem(fact))}`,
    ),
  ]
  const where = folder ?? 'no config folder found, the defaults hold'
  const verdict = ok ? out.styled('green', allIsWell) : out.styled('red', `errors: ${problems.length}`)
  const more = information === undefined ? '' : `, information: ${information.length}`
  await out.line(
    [...lines, `${verdict}, warnings: ${warnings.length}${more} (${printable(where)})`].join('\n'),
  )
  return ok ? 0 : 1
}
