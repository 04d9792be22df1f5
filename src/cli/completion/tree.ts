import type { Argument, Command, Option } from 'commander'

/** What can stand for a value. */
export type ValueKind =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'folder' }
  /** Names, dates, numbers: nothing that a shell could offer. */
  | { readonly kind: 'free' }

export interface CompletedOption {
  /** With its hyphens. */
  readonly names: readonly string[]
  readonly about: string
  /** `null`: the option takes no value. */
  readonly value: ValueKind | null
}

/** A command as a shell needs to know it. */
export interface CompletedCommand {
  /** Words behind the program's name: `state import`; empty for the program itself. */
  readonly path: string
  readonly about: string
  readonly commands: readonly CompletedCommand[]
  readonly options: readonly CompletedOption[]
  /** Of its arguments; `null`: it takes none. */
  readonly argument: ValueKind | null
}

/** The whole tree, as `--help` shows it. */
export function completedTree(program: Command): CompletedCommand {
  return completed(program, '', program)
}

/** A command and all below it. */
export function allOf(command: CompletedCommand): readonly CompletedCommand[] {
  return [command, ...command.commands.flatMap(allOf)]
}

/** The last word of its path. */
export function nameOf({ path }: CompletedCommand): string {
  return path.slice(path.lastIndexOf(' ') + 1)
}

function completed(command: Command, path: string, program: Command): CompletedCommand {
  const help = command.createHelp()
  const below = help.visibleCommands(command)
  const names = below.map((each) => each.name()).filter((name) => name !== 'help')
  const own = help.visibleOptions(command)
  const options =
    command === program ? own : [...own, ...program.options.filter(({ long }) => long !== '--version')]
  const [argument] = command.registeredArguments
  return {
    path,
    about: command.description(),
    commands: below.map((each) => {
      const name = `${path} ${each.name()}`.trim()
      // `help` is made by commander, and takes the name of a command.
      return each.name() === 'help'
        ? {
            path: name,
            about: each.description(),
            commands: [],
            options: [],
            argument: { kind: 'words', words: names },
          }
        : completed(each, name, program)
    }),
    options: options.map(completedOption),
    argument: argument ? valueOf(argument, argument.name()) : null,
  }
}

function completedOption(option: Option): CompletedOption {
  const { short, long, description } = option
  const takesValue = option.required || option.optional
  const placeholder = /[<[]([\w-]+)/.exec(option.flags)?.[1] ?? ''
  return {
    names: [short, long].filter((name) => name !== undefined),
    about: description,
    value: takesValue ? valueOf(option, placeholder) : null,
  }
}

function valueOf({ argChoices }: Argument | Option, placeholder: string): ValueKind {
  if (argChoices) return { kind: 'words', words: argChoices }
  if (/file|path|url/i.test(placeholder)) return { kind: 'file' }
  return { kind: /folder|dir/i.test(placeholder) ? 'folder' : 'free' }
}
