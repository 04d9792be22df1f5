import { normaliseDomain } from '../attribution/domain'

/** Longest field that is read, in characters; real ones stay below 2 KiB (E7). */
export const maxFieldLength = 16 * 1024

/** Comments nested deeper than this are no comments of a mail server (E7). */
const maxCommentDepth = 32

export type Clause = 'from' | 'by' | 'via' | 'with' | 'id' | 'for'

export interface Comment {
  /** The clause that it stands in; `null` before the first. */
  readonly clause: Clause | null
  /** Without the outer parentheses, runs of white space as one blank. */
  readonly text: string
}

/** One Received field, taken apart. Words of a clause are joined by one blank, comments left out; absent clauses are `null`. */
export interface ReceivedField {
  /** Lower case, no trailing dot; whatever the previous client called itself. */
  readonly from: string | null
  /** Lower case, no trailing dot; `null` also where it is no host name. */
  readonly by: string | null
  readonly via: string | null
  readonly with: string | null
  readonly id: string | null
  readonly comments: readonly Comment[]
}

const clauses: ReadonlyMap<string, Clause> = new Map(
  (['from', 'by', 'via', 'with', 'id', 'for'] as const).map((clause) => [clause, clause]),
)

const maxKeywordLength = 4

// '@' stands in names that an archive made anonymous; blanks, quotes, brackets and control bytes in none.
const hostShape = /^[\p{L}\p{N}._:@[\]-]{1,255}$/u

const enum Code {
  Tab = 0x09,
  LineFeed = 0x0a,
  Return = 0x0d,
  Blank = 0x20,
  Quote = 0x22,
  Open = 0x28,
  Close = 0x29,
  Colon = 0x3a,
  Semicolon = 0x3b,
  Backslash = 0x5c,
}

/** Where the value of `field` begins, if its name is `name` (lower case, any case in the field); -1 otherwise. */
export function valueOf(field: string, name: string): number {
  for (let i = 0; i < name.length; i++) {
    const code = field.charCodeAt(i)
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code
    if (lower !== name.charCodeAt(i)) return -1
  }
  let at = name.length
  // Blanks before the colon are obsolete, but some still write them.
  while (field.charCodeAt(at) === Code.Blank || field.charCodeAt(at) === Code.Tab) at++
  return field.charCodeAt(at) === Code.Colon ? at + 1 : -1
}

/**
 * Takes a raw Received field apart, folded or not (E2). `null`: no Received field, too long, or comments nested
 * too deep. Reads every character a fixed number of times and never throws (E7).
 */
export function parseReceived(field: string): ReceivedField | null {
  if (field.length > maxFieldLength) return null
  const start = valueOf(field, 'received')
  if (start < 0) return null
  const scanned = scan(field, start, true)
  return scanned && sort(scanned)
}

interface Scanned {
  readonly words: readonly string[]
  /** `before`: how many words stand in front of the comment. */
  readonly comments: readonly { readonly before: number; readonly text: string }[]
}

/** `quotes`: whether a quote opens a string; not in a field where one is never closed. */
function scan(field: string, start: number, quotes: boolean): Scanned | null {
  const words: string[] = []
  const comments: { before: number; text: string }[] = []
  let unmatched: ReadonlySet<number> | null = null
  let commentsClose = true
  let at = start
  while (at < field.length) {
    const code = field.charCodeAt(at)
    if (code === Code.Semicolon) break // the date follows
    if (isSpace(code)) {
      at++
      continue
    }
    if (code === Code.Open && commentsClose && !unmatched?.has(at)) {
      const end = endOfComment(field, at)
      if (end === 'too-deep') return null
      if (end !== 'open') {
        comments.push({ before: words.length, text: collapse(field.slice(at + 1, end)) })
        at = end + 1
        continue
      }
      // A damaged line, or an EHLO name with a parenthesis in it: the clauses behind it still count.
      // Backslashes can hide a second one: then none counts, since looking again and again takes square time.
      if (unmatched) commentsClose = false
      else unmatched = unmatchedParentheses(field, at)
    }
    const end = endOfWord(field, at, quotes)
    if (end === null) return scan(field, start, false)
    words.push(field.slice(at, end))
    at = end
  }
  return { words, comments }
}

function isSpace(code: number): boolean {
  return code === Code.Blank || code === Code.Tab || code === Code.LineFeed || code === Code.Return
}

/** Position of the parenthesis that closes the comment opened at `open`. */
function endOfComment(field: string, open: number): number | 'open' | 'too-deep' {
  let depth = 0
  for (let at = open; at < field.length; at++) {
    const code = field.charCodeAt(at)
    if (code === Code.Backslash) at++
    else if (code === Code.Open && ++depth > maxCommentDepth) return 'too-deep'
    else if (code === Code.Close && --depth === 0) return at
  }
  return 'open'
}

function unmatchedParentheses(field: string, from: number): ReadonlySet<number> {
  const open: number[] = []
  for (let at = from; at < field.length; at++) {
    const code = field.charCodeAt(at)
    if (code === Code.Backslash) at++
    else if (code === Code.Open) open.push(at)
    else if (code === Code.Close) open.pop()
  }
  return new Set(open)
}

/** A word ends at white space, a comment or the date; a quoted string inside may hold all of these. `null`: it never ends. */
function endOfWord(field: string, start: number, quotes: boolean): number | null {
  let at = start
  do {
    if (quotes && field.charCodeAt(at) === Code.Quote) {
      const close = endOfQuote(field, at)
      if (close === null) return null
      at = close
    }
    at++
  } while (at < field.length && !endsWord(field.charCodeAt(at)))
  return at
}

function endsWord(code: number): boolean {
  return isSpace(code) || code === Code.Open || code === Code.Semicolon
}

function endOfQuote(field: string, open: number): number | null {
  for (let at = open + 1; at < field.length; at++) {
    const code = field.charCodeAt(at)
    if (code === Code.Backslash) at++
    else if (code === Code.Quote) return at
  }
  return null
}

function collapse(text: string): string {
  return text.replace(/[ \t\r\n]+/g, ' ').trim()
}

/** Most words are longer than any keyword and need no look-up. */
function clauseOf(word: string): Clause | undefined {
  return word.length > maxKeywordLength ? undefined : clauses.get(word.toLowerCase())
}

/** Gives every word and comment to its clause. The first clause of a kind counts. */
function sort({ words, comments }: Scanned): ReceivedField {
  const found = new Map<Clause, string[]>()
  const clauseAt: (Clause | null)[] = []
  const lastBy = words.findLastIndex((word) => clauseOf(word) === 'by')
  let clause: Clause | null = null
  let current: string[] = []
  words.forEach((word, index) => {
    const keyword = clauseOf(word)
    // What follows `from` was chosen by the client before: it may call itself `by`.
    const named = clause === 'from' && current.length === 0 && index < lastBy
    if (keyword && !named) {
      clause = keyword
      current = []
      if (!found.has(keyword)) found.set(keyword, current)
    } else current.push(word)
    clauseAt.push(clause)
  })
  const joined = (name: Clause) => found.get(name)?.join(' ') || null
  const host = (name: Clause) => {
    const word = found.get(name)?.[0]
    return word ? normaliseDomain(word) : null
  }
  const by = host('by')
  return {
    from: host('from'),
    by: by && hostShape.test(by) ? by : null,
    via: joined('via'),
    with: joined('with'),
    id: joined('id'),
    comments: comments.map(({ before, text }) => ({ clause: clauseAt[before - 1] ?? null, text })),
  }
}
