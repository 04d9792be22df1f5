import type { Command } from 'commander'
import {
  CatalogueError,
  CatalogueFile,
  cataloguePaths,
  packagedCataloguePath,
} from '../config/catalogue-file'
import { formatSettings, printSettings } from '../config/print-settings'
import type { ConfigProblem } from '../config/problem'
import { checkSettings, findFolder, readConfiguration } from './configuration'
import { detail } from './details'
import type { Invocation } from './invocation'
import { printable } from '../rules/decision/printable'
import { jsonText } from './json-text'
import { tellProblems } from './problems'

interface Options {
  readonly json?: boolean
}

export function addConfig(program: Command, invocation: Invocation): void {
  const group = program.command('config').description('the configuration')
  const check = group
    .command('check')
    .description('is the configuration valid?')
    .option('--json', 'print JSON')
    .action(async (options: Options, self: Command) => {
      const folder = findFolder(invocation, self)
      const { catalogue, problems } = openCatalogue(folder)
      const result = checkSettings(folder, catalogue.current)
      invocation.exitCode = await tellProblems(
        {
          folder,
          problems: [...(result.ok ? [] : result.problems), ...problems],
          warnings: result.warnings,
        },
        'the configuration is valid',
        options.json === true,
        invocation,
      )
    })
  detail(check, {
    notes: [
      'Both files, the catalogue beside them, and what Haraka would drop silently are checked as the plugin checks them. Warnings are worth a look and refuse nothing.',
    ],
    examples: [
      ['config check', 'Before Haraka is started or the files are saved'],
      ['config check --config /etc/haraka/config --json', 'For a deployment script'],
    ],
  })
  const show = group
    .command('show')
    .description('the effective configuration, defaults filled in and secrets masked')
    .option('--json', 'print JSON')
    .action(async (options: Options, self: Command) => {
      const { settings } = readConfiguration(invocation, self)
      const text = options.json
        ? jsonText(printSettings(settings, 'masked'), true)
        : formatSettings(settings).trimEnd().split('\n').map(printable).join('\n')
      await invocation.out.line(text)
    })
  detail(show, {
    notes: [],
    examples: [['config show', 'What holds, as the two files would have to say it']],
  })
}

/** A catalogue that is refused is a finding; the names of its products are then taken from the packaged one. */
function openCatalogue(folder: string | null): {
  readonly catalogue: CatalogueFile
  readonly problems: readonly ConfigProblem[]
} {
  try {
    return { catalogue: new CatalogueFile(cataloguePaths(folder)), problems: [] }
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error
    const problems = error.problems.map(({ field, problem }) => ({
      file: error.file,
      section: null,
      key: field === '' ? null : field,
      line: null,
      found: null,
      message: problem,
      allowed: null,
    }))
    return { catalogue: new CatalogueFile([packagedCataloguePath()]), problems }
  }
}
