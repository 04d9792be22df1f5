import { decode, decodeListed, encode } from './codec'
import { formatKey } from './keys'
import type { RecordKey, RecordKind, Records, Store, Stored } from './store'
import { namesVersion, nextVersion } from './version'

/** A record as it lies in memory: text, so that no caller shares an object with another. */
export interface MemoryEntry {
  readonly version: number
  readonly expiresAt: number | null
  readonly json: string
}

export interface MemoryStoreOptions {
  readonly now?: () => number
  /** For tests: what is in it at the start. */
  readonly entries?: Map<string, MemoryEntry>
}

const prefix = 'xe'

/** Memory of this process alone: for tests and trials. Gone at exit and shared with no other worker. */
export class MemoryStore implements Store {
  readonly backend = 'memory'
  readonly #now: () => number
  readonly #entries: Map<string, MemoryEntry>

  constructor(options: MemoryStoreOptions = {}) {
    this.#now = options.now ?? Date.now
    this.#entries = options.entries ?? new Map<string, MemoryEntry>()
  }

  async open(): Promise<void> {
    // There is nothing to connect to.
  }

  async read<K extends RecordKind>(key: RecordKey<K>): Promise<Stored<Records[K]>> {
    const entry = this.#live(formatKey(prefix, key))
    return entry ? decode(key, entry.version, entry.json) : { state: 'absent', version: 0 }
  }

  readAll<K extends RecordKind>(keys: readonly RecordKey<K>[]): Promise<readonly Stored<Records[K]>[]> {
    return Promise.all(keys.map((key) => this.read(key)))
  }

  async replace<K extends RecordKind>(
    key: RecordKey<K>,
    expected: number,
    value: Records[K],
    ttlMs: number | null,
  ): Promise<boolean> {
    const json = encode(key, value)
    const name = formatKey(prefix, key)
    const now = this.#now()
    if (expected < 0 || (this.#live(name)?.version ?? 0) !== expected) return false
    this.#entries.set(name, {
      version: nextVersion(expected, now),
      expiresAt: ttlMs === null ? null : now + ttlMs,
      json,
    })
    return true
  }

  async remove(key: RecordKey, expected: number): Promise<boolean> {
    const name = formatKey(prefix, key)
    const entry = this.#live(name)
    if (!entry || !namesVersion(expected, entry.version)) return false
    return this.#entries.delete(name)
  }

  async *list<K extends RecordKind>(
    kind: K,
    tenant?: string,
  ): AsyncGenerator<Stored<Records[K]> & { readonly key: RecordKey<K> }> {
    for (const name of [...this.#entries.keys()]) {
      const entry = this.#live(name)
      const listed = entry && decodeListed(kind, prefix, name, entry.version, entry.json)
      if (listed && (tenant === undefined || listed.key.tenant === tenant)) yield listed
    }
  }

  async lifetime(key: RecordKey): Promise<number | null> {
    const expiresAt = this.#live(formatKey(prefix, key))?.expiresAt ?? null
    return expiresAt === null ? null : expiresAt - this.#now()
  }

  async time(): Promise<null> {
    return null
  }

  async prune(now: number): Promise<number> {
    let pruned = 0
    for (const [name, { expiresAt }] of this.#entries) {
      if (expiresAt !== null && expiresAt <= now && this.#entries.delete(name)) pruned += 1
    }
    return pruned
  }

  async close(): Promise<void> {
    // What was written stays, as it does with the other backends.
  }

  #live(name: string): MemoryEntry | undefined {
    const entry = this.#entries.get(name)
    return entry && (entry.expiresAt === null || entry.expiresAt > this.#now()) ? entry : undefined
  }
}
