import { printable } from '../rules/decision/printable'
import type { Day } from '../rules/time'
import type { ImportedConnector, Remark } from './imported-connector'

const lineLength = 110

/** Sections as they go into the connectors file, each below comments that say what it was and what no key stands for. */
export function printImport(connectors: readonly ImportedConnector[], day: Day): string {
  return connectors.map((connector) => printSection(connector, day)).join('\n')
}

function printSection({ name, id, leftOut, keys, remarks }: ImportedConnector, day: Day): string {
  const lines = [...keys].map(([key, text]) => `${key} = ${text}`)
  const section = [`[${id}]`, ...lines]
  const notes = [
    `'${printable(name)}' of Get-InboundConnector, imported on ${day}`,
    ...(leftOut === null ? [] : [`left out: ${leftOut}`]),
    ...remarks.flatMap((remark) => (remark.effect === 'look' ? `look at ${remarkText(remark)}` : [])),
    ...withoutEffect(remarks),
  ]
  return [
    ...notes.flatMap((note) => comment(note)),
    ...(leftOut === null ? section : section.map((line) => `;${line}`)),
    '',
  ].join('\n')
}

/** `RequireTls (True): …`, for comments and messages. */
export function remarkText({ field, found, text }: Remark): string {
  return `${printable(field)}${found === null ? '' : ` (${printable(found)})`}: ${text}`
}

function withoutEffect(remarks: readonly Remark[]): readonly string[] {
  const fields = fieldsWithoutEffect(remarks)
  return fields.length === 0 ? [] : [`without effect here: ${fields.join(', ')}`]
}

export function fieldsWithoutEffect(remarks: readonly Remark[]): readonly string[] {
  return remarks.flatMap(({ effect, field }) => (effect === 'none' ? printable(field) : []))
}

/** A backslash at the end would join the next line for readers other than ours. */
function comment(note: string): readonly string[] {
  const lines: string[] = []
  let line = ';'
  for (const word of note.split(' ')) {
    if (line.length > 3 && line.length + 1 + word.length > lineLength) {
      lines.push(line)
      line = ';  '
    }
    line += ` ${word}`
  }
  return [...lines, line].map((each) => each.replace(/\\+$/, ''))
}
