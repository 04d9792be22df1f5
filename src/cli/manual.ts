import type { Argument, Command, Option } from 'commander'
import { display, paragraph, prologue, prose, tagged, word } from '../config/mdoc'
import { connectorsFile, mainFile } from '../config/schema'
import type { Day } from '../rules/time'
import { detailsOf, programName } from './details'
import { leaves, pathOf, sentence } from './reference'

/** `exchange-enforcement(1)`. */
export function renderCommandManual(program: Command, day: Day): string {
  const commands = leaves(program)
  const lines = [
    ...prologue(programName, 1, day, 'the command line of the Haraka plugin of that name'),
    '.Sh SYNOPSIS',
    ...['.Nm', '.Op Fl \\-config Ar folder', '.Ar command', '.Op Ar argument ...'],
    ...['.Nm', '.Op Ar command', '.Fl \\-help'],
    ...['.Nm', '.Fl \\-version'],
    '.Sh DESCRIPTION',
    ...prose(
      'The plugin recognises Exchange servers that are out of support or far behind on security updates, by the build that they write into the mail they send. ' +
        'It reports them, then delays (450) and finally refuses (550) their mail in eight stages over 90 days, and lets them through again with the first message that shows a patched build. ' +
        'This command judges messages and configuration by the same rules, shows what the plugin remembers, and gives tenants time.',
    ),
    ...paragraph(
      'Commands that only read may run beside Haraka at any time. With LMDB run those that write as the user of Haraka.',
    ),
    ...paragraph('These options go with every command:'),
    ...options(program.createHelp().visibleOptions(program)),
    '.Sh COMMANDS',
    ...commands.flatMap(commandSection),
    '.Sh ENVIRONMENT',
    ...tagged([
      ['Ev HARAKA', prose("Haraka's own folder; its folder config is used where --config names none.")],
      ['Ev DEBUG', prose('If it is set, an error is followed by where it came from.')],
      ['Ev NO_COLOR', prose('If it is set, nothing is coloured.')],
    ]),
    '.Sh FILES',
    ...tagged([
      [`Pa config/${mainFile}`, prose('What the plugin does.')],
      [`Pa config/${connectorsFile}`, prose('Whose sessions are looked at.')],
      [
        'Pa config/exchange\\-enforcement.catalogue.json',
        prose('Builds, floors and vulnerabilities, where the packaged file is not to be used.'),
      ],
      ['Pa exchange\\-enforcement/', prose("Memory in LMDB, in Haraka's own folder.")],
    ]),
    '.Sh EXIT STATUS',
    ...tagged([
      ['0', prose('Done.')],
      [
        '1',
        prose(
          'The answer is no: the configuration is invalid, nothing was found, or something could not be done.',
        ),
      ],
      ['2', prose('Wrong usage.')],
    ]),
    '.Sh EXAMPLES',
    // The first paragraph needs no break before it.
    ...commands.flatMap(exampleParagraphs).slice(1),
    '.Sh SEE ALSO',
    '.Xr exchange-enforcement.connectors.ini 5 ,',
    '.Xr exchange-enforcement.ini 5',
  ]
  return `${lines.join('\n')}\n`
}

function commandSection(command: Command): readonly string[] {
  const { notes } = detailsOf(command)
  return [
    `.Ss ${pathOf(command)}`,
    '.Nm',
    ...pathOf(command)
      .split(' ')
      .map((each) => `.Cm ${word(each)}`),
    ...(command.options.length > 0 ? ['.Op Ar options'] : []),
    ...command.registeredArguments.map(argumentMacro),
    ...paragraph(sentence(command.description())),
    ...tagged([
      ...command.registeredArguments.map(
        (argument) => [`Ar ${word(argument.name())}`, prose(described(argument))] as const,
      ),
      ...command.options.map((option) => [optionMacro(option), prose(described(option))] as const),
    ]),
    ...notes.flatMap(paragraph),
  ]
}

function exampleParagraphs(command: Command): readonly string[] {
  return detailsOf(command).examples.flatMap(([line, purpose]) => [
    ...paragraph(purpose.endsWith('?') ? purpose : `${purpose}:`),
    ...display([`${programName} ${line}`]),
  ])
}

function options(given: readonly Option[]): readonly string[] {
  return tagged(given.map((option) => [optionMacro(option), prose(described(option))]))
}

function argumentMacro(argument: Argument): string {
  const name = `Ar ${word(argument.name())}${argument.variadic ? ' ...' : ''}`
  return argument.required ? `.${name}` : `.Op ${name}`
}

/** `-h, --help` → `Fl h , Fl \-help`; a value follows as `Ar`. */
function optionMacro({ short, long, flags }: Option): string {
  const names = [short, long].flatMap((name) =>
    name === undefined ? [] : `Fl ${name.slice(1).replace(/^-/, '\\-')}`,
  )
  const [, value = ''] = /[<[]([\w-]+)/.exec(flags) ?? []
  return `${names.join(' , ')}${value === '' ? '' : ` Ar ${word(value)}`}`
}

function described(of: Argument | Option): string {
  const choices = of.argChoices ? ` One of: ${of.argChoices.join(', ')}.` : ''
  const needed = 'mandatory' in of && of.mandatory ? ' Required.' : ''
  return `${sentence(of.description)}${needed}${choices}`
}
