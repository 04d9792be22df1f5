import { writeResults } from '../support/results-page'
import type { Figure } from './figure'
import type { Machine } from './machine'
import { markdownTable, summary } from './table'

/** Puts the figures into docs/performance.md. */
export async function writeFigures(figures: readonly Figure[], machine: Machine, how: string): Promise<void> {
  const call = `\`npm run bench${how === '' ? '' : ` -- ${how}`}\``
  const results = [call, '', markdownTable(figures, machine), '', '```', summary(figures), '```'].join('\n')
  await writeResults('performance.md', 'npm run bench -- --write', results)
}
