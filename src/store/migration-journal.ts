import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Both sides of one record as they were when it was moved last: short digests of the encoded record. */
export interface Moved {
  readonly source: string
  /** `null`: the target held more than a copy. */
  readonly target: string | null
}

const file = 'migration.jsonl'
const formatNumber = 1

/** What tells one text from another. */
export function digestOf(encoded: string): string {
  return createHash('sha256').update(encoded, 'utf8').digest('base64url').slice(0, 16)
}

/**
 * What was moved between two stores before, so that a later run knows which side has changed since. It lies in the folder of the
 * LMDB store; without it a run still loses nothing, but merges where it could have copied.
 */
export class MigrationJournal {
  readonly #path: string
  readonly #head: string
  readonly #moved = new Map<string, Moved>()
  #pending = ''

  /** `between` names both stores: of another pair nothing is known. What cannot be read is left out. */
  constructor(folder: string, between: string) {
    this.#path = join(folder, file)
    this.#head = JSON.stringify({ format: formatNumber, between })
    const [head, ...lines] = linesOf(this.#path)
    if (head !== this.#head) {
      this.#pending = `${this.#head}\n`
      return
    }
    for (const line of lines) this.#take(line)
  }

  /** By the name of the record's key. */
  find(name: string): Moved | null {
    return this.#moved.get(name) ?? null
  }

  note(name: string, moved: Moved): void {
    const before = this.#moved.get(name)
    if (before?.source === moved.source && before.target === moved.target) return
    this.#moved.set(name, moved)
    this.#pending += `${JSON.stringify([name, moved.source, moved.target])}\n`
  }

  /** To be called from time to time: what a crash loses is merged again. May throw. */
  flush(): void {
    if (this.#pending === '') return
    const begins = this.#pending.startsWith(this.#head)
    if (begins) writeFileSync(this.#path, this.#pending, { mode: 0o600 })
    else appendFileSync(this.#path, this.#pending, { mode: 0o600 })
    this.#pending = ''
  }

  #take(line: string): void {
    // The last line may have been cut off by a crash.
    const parts = parse(line)
    if (!Array.isArray(parts) || parts.length !== 3) return
    const [name, source, target]: unknown[] = parts
    if (typeof name !== 'string' || typeof source !== 'string') return
    if (typeof target !== 'string' && target !== null) return
    this.#moved.set(name, { source, target })
  }
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
