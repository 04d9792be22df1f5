import { isClose, isMissed } from './figure'
import type { Figure, Limit } from './figure'
import type { Machine } from './machine'

function amount(value: number, unit: string): string {
  if (!Number.isFinite(value)) return '?'
  const digits = unit === '' ? 3 : Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return unit === '' ? value.toFixed(digits) : `${value.toFixed(digits)} ${unit}`
}

function limitText(limit: Limit | null, unit: string): string {
  if (limit === null) return ''
  const [sign, value] = 'atLeast' in limit ? ['≥', limit.atLeast] : ['≤', limit.atMost]
  return `${sign} ${String(value)}${unit === '' ? '' : ` ${unit}`}`
}

function verdict(figure: Figure): string {
  if (figure.limit === null) return ''
  return `${isMissed(figure) ? 'MISSED' : 'ok'}${isClose(figure) ? ', close' : ''}`
}

function row(figure: Figure): string[] {
  const { name, value, unit, limit, note } = figure
  const spread =
    value.samples > 1 ? `${amount(value.low, '').replace(/\.?0+$/, '')}–${amount(value.high, unit)}` : ''
  return [
    name,
    amount(value.median, unit),
    unit === ''
      ? spread
      : value.samples > 1
        ? `${amount(value.low, unit)} – ${amount(value.high, unit)}`
        : '',
    limitText(limit, unit),
    verdict(figure),
    note,
  ]
}

const columns = ['', 'median', 'middle half', 'limit', '', '']

function groupsOf(figures: readonly Figure[]): Map<string, Figure[]> {
  const groups = new Map<string, Figure[]>()
  for (const figure of figures) groups.set(figure.group, [...(groups.get(figure.group) ?? []), figure])
  return groups
}

/** For a terminal. */
export function plainTable(figures: readonly Figure[]): string {
  const rows = figures.map(row)
  const widths = columns.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const lines: string[] = []
  for (const [group, members] of groupsOf(figures)) {
    lines.push('', group, line(columns), ...members.map((figure) => line(lastLeft(row(figure), widths))))
  }
  return lines.join('\n')
}

function lastLeft(cells: readonly string[], widths: readonly number[]): string[] {
  return cells.map((cell, column) => (column === cells.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell))
}

export function markdownTable(figures: readonly Figure[], machine: Machine): string {
  const lines = [
    `Measured ${machine.date} on ${machine.processor}, ${machine.system}, Node.js ${machine.node}; load before: ${machine.load.toFixed(2)}.`,
  ]
  for (const [group, members] of groupsOf(figures)) {
    const rows = members.map(row)
    lines.push('', `### ${group}`, '')
    lines.push('| | median | middle half | limit | | |', '| --- | ---: | ---: | ---: | --- | --- |')
    lines.push(...rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`))
  }
  return lines.join('\n')
}

export function summary(figures: readonly Figure[]): string {
  const judged = figures.filter(({ limit }) => limit !== null)
  const missed = judged.filter(isMissed)
  if (judged.length === 0) return 'No limit was measured.'
  if (missed.length === 0) return `All ${String(judged.length)} limits are kept.`
  const names = missed.map(({ group, name }) => `  ${group}: ${name}`)
  return `${String(missed.length)} of ${String(judged.length)} limits MISSED:\n${names.join('\n')}`
}
