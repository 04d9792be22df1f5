import { describeMachine } from '../bench/machine'
import { writeResults } from '../support/results-page'
import { answersOf, secondsOf } from './row'
import type { Trial } from './trial'

export function totalOf(trials: readonly Trial[]): string {
  const messages = trials.reduce((sum, trial) => sum + trial.messages, 0)
  const harmed = trials.filter(({ wrong }) => wrong.length > 0).length
  return `${trials.length} faults, ${messages.toLocaleString('en')} messages; ${harmed === 0 ? 'no fault' : `${harmed} of them`} did harm.`
}

/** Puts the figures into docs/reliability.md. */
export async function writePage(trials: readonly Trial[]): Promise<void> {
  const rows = trials.map((trial) => {
    const { fault, letThrough, recoveredAfterMs, hook999Ms, hookMaxMs, wrong } = trial
    const cells = [
      `\`${fault.name}\``,
      fault.title,
      answersOf(trial),
      String(letThrough),
      secondsOf(recoveredAfterMs),
      `${hook999Ms.toFixed(0)} ms`,
      `${hookMaxMs.toFixed(0)} ms`,
      wrong.length === 0 ? 'none' : wrong.join(' '),
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  const { date, processor, system, node } = describeMachine()
  const results = [
    `${totalOf(trials)} Run on ${date}, ${processor}, ${system}, Node.js ${node}.`,
    '',
    '| name | what goes wrong | answers | let through | well again after | 99.9 % of hooks within | longest hook | harm |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ]
  await writeResults('reliability.md', 'npm run test:faults -- --write', results.join('\n'))
}
