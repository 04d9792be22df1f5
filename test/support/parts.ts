/** Test files that one process runs one after the other. */
export type Part = readonly string[]

/**
 * Beginnings of the paths of tests that measure no time and are patient with what they start, by the
 * process that runs them: two such processes run side by side. All other tests have the machine to themselves, since a
 * neighbour would be in what they measure, or make them late.
 */
export const sideBySide = [
  ['cli/', 'docs/', 'lint/', 'notify/', 'replay/', 'report/'],
  ['e2e/attribution.', 'e2e/certificates.', 'e2e/header.', 'e2e/notices.', 'e2e/replies.', 'e2e/start.'],
] as const

/** Parts to be run one after the other; the parts of one step side by side. `tests`: paths from the project's root. */
export function stepsOf(tests: Part): readonly (readonly Part[])[] {
  const isIn = (beginnings: readonly string[]) => (test: string) =>
    beginnings.some((beginning) => test.startsWith(`test/${beginning}`))
  const beside = sideBySide.map((beginnings) => tests.filter(isIn(beginnings)))
  const alone = tests.filter((test) => !beside.some((part) => part.includes(test)))
  return [[alone], beside]
}
