import type { Argument, Command, Option } from 'commander'
import { detailsOf, programName } from './details'

/** `docs/cli.md`. */
export function renderCommandReference(program: Command): string {
  const sections = [
    `# The command \`${programName}\``,
    '<!-- Written by test/support/generate-docs.ts from src/cli: change it there. -->',
    escape(program.description()),
    ...detailsOf(program).notes.map(escape),
    'These options go with every command:',
    program.createHelp().visibleOptions(program).map(optionLine).join('\n'),
    ...leaves(program).flatMap((command) => commandSections(command)),
  ]
  return `${sections.join('\n\n')}\n`
}

/** Commands that do something, in their order; groups are left out. */
export function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)
}

/** `state import`. */
export function pathOf(command: Command): string {
  const { parent } = command
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name()
}

function commandSections(command: Command): readonly string[] {
  const path = pathOf(command)
  const { notes, examples } = detailsOf(command)
  const parameters = [
    ...command.registeredArguments.map(argumentLine),
    ...command.options.map((option) => optionLine(option)),
  ]
  const shown = examples.map(([line, purpose]) => `# ${purpose}\n${programName} ${line}`)
  return [
    `## ${path}`,
    `${escape(sentence(command.description()))}`,
    `\`${programName} ${path} ${command.usage()}\``,
    ...(parameters.length > 0 ? [parameters.join('\n')] : []),
    ...notes.map(escape),
    ['```sh', shown.join('\n\n'), '```'].join('\n'),
  ]
}

function argumentLine(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return `- \`${argument.required ? `<${name}>` : `[${name}]`}\`: ${escape(argument.description)}`
}

function optionLine(option: Option): string {
  const choices = option.argChoices ? ` (${option.argChoices.join(', ')})` : ''
  const needed = option.mandatory ? ' (required)' : ''
  return `- \`${option.flags}\`: ${escape(option.description)}${choices}${needed}`
}

export function sentence(text: string): string {
  const end = /[.?]$/.test(text) ? '' : '.'
  return text.charAt(0).toUpperCase() + text.slice(1) + end
}

/** Braces three deep, as the answers of `inspect --jsonl` are. */
const braces = ['[^{}]*', '[^{}]*', '[^{}]*'].reduce(
  (inner, text) => `\\{"${text}(?:${inner}${text})*\\}`,
  '(?!)',
)
const code = new RegExp(`(${braces}|--[a-z]+)`)

/** Text in which `*`, `_` and `<` mean themselves, and JSON is code. */
function escape(text: string): string {
  return text
    .split(code)
    .map((part, at) =>
      at % 2 === 1 ? `\`${part}\`` : part.replace(/[*<[]/g, '\\$&').replace(/_(?=\W|$)/g, '\\_'),
    )
    .join('')
}
