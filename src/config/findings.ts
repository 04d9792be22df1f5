import type { IniSections } from './ini'
import type { ConfigProblem } from './problem'

/** Collects what is wrong or odd in one file, each with the place at which it is written. */
export class Findings {
  readonly problems: ConfigProblem[] = []
  readonly warnings: ConfigProblem[] = []

  /**
   * @param path the file that the operator edits, named where the place itself is not written
   * @param secretKeys keys whose values are never quoted
   */
  constructor(
    private readonly sections: IniSections,
    private readonly path: string,
    private readonly secretKeys: ReadonlySet<string> = new Set(),
  ) {}

  refuse(
    section: string | null,
    key: string | null,
    message: string,
    allowed: string | null = null,
    advice: string | null = null,
  ): void {
    this.problems.push(this.finding(section, key, message, allowed, advice))
  }

  /** Like `refuse`, for a name that is wrong; the value behind it may be a secret and is not quoted. */
  refuseName(section: string, key: string, message: string, allowed: string): void {
    this.problems.push({ ...this.finding(section, key, message, allowed, null), found: null })
  }

  warn(section: string | null, key: string | null, message: string, advice: string | null = null): void {
    this.warnings.push(this.finding(section, key, message, null, advice))
  }

  isSet(section: string, key: string): boolean {
    return this.text(section, key) !== ''
  }

  /** Like `isSet`, but an empty value counts. */
  isWritten(section: string, key: string): boolean {
    return this.sections.get(section)?.values.has(key) ?? false
  }

  /** As written; empty where nothing is. */
  text(section: string, key: string): string {
    return this.sections.get(section)?.values.get(key)?.text ?? ''
  }

  private finding(
    section: string | null,
    key: string | null,
    message: string,
    allowed: string | null,
    advice: string | null,
  ): ConfigProblem {
    const open = section === null ? undefined : this.sections.get(section)
    const value = key === null ? undefined : open?.values.get(key)
    return {
      file: value?.file ?? open?.file ?? this.path,
      section,
      key,
      line: value?.line ?? open?.line ?? null,
      found: value === undefined || (key !== null && this.secretKeys.has(key)) ? null : value.text,
      message,
      allowed,
      ...(advice !== null && { advice }),
    }
  }
}
