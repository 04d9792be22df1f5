import type { Command } from 'commander'

/** What `--help` and the page of the commands show beyond what commander knows. */
export interface Details {
  /** Paragraphs. */
  readonly notes: readonly string[]
  /** What to type, behind `exchange-enforcement `, and what it is for. */
  readonly examples: readonly (readonly [command: string, purpose: string])[]
}

export const programName = 'exchange-enforcement'

const known = new WeakMap<Command, Details>()

/** Attaches them to a command, and to its `--help`. */
export function detail(command: Command, details: Details): Command {
  known.set(command, details)
  const notes = details.notes.map((note) => `\n${wrapped(note)}\n`)
  const examples = details.examples.map(([line, purpose]) => `  # ${purpose}\n  ${programName} ${line}\n`)
  return command.addHelpText('after', `${notes.join('')}\nExamples:\n${examples.join('')}`.trimEnd())
}

export function detailsOf(command: Command): Details {
  return known.get(command) ?? { notes: [], examples: [] }
}

/** Lines of 90 characters at most where blanks allow it. */
export function wrapped(text: string, columns = 90): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].join('\n')
}
