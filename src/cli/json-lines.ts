import type { ExitCode } from './failure'
import type { Invocation } from './invocation'
import { readLines, type Line } from './lines'
import { jsonText } from './json-text'

/** No header block that a mail server takes comes near it. */
const maxLineBytes = 16 * 1024 * 1024

export type Fields = Readonly<Record<string, unknown>>

/** What one line is answered with, the id left out; or why it cannot be. */
export type LineAnswer =
  { readonly ok: true; readonly value: object } | { readonly ok: false; readonly why: string }

export const badLine = (why: string): { readonly ok: false; readonly why: string } => ({ ok: false, why })

type Id = string | number | null

/**
 * Answers standard input line by line, in its order, as fast as the reader takes the answers. A line that cannot be
 * answered gives an error in its place, and exit code 1 at the end.
 */
export async function answerLines(
  invocation: Invocation,
  answer: (fields: Fields) => LineAnswer,
): Promise<ExitCode> {
  let allGood = true
  let isFirst = true
  for await (const lines of readLines(invocation.stdin, maxLineBytes)) {
    let answers = ''
    for (const line of lines) {
      const answered = answerLine(line, isFirst, answer)
      isFirst = false
      allGood &&= answered.isGood
      answers += `${jsonText(answered.value)}\n`
    }
    await invocation.out.write(answers)
  }
  return allGood ? 0 : 1
}

function answerLine(
  line: Line,
  isFirst: boolean,
  answer: (fields: Fields) => LineAnswer,
): { readonly isGood: boolean; readonly value: object } {
  const bad = (id: Id, error: string) => ({ isGood: false, value: { id, error } })
  if (line.isCut) return bad(null, `the line is longer than ${maxLineBytes} bytes`)
  // Some editors begin a file with a byte order mark.
  const parsed = parseJson(isFirst ? line.text.replace(/^\ufeff/, '') : line.text)
  if (parsed === undefined) return bad(null, 'the line is not JSON')
  if (!isFields(parsed)) return bad(null, 'the line is not a JSON object')
  const { id } = parsed
  if (typeof id !== 'string' && typeof id !== 'number') return bad(null, 'id is not a string')
  const answered = answer(parsed)
  return answered.ok ? { isGood: true, value: { id, ...answered.value } } : bad(id, answered.why)
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
