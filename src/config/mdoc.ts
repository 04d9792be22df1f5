import type { Day } from '../rules/time'

const width = 78
const months = 'January February March April May June July August September October November December'.split(
  ' ',
)

/** Beginning of a manual page. `day` is that of its last change. */
export function prologue(name: string, section: 1 | 5, day: Day, about: string): readonly string[] {
  const [year = '', month = '', date = ''] = day.split('-')
  return [
    `.Dd ${months[Number(month) - 1] ?? month} ${Number(date)}, ${year}`,
    `.Dt ${name.toUpperCase()} ${section}`,
    '.Os',
    '.Sh NAME',
    `.Nm ${name}`,
    `.Nd ${about}`,
  ]
}

/** Running text: each sentence begins a line, no line is too long, and nothing in it is taken for a macro. */
export function prose(text: string): readonly string[] {
  return text
    .split(/(?<=[\w)}\]'"][.?!]['")]?) (?=[A-Z(]|['"]\w)/)
    .map(escaped)
    .flatMap(fold)
    .map(guarded)
}

/** A paragraph of its own. */
export function paragraph(text: string): readonly string[] {
  return ['.Pp', ...prose(text)]
}

/** Lines as they stand, indented. */
export function display(lines: readonly string[]): readonly string[] {
  return ['.Bd -literal -offset indent', ...lines.map(literal), '.Ed']
}

/** A list whose entries have heads; a head is a macro line without its dot. */
export function tagged(
  entries: readonly (readonly [head: string, body: readonly string[]])[],
): readonly string[] {
  return ['.Bl -tag -width Ds', ...entries.flatMap(([head, body]) => [`.It ${head}`, ...body]), '.El']
}

/** A word inside a macro line that is no macro itself. */
export function word(text: string): string {
  const safe = escaped(text).replaceAll('"', '\\(dq')
  // Two or three letters may be a macro, and punctuation would be set apart.
  return `${/^(?:[A-Z][a-z]{1,2}|\W.*)$/.test(text) ? '\\&' : ''}${safe}${/\W$/.test(text) ? '\\&' : ''}`
}

function literal(line: string): string {
  return guarded(escaped(line))
}

/** Backslashes, hyphens of options, which are no hyphens of words, and what is not ASCII. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replace(/--?(?=\w)|-(?=-)/g, (hyphens) => hyphens.replaceAll('-', '\\-'))
    .replace(
      /[^\x20-\x7e]/gu,
      (character) => `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? ''}]`,
    )
}

/** A line that would be taken for a macro. */
function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line
}

function fold(text: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const each of text.split(' ')) {
    if (line !== '' && line.length + 1 + each.length > width) {
      lines.push(line)
      line = each
    } else line = line === '' ? each : `${line} ${each}`
  }
  return [...lines, line]
}
