import type { ConfigProblem } from './problem'

/** One file as it was read. */
export interface RawFile {
  readonly path: string
  readonly text: string
}

/** One value as written: haraka-config would have made `15.1` of `15.10` and `7` of `007`. */
export interface IniValue {
  readonly text: string
  readonly file: string
  readonly line: number
  /** Written as `key[] = …`, once per item; the items are joined with commas. */
  readonly isArray: boolean
}

export interface IniSection {
  readonly file: string
  readonly line: number
  readonly values: ReadonlyMap<string, IniValue>
}

export type IniSections = ReadonlyMap<string, IniSection>

export interface IniDocument {
  readonly path: string
  readonly sections: IniSections
  readonly problems: readonly ConfigProblem[]
}

export interface IniOptions {
  /** Whether a section may be opened a second time; haraka-config would add to the first silently. */
  readonly repeatedSections: 'join' | 'refuse'
}

interface OpenSection {
  readonly file: string
  readonly line: number
  readonly values: Map<string, IniValue>
}

const sectionShape = /^\s*\[([^\]]*)\]\s*$/
const keyShape = /^[\w@:._+\-/[\]]+/
const arrayKeyShape = /^(.+)\[\]$/
const unsafeNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads ini text by the rules of haraka-config 1.7, but keeps every value as written and reports each line that
 * haraka-config would drop or take in an unexpected way. Never throws.
 */
export function parseIni(file: RawFile, options: IniOptions): IniDocument {
  const reader = new IniReader(file.path, options)
  file.text.split(/\r\n|\r|\n/).forEach((line, index) => reader.take(line, index + 1))
  reader.end()
  return { path: file.path, sections: reader.sections, problems: reader.problems }
}

class IniReader {
  readonly sections = new Map<string, OpenSection>()
  readonly problems: ConfigProblem[] = []
  private name = 'main'
  private current: OpenSection | null = null
  private pending: { readonly text: string; readonly line: number } | null = null

  constructor(
    private readonly path: string,
    private readonly options: IniOptions,
  ) {}

  take(line: string, number: number): void {
    const start = line.trimStart()
    if (start === '') return
    if (start.startsWith(';') || start.startsWith('#')) {
      // To haraka-config such a line is no comment, and a backslash at its end would swallow the next one.
      if (/[\u2028\u2029]/.test(start)) {
        this.refuse(number, null, null, 'a comment cannot hold the line separators U+2028 and U+2029')
      }
      return
    }

    const section = sectionShape.exec(line)
    if (section) {
      this.dropPending('runs into a section; take away the backslash')
      this.open((section[1] ?? '').trim(), number)
      return
    }

    const continued = /\\[ \t]*$/.test(line)
    const text = (this.pending?.text ?? '') + (continued ? line.replace(/\\[ \t]*$/, '') : line)
    const from = this.pending?.line ?? number
    this.pending = continued ? { text, line: from } : null
    if (!continued) this.assign(text, from)
  }

  end(): void {
    this.dropPending('ends with the file; take away the backslash')
  }

  private open(name: string, line: number): void {
    this.name = name
    this.current = null
    if (name === '' || unsafeNames.has(name)) {
      this.refuse(line, null, null, `a section cannot be named '${name}'`)
      this.current = { file: this.path, line, values: new Map() }
      return
    }
    const before = this.sections.get(name)
    if (before && this.options.repeatedSections === 'refuse') {
      this.refuse(line, null, null, `the section was already opened in line ${before.line}`)
    }
    this.section(line)
  }

  private section(line: number): OpenSection {
    const open = this.current ??
      this.sections.get(this.name) ?? { file: this.path, line, values: new Map<string, IniValue>() }
    if (!this.current) this.sections.set(this.name, open)
    this.current = open
    return open
  }

  private assign(text: string, line: number): void {
    const body = text.trimStart()
    const name = keyShape.exec(body)?.[0] ?? ''
    const rest = body.slice(name.length).trim()
    if (name === '' || (rest !== '' && !rest.startsWith('=')) || /[\u2028\u2029]/.test(rest)) {
      // What stands behind = may be a password.
      this.refuse(line, null, body.split('=', 1)[0]?.trim() ?? '', lineFault(body))
      return
    }
    if (rest === '') {
      const broken = name.startsWith('[') ? 'a section needs both brackets, [name]' : 'the key has no value'
      this.refuse(line, name.startsWith('[') ? null : name, name, `${broken}; write key = value`)
      return
    }
    const array = arrayKeyShape.exec(name)
    const key = array?.[1] ?? name
    if (/[[\]]/.test(key)) {
      this.refuse(line, null, name, 'brackets belong around a section, or as [] at the very end of a key')
      return
    }
    if (unsafeNames.has(key)) {
      this.refuse(line, key, null, `a key cannot be named '${key}'`)
      return
    }
    this.put(key, rest.slice(1).trim(), line, array !== null)
  }

  private put(key: string, text: string, line: number, isArray: boolean): void {
    const section = this.section(line)
    const before = section.values.get(key)
    if (before?.isArray && isArray) {
      section.values.set(key, { ...before, text: `${before.text}, ${text}` })
      return
    }
    if (before) {
      this.refuse(line, key, null, `the key was already set in line ${before.line}; keep one of the two`)
      return
    }
    section.values.set(key, { text, file: this.path, line, isArray })
  }

  private dropPending(why: string): void {
    if (this.pending) this.refuse(this.pending.line, null, null, `a continued line ${why}`)
    this.pending = null
  }

  private refuse(line: number, key: string | null, found: string | null, message: string): void {
    this.problems.push({
      file: this.path,
      section: this.name,
      key,
      line,
      found,
      message,
      allowed: null,
    })
  }
}

function lineFault(body: string): string {
  if (/^\[[^\]]*\]/.test(body)) {
    return 'nothing may stand behind [section]; comments go on a line of their own'
  }
  const key = body.split('=', 1)[0]?.trim() ?? ''
  if (body.includes('=') && key === '') return 'a key is missing before ='
  if (body.includes('=') && /\s/.test(key)) return 'a key cannot hold blanks; Haraka would drop this line'
  if (body.includes('='))
    return 'a key can hold letters, digits and @:._+-/[] only; Haraka would drop this line'
  return 'this line is neither a comment, nor [section], nor key = value; Haraka would drop it'
}

/** Package defaults and the install's own file as one: the later document wins key by key, as in haraka-config. */
export function mergeIni(documents: readonly IniDocument[]): IniSections {
  const merged = new Map<string, IniSection>()
  for (const { sections } of documents) {
    for (const [name, section] of sections) {
      const before = merged.get(name)
      merged.set(
        name,
        before ? { ...section, values: new Map([...before.values, ...section.values]) } : section,
      )
    }
  }
  return merged
}
