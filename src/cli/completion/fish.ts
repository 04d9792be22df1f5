import { programName } from '../details'
import { allOf, nameOf, type CompletedCommand, type CompletedOption, type ValueKind } from './tree'

const helper = '__exchange_enforcement_at'

export function fishCompletion(tree: CompletedCommand): string {
  const all = allOf(tree)
  const valued = new Set(
    all.flatMap(({ options }) => options.flatMap(({ names, value }) => (value === null ? [] : names))),
  )
  const steps = all.flatMap(({ path, commands }) =>
    commands.map(
      (command) =>
        `            case ${quoted(`${path}:${nameOf(command)}`)}\n                set at ${quoted(command.path)}`,
    ),
  )
  const lines = all.flatMap((command) => [
    ...command.commands.map((each) =>
      complete(command.path, `-a ${quoted(nameOf(each))} -d ${quoted(each.about)}`),
    ),
    ...command.options.map((option) => complete(command.path, flags(option))),
    ...operand(command),
  ])
  return `# Completion of ${programName} for fish: ${programName} completion fish | source
function ${helper} --description 'Whether the command line is at this command'
    set -l at ''
    set -l skips 0
    for word in (commandline -opc)[2..]
        if test $skips = 1
            set skips 0
            continue
        end
        switch "$at:$word"
${steps.join('\n')}
            case ${[...valued].map((name) => quoted(`*:${name}`)).join(' ')}
                set skips 1
        end
    end
    test "$at" = "$argv[1]"
end
complete -c ${programName} -f
${lines.join('\n')}
`
}

function operand({ path, argument }: CompletedCommand): readonly string[] {
  const offered = argument && offer(argument)
  return offered === null ? [] : [complete(path, offered)]
}

function complete(path: string, what: string): string {
  return `complete -c ${programName} -n ${quoted(`${helper} "${path}"`)} ${what}`
}

function flags({ names, about, value }: CompletedOption): string {
  const spelled = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  // -x: a value is needed, and it is no file unless said so.
  return [...spelled, ...(value === null ? [] : valueOf(value)), `-d ${quoted(about)}`].join(' ')
}

function valueOf(value: ValueKind): readonly string[] {
  if (value.kind === 'file') return ['-r', '-F']
  const offered = offer(value)
  return offered === null ? ['-x'] : ['-x', offered]
}

/** `null`: nothing can be offered. */
function offer(value: ValueKind): string | null {
  switch (value.kind) {
    case 'words':
      return `-a ${quoted(value.words.join(' '))}`
    case 'file':
      return '-F'
    case 'folder':
      return "-a '(__fish_complete_directories)'"
    case 'free':
      return null
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
