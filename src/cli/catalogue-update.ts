import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Option, type Command } from 'commander'
import { CatalogueFile, catalogueFileName, cataloguePaths } from '../config/catalogue-file'
import { FileNotReplaced, replaceFile } from '../config/replace-file'
import { printable } from '../rules/decision/printable'
import { stepsBack } from '../rules/verdict/catalogue-changes'
import { changesJson, changesText } from './catalogue-changes-text'
import { compareWithForce, timeoutOption, type Comparison } from './catalogue-comparison'
import { titleOf } from './catalogue-diff'
import { findFolder } from './configuration'
import { detail } from './details'
import { misuse, refusal } from './failure'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { reasonOption } from './reason'

interface Options {
  readonly dryRun?: boolean
  readonly force?: string
  readonly json?: boolean
  readonly timeout: number
}

export function addCatalogueUpdate(group: Command, invocation: Invocation): void {
  const command = group
    .command('update')
    .description('put a newer catalogue in force')
    .argument('<file>', 'the newer catalogue: a file, an https address, or - for standard input')
    .option('--dry-run', 'tell what would change, and write nothing')
    .addOption(
      new Option(
        '--force <reason>',
        'take it although it knows less than the one in force; the reason is printed',
      ).argParser(reasonOption),
    )
    .addOption(timeoutOption())
    .option('--json', 'print JSON')
    .action(async (name: string, options: Options, self: Command) => {
      const folder = findFolder(invocation, self)
      if (folder === null)
        throw misuse("a catalogue is put into Haraka's config folder; name it with --config")
      const comparison = await compareWithForce(name, options.timeout, folder, invocation)
      const back = stepsBack(comparison.changes)
      if (back.length > 0 && options.force === undefined) {
        throw refusal(
          `${comparison.source.name} goes backwards: ${back.join('; ')}; nothing was written. --force 'why' takes it all the same`,
        )
      }
      const isNew = !comparison.changes.isEmpty || comparison.isDamaged
      const target = join(folder, catalogueFileName)
      const writes = isNew && options.dryRun !== true
      if (writes) put(target, folder, comparison)
      await tell(comparison, { back, isNew, target: writes ? target : null, ...options }, invocation)
    })
  detail(command, {
    notes: [
      'The new catalogue is checked as the plugin checks it and compared with the one in force. One that goes backwards, by its date or by builds, floors, products or vulnerabilities ' +
        'that are gone, is refused. It takes the place of the file in the config folder in one step, with the same owner and permissions; then it is read as the plugin reads it, and the old ' +
        'one is put back if that fails. Haraka takes it over within seconds. The packaged file is never touched.',
      'From an address it comes by https alone (http from this host), with at most 5 redirects and 16 MiB. Exit code 1 where it is refused or cannot be had; then nothing was changed.',
    ],
    examples: [
      ['catalogue update https://www.example.com/exchange-enforcement.catalogue.json', 'For a timer'],
      ['catalogue update new-catalogue.json --dry-run', 'What would change?'],
      [
        "catalogue update old-catalogue.json --force 'the last one had a wrong floor'",
        'Back to an older one',
      ],
    ],
  })
}

function put(target: string, folder: string, { source, after }: Comparison): void {
  try {
    replaceFile(target, source.text, () => {
      const file = new CatalogueFile(cataloguePaths(folder))
      if (
        file.path !== target ||
        file.current.asOf !== after.as_of ||
        readFileSync(target, 'utf8') !== source.text
      ) {
        throw new Error('what was read back is not what was written')
      }
    })
  } catch (error) {
    if (error instanceof FileNotReplaced) throw refusal(error.message, error)
    throw error
  }
}

interface Outcome {
  readonly back: readonly string[]
  readonly isNew: boolean
  /** The file that was written. */
  readonly target: string | null
  readonly force?: string
  readonly json?: boolean
}

async function tell(comparison: Comparison, outcome: Outcome, { out }: Invocation): Promise<void> {
  const { changes, file, source } = comparison
  const { back, isNew, target, force, json } = outcome
  if (json) {
    const forced = back.length > 0 ? (force ?? null) : null
    await out.line(
      jsonText(
        { file, source: source.name, written: target, backwards: back, forced, ...changesJson(changes) },
        true,
      ),
    )
    return
  }
  const lines = changes.isEmpty ? [] : changesText(changes, out)
  const forced =
    back.length > 0
      ? [`goes backwards: ${printable(back.join('; '))}`, `taken all the same: ${printable(force ?? '')}`]
      : []
  const written = target === null ? null : `in force: ${printable(target)}`
  const end = written ?? (isNew ? 'nothing was written' : 'nothing to do: it is the one in force')
  await out.line([titleOf(comparison), ...lines, ...forced, end].join('\n'))
}
