import { programName } from '../details'
import { allOf, nameOf, type CompletedCommand, type ValueKind } from './tree'

const functionName = '_exchange_enforcement'

/** Works with the bash of macOS (3.2) as well. */
export function bashCompletion(tree: CompletedCommand): string {
  const all = allOf(tree)
  const steps = all.flatMap(({ path, commands }) =>
    commands.map((command) => `      '${path}:${nameOf(command)}') at='${command.path}' ;;`),
  )
  const valued = all.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) =>
      value === null ? [] : names.map((name) => ({ path, name, value })),
    ),
  )
  const skips = valued.map(({ path, name }) => `'${path}:${name}'`)
  const values = valued.map(({ path, name, value }) => `    '${path}:${name}') ${offer(value)} return ;;`)
  const words = all.map(({ path, commands, options, argument }) => {
    const flags = options.flatMap(({ names }) => names).join(' ')
    const operands =
      commands.length > 0
        ? offer({ kind: 'words', words: commands.map(nameOf) })
        : argument
          ? offer(argument)
          : ':;'
    return `    '${path}')\n      if [[ $word == -* ]]; then ${compgen(`-W '${flags}'`)} else ${operands} fi ;;`
  })
  return `# Completion of ${programName} for bash: source <(${programName} completion bash)
${functionName}() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} at='' i
  local IFS=$'\\n'
  COMPREPLY=()
  # bash splits --option=value in three.
  if [[ $word == = ]]; then word=''; elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at:\${COMP_WORDS[i]}" in
${steps.join('\n')}
      ${skips.join(' | ')}) if [[ \${COMP_WORDS[i + 1]} == = ]]; then ((i += 2)); else ((i++)); fi ;;
    esac
  done
  case "$at:$previous" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
}
complete -F ${functionName} ${programName}
`
}

function offer(value: ValueKind): string {
  switch (value.kind) {
    case 'words':
      return compgen(`-W '${value.words.join(' ')}'`)
    case 'file':
      return `compopt -o filenames 2>/dev/null; ${compgen('-f')}`
    case 'folder':
      return `compopt -o filenames 2>/dev/null; ${compgen('-d')}`
    case 'free':
      return ':;'
  }
}

/** Words are told apart by blanks, what comes back by line ends. */
function compgen(what: string): string {
  return `COMPREPLY=($(IFS=$' \\n' compgen ${what} -- "$word"));`
}
