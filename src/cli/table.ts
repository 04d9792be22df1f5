import type { Column } from '../report/csv'
import { printable } from '../rules/decision/printable'

/** Columns side by side, for people. */
export function textTable<R>(columns: readonly Column<R>[], rows: readonly R[]): readonly string[] {
  const cells = [
    columns.map(({ heading }) => heading.toUpperCase()),
    ...rows.map((row) => columns.map(({ text }) => printable(text(row)))),
  ]
  const widths = columns.map((_, at) =>
    cells.reduce((most, line) => Math.max(most, line[at]?.length ?? 0), 0),
  )
  return cells.map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** `label  text`, the text below itself where it does not fit into `columns`. */
export function facts(
  rows: readonly (readonly [label: string, text: string | null])[],
  columns: number,
  indent = '  ',
): readonly string[] {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== null)
  const width = Math.max(0, ...shown.map(([label]) => label.length)) + 2
  const room = Math.max(20, columns - indent.length - width)
  return shown.flatMap(([label, text]) =>
    fold(printable(text), room).map((line, at) => `${indent}${(at === 0 ? label : '').padEnd(width)}${line}`),
  )
}

function fold(text: string, room: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
