import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { IniSections, IniValue } from '../../config/ini'
import { parseIni } from '../../config/ini'
import type { Evidence } from './finding'
import { reasonOf } from './finding'

export type ConfigText =
  | { readonly state: 'read'; readonly path: string; readonly text: string }
  | { readonly state: 'absent'; readonly path: string }
  | { readonly state: 'unreadable'; readonly path: string; readonly why: string }

/** Haraka's config folder, file by file; none is written, none that is no file is waited for. */
export class ConfigFolder {
  readonly #texts = new Map<string, ConfigText>()
  readonly #inis = new Map<string, Ini>()

  constructor(readonly path: string) {}

  file(name: string): string {
    return join(this.path, name)
  }

  text(name: string): ConfigText {
    const known = this.#texts.get(name)
    if (known) return known
    const text = readText(this.file(name))
    this.#texts.set(name, text)
    return text
  }

  /** One of Haraka's own ini files; what is not there has no values. */
  ini(name: string): Ini {
    const known = this.#inis.get(name)
    if (known) return known
    const ini = new Ini(this.text(name))
    this.#inis.set(name, ini)
    return ini
  }

  /** Where a section is opened. */
  sectionEvidence(name: string, section: string): Evidence {
    return this.ini(name).evidenceOfSection(section)
  }
}

export function readText(path: string): ConfigText {
  try {
    // A pipe in place of a file would be waited for without end.
    if (!statSync(path).isFile()) return { state: 'unreadable', path, why: 'is not a file' }
    return { state: 'read', path, text: readFileSync(path, 'utf8') }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent', path }
    return { state: 'unreadable', path, why: reasonOf(error) }
  }
}

const truths = /^(?:true|yes|ok|enabled|on|1)$/i

/** Values of Haraka's own files, as Haraka takes them. */
export class Ini {
  readonly #sections: IniSections

  constructor(readonly source: ConfigText) {
    this.#sections =
      source.state === 'read'
        ? parseIni({ path: source.path, text: source.text }, { repeatedSections: 'join' }).sections
        : new Map()
  }

  value(key: string, section = 'main'): IniValue | null {
    return this.#sections.get(section)?.values.get(key) ?? null
  }

  /** Empty where nothing is written. */
  text(key: string, section = 'main'): string {
    return this.value(key, section)?.text ?? ''
  }

  list(key: string, section = 'main'): readonly string[] {
    return this.text(key, section)
      .split(/[;, ]+/)
      .filter((item) => item !== '')
  }

  isTrue(key: string, otherwise: boolean): boolean {
    const value = this.value(key)
    return value === null ? otherwise : truths.test(value.text)
  }

  /** Where the key stands. */
  evidence(key: string, section = 'main'): Evidence {
    return { file: this.source.path, line: this.value(key, section)?.line ?? null }
  }

  evidenceOfSection(section: string): Evidence {
    return { file: this.source.path, line: this.#sections.get(section)?.line ?? null }
  }
}
