import type { Command } from 'commander'
import { reportRules } from '../config/report-rules'
import { formatProblem } from '../config/problem'
import { verdictChanges, type VerdictChanges } from '../report/verdict-changes'
import { printable } from '../rules/decision/printable'
import { dayOf, type Day } from '../rules/time'
import { indexCatalogue } from '../rules/verdict/catalogue'
import type { CatalogueData } from '../rules/verdict/catalogue-data'
import { changesJson, changesText, verdictChangesJson, verdictChangesText } from './catalogue-changes-text'
import { compareWithForce, timeoutOption, type Comparison } from './catalogue-comparison'
import { checkSettings, findFolder } from './configuration'
import { detail } from './details'
import { CliFailure } from './failure'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { withStorage } from './storage'

interface Options {
  readonly json?: boolean
  readonly timeout: number
}

export function addCatalogueDiff(group: Command, invocation: Invocation): void {
  const command = group
    .command('diff')
    .description('what another catalogue would change, and for which servers')
    .argument('<file>', 'the other catalogue: a file, an https address, or - for standard input')
    .addOption(timeoutOption())
    .option('--json', 'print JSON')
    .action(async (name: string, options: Options, self: Command) => {
      const { out, now } = invocation
      const folder = findFolder(invocation, self)
      const comparison = await compareWithForce(name, options.timeout, folder, invocation)
      const today = dayOf(now())
      const servers = folder === null ? null : await lookAtServers(comparison, folder, today, invocation)
      const { changes, file, source } = comparison
      if (options.json) {
        const verdicts = servers && verdictChangesJson(servers)
        await out.line(jsonText({ file, source: source.name, ...changesJson(changes), verdicts }, true))
        return
      }
      const lines = changes.isEmpty ? ['nothing changes'] : changesText(changes, out)
      const verdicts = servers === null ? [] : ['', ...verdictChangesText(servers, today, out)]
      await out.line([titleOf(comparison), ...lines, ...verdicts].join('\n'))
    })
  detail(command, {
    notes: [
      'The catalogue in force is compared with the other: + is new, - is gone, ~ is otherwise than before. Where there is a store, every server in it is judged by both, by the last ' +
        'build that was seen of it: today, and on each coming day on which a floor takes effect. Who becomes outdated comes first. Nothing is changed.',
    ],
    examples: [
      ['catalogue diff new-catalogue.json', 'Whom would a new catalogue touch?'],
      ['catalogue diff new-catalogue.json --json', 'The same, whole, for a program'],
    ],
  })
}

export function titleOf({ before, after, file, source }: Comparison): string {
  return `from ${before.as_of} (${printable(file)}) to ${after.as_of} (${printable(source.name)})`
}

/** `null`, said why, where there is no memory to look at. */
async function lookAtServers(
  { before, after }: Comparison,
  folder: string,
  today: Day,
  { err }: Invocation,
): Promise<VerdictChanges | null> {
  const catalogue = indexCatalogue(before)
  const result = checkSettings(folder, catalogue)
  const skipped = async (why: string): Promise<null> => {
    await err.line(`servers were not looked at: ${printable(why)}`)
    return null
  }
  if (!result.ok) {
    const [problem] = result.problems
    return skipped(problem ? formatProblem(problem) : 'the configuration is refused')
  }
  const { settings } = result
  const old = reportRules(settings, catalogue)
  const other = reportRules(settings, indexCatalogue(after))
  try {
    return await withStorage({ folder, settings, catalogue }, 'read', ({ store }) =>
      verdictChanges(store, old, other, daysToJudge([before, after], today)),
    )
  } catch (error) {
    if (error instanceof CliFailure) return skipped(error.message)
    throw error
  }
}

/** Verdicts change by themselves on the days on which something takes effect. */
function daysToJudge(catalogues: readonly CatalogueData[], today: Day): readonly Day[] {
  const days = catalogues.flatMap(({ floors, scope }) => [
    ...floors.map(({ effective }) => effective),
    ...scope.map(({ from }) => from),
  ])
  return [today, ...[...new Set(days)].filter((day) => day > today).sort()]
}
