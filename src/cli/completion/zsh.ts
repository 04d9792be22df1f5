import { programName } from '../details'
import { allOf, nameOf, type CompletedCommand, type ValueKind } from './tree'

const functionName = '_exchange_enforcement'

/** As a file on `fpath`, or sourced after `compinit`. */
export function zshCompletion(tree: CompletedCommand): string {
  const all = allOf(tree)
  const steps = all.flatMap(({ path, commands }) =>
    commands.map((command) => `      '${path}:${nameOf(command)}') at='${command.path}' ;;`),
  )
  const valued = all.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) =>
      value === null ? [] : names.map((name) => ({ path, name, value })),
    ),
  )
  const values = valued.map(({ path, name, value }) => `    '${path}:${name}') ${offer(value)}; return ;;`)
  const words = all.map(({ path, commands, options, argument }) => {
    const flags = options.flatMap(({ names, about }) => names.map((name) => described(name, about)))
    const operands =
      commands.length > 0
        ? `listed=(${commands.map((each) => described(nameOf(each), each.about)).join(' ')}); _describe command listed`
        : argument
          ? offer(argument)
          : ':'
    return `    '${path}')
      if [[ $word == -* ]]; then listed=(${flags.join(' ')}); _describe -o option listed; else ${operands}; fi ;;`
  })
  return `#compdef ${programName}
# Completion of ${programName} for zsh: source <(${programName} completion zsh)
${functionName}() {
  local word=$words[CURRENT] previous=$words[CURRENT-1] at=''
  local -a listed
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    case "$at:$words[i]" in
${steps.join('\n')}
      ${valued.map(({ path, name }) => `'${path}:${name}'`).join(' | ')}) ((i++)) ;;
    esac
  done
  case "$at:$previous" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
}
if [[ $funcstack[1] == _${programName} ]]; then
  ${functionName} "$@"
else
  compdef ${functionName} ${programName}
fi
`
}

function offer(value: ValueKind): string {
  switch (value.kind) {
    case 'words':
      return `compadd -- ${value.words.map(quoted).join(' ')}`
    case 'file':
      return '_files'
    case 'folder':
      return '_files -/'
    case 'free':
      return ':'
  }
}

function described(name: string, about: string): string {
  return quoted(`${name}:${about}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
