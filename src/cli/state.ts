import type { Command } from 'commander'
import { readConfiguration } from './configuration'
import { detail } from './details'
import type { Invocation } from './invocation'
import { orderNote } from './orders'
import { jsonText } from './json-text'
import { exportState } from './state-export'
import { importEntries, readEntries } from './state-import'
import { addStateMigrate } from './state-migrate'
import { withStorage } from './storage'

interface ImportOptions {
  readonly replace?: boolean
  readonly json?: boolean
}

export function addState(program: Command, invocation: Invocation): void {
  const group = program.command('state').description('memory: as JSON lines, or from one store to another')
  const exporting = group
    .command('export')
    .description('print all records, one JSON line each')
    .option('--json', 'as without it: the lines are JSON')
    .action(async (_options: object, self: Command) => {
      const configuration = readConfiguration(invocation, self)
      invocation.exitCode = await withStorage(configuration, 'read', ({ store }) =>
        exportState(store, invocation),
      )
    })
  detail(exporting, {
    notes: [
      'A line is {"schema": 1, "kind": "server" | "path" | "tenant" | "contact", "record": {…}}, the record in the short form in which memory keeps it. Records come in the ' +
        'order of their names, so that two exports of the same memory are alike. One that cannot be read is named on standard error and left out; then the exit code is 1.',
      'It may run beside Haraka. What Haraka has gathered in the last three minutes and not yet written is not in it.',
    ],
    examples: [['state export > state.jsonl', 'A backup']],
  })
  const importing = group
    .command('import')
    .description('write records from JSON lines')
    .argument('[file]', 'the file; else standard input')
    .option('--replace', 'overwrite records that are there and differ; else they are kept')
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, options: ImportOptions, self: Command) => {
      const configuration = readConfiguration(invocation, self)
      const entries = await readEntries(file ?? '-', invocation)
      const counts = await withStorage(configuration, 'write', ({ store }) =>
        importEntries(entries, options.replace === true, configuration.settings, store),
      )
      const { read, written, replaced, unchanged, kept } = counts
      await invocation.out.line(
        options.json
          ? jsonText(counts, true)
          : `read: ${read}, written: ${written}, replaced: ${replaced}, unchanged: ${unchanged}, kept: ${kept}`,
      )
      if (kept === 0) return
      await invocation.err.line(
        `exchange-enforcement: records that differ were kept: ${kept}; --replace overwrites them`,
      )
      invocation.exitCode = 1
    })
  detail(importing, {
    notes: [
      'Every line is checked before anything is written: a damaged one is named by its number, and memory stays as it was. Records that expire do so ' +
        'counted from the import. Exit code 1 where records differed and were kept.',
      orderNote,
    ],
    examples: [
      ['state import state.jsonl', 'Bring back a backup into an empty memory'],
      ['state import --replace state.jsonl', 'The file wins over what is there'],
      [
        'state export --config old/config | exchange-enforcement state import --config new/config',
        'Move to another install',
      ],
    ],
  })
  addStateMigrate(group, invocation)
}
