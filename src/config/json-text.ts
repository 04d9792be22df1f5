import type { Reading } from './values'

/** Where in a text, both counted from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

export type JsonReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly at: TextPlace; readonly why: string }

/**
 * The text of a file that may come from Windows: UTF-8, or UTF-16 as `>` of Windows PowerShell 5 writes it, with or without a
 * byte order mark, which is left out.
 */
export function decodeText(bytes: Buffer): Reading<string> {
  const encoding = encodingOf(bytes)
  try {
    return { ok: true, value: new TextDecoder(encoding, { fatal: true }).decode(bytes) }
  } catch {
    return {
      ok: false,
      why: 'is neither UTF-8 nor UTF-16; write it with Out-File -Encoding utf8',
    }
  }
}

/** JSON text begins with two characters of ASCII, so that a zero byte among them tells UTF-16. */
function encodingOf(bytes: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be'
  return 'utf-8'
}

/** Like `JSON.parse`, whose message names no place in all versions of Node.js. Never throws. */
export function readJson(text: string): JsonReading {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    const { offset, why } = new JsonScanner(text).fault()
    return { ok: false, at: placeOf(text, offset), why }
  }
}

function placeOf(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

const blanks = /[ \t\n\r]*/y
/** All characters but the quote, the backslash and those below the blank. */
const text = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y

type Expected = 'a value' | 'a value or ]' | 'a name in quotes' | 'a name in quotes or }' | ':' | 'an end'

/** Looks for the first place at which a text stops being JSON. */
class JsonScanner {
  #at = 0
  readonly #open: ('{' | '[')[] = []

  constructor(private readonly text: string) {}

  fault(): { readonly offset: number; readonly why: string } {
    let expected: Expected | null = 'a value'
    for (;;) {
      this.#take(blanks)
      const next: Expected | null = this.#step(expected)
      if (next === null) break
      expected = next
    }
    const wanted = expected === 'an end' ? this.#ending() : expected
    const rest = this.text.slice(this.#at)
    if (rest === '') return { offset: this.#at, why: `the text ends where ${wanted} is expected` }
    const found = rest.startsWith('"') ? 'a text without its end, or with a character it must not hold' : null
    return { offset: this.#at, why: `${wanted} is expected here${found === null ? '' : `, not ${found}`}` }
  }

  /** What comes next; `null` where nothing of what is expected stands here. */
  #step(expected: Expected): Expected | null {
    switch (expected) {
      case ':':
        return this.#takeOne(':') ? 'a value' : null
      case 'a name in quotes or }':
        if (this.#takeOne('}')) return this.#close()
        return this.#take(text) ? ':' : null
      case 'a name in quotes':
        return this.#take(text) ? ':' : null
      case 'a value or ]':
        if (this.#takeOne(']')) return this.#close()
        return this.#value()
      case 'a value':
        return this.#value()
      case 'an end':
        return this.#end()
    }
  }

  #value(): Expected | null {
    if (this.#takeOne('{')) {
      this.#open.push('{')
      return 'a name in quotes or }'
    }
    if (this.#takeOne('[')) {
      this.#open.push('[')
      return 'a value or ]'
    }
    return this.#take(text) || this.#take(scalar) ? 'an end' : null
  }

  #end(): Expected | null {
    const inside = this.#open.at(-1)
    if (inside === undefined) return null
    if (this.#takeOne(',')) return inside === '{' ? 'a name in quotes' : 'a value'
    return this.#takeOne(inside === '{' ? '}' : ']') ? this.#close() : null
  }

  #close(): Expected {
    this.#open.pop()
    return 'an end'
  }

  #ending(): string {
    const inside = this.#open.at(-1)
    if (inside === undefined) return 'the end of the text'
    return inside === '{' ? ', or }' : ', or ]'
  }

  #takeOne(character: string): boolean {
    if (this.text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #take(shape: RegExp): boolean {
    shape.lastIndex = this.#at
    if (!shape.test(this.text)) return false
    this.#at = shape.lastIndex
    return true
  }
}
