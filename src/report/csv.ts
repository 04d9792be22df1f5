import { printable } from '../rules/decision/printable'

export interface Column<R> {
  readonly heading: string
  readonly text: (row: R) => string
}

/** RFC 4180, in lines that each stand for one record. */
export function csv<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const lines = [
    columns.map(({ heading }) => heading),
    ...rows.map((row) => columns.map(({ text }) => cell(text(row)))),
  ]
  return lines.map((line) => `${line.join(',')}\r\n`).join('')
}

/**
 * Where a spreadsheet would begin to see a formula: at the beginning of a cell, and behind what separates cells in
 * countries that write 1,5; also in the wide letters of East Asia.
 */
const formula = /(^|;)(?=\s*[=+\-@＝＋－＠])/g

/** What would be taken for a formula begins with an apostrophe instead. */
function cell(text: string): string {
  const tame = printable(text).replace(formula, "$1'")
  return /[",;]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame
}
