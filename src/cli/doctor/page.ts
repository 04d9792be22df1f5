import { areas } from './areas'
import { unfinishedCheck } from './examination'

/** `docs/doctor.md`. */
export function renderDoctorPage(): string {
  const lines = [
    '# What the doctor finds',
    '',
    '<!-- Written by test/support/generate-docs.ts from src/cli/doctor: change it there. -->',
    '',
    '`exchange-enforcement doctor` looks at a whole installation and changes nothing. Each finding has an id that stays, so that monitoring can rely on it:',
    '',
    '```sh',
    'exchange-enforcement doctor --json | jq -r \'.findings[] | select(.severity == "error") | [.id, .message] | @tsv\'',
    '```',
    '',
    'An **error** keeps the plugin from its work, and the exit code is 1. A **warning** is going to cost something. A **hint** is advice. In JSON the severity of what was looked ' +
      'at and is well is `ok`, and `unknown` where something could not be looked at; the message then says why. A finding names the file and the line where that is known: `evidence`.',
  ]
  const sections = [
    ...areas.map(({ name, checks }) => [name, Object.entries(checks)] as const),
    ['Any area', [[unfinishedCheck.id, unfinishedCheck]]] as const,
  ]
  const shown = new Set<string>()
  for (const [name, checks] of sections) {
    const fresh = checks.filter(([id]) => !shown.has(id))
    for (const [id] of fresh) shown.add(id)
    const rows = fresh.map(([id, { severity, about, remedy }]) => [
      `\`${id}\``,
      severity,
      cell(about),
      cell(remedy),
    ])
    lines.push('', `## ${name}`, '', ...table([['id', 'severity', 'what is found', 'what to do'], ...rows]))
  }
  return `${lines.join('\n')}\n`
}

/** As the formatter of this project lays it out; the first row is the head. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const [head = '', ...body] = rows.map((row) => line(row.map((text, at) => text.padEnd(widths[at] ?? 0))))
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body]
}

/** Text in which `*`, `_`, `<` and `|` mean themselves. */
function cell(text: string): string {
  return text.replace(/[*<|]/g, '\\$&')
}
