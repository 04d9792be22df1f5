import type { Memory } from '../enforcement/memory'
import type { ServerRecord } from '../rules/clock/record'
import { dayMs } from '../rules/time'
import { nameOf } from '../store/keys'
import type { Known } from '../store/recollection'
import type { RecordKey, RecordKind, Records } from '../store/store'

interface Entry<T> {
  readonly value: T
  readonly expiresAt: number
}

/** Memory for the time of a replay: at once, never failing, and by the replay's own clock. */
export class ReplayMemory implements Memory {
  readonly #now: () => number
  readonly #entries: { readonly [K in RecordKind]: Map<string, Entry<Records[K]>> } = {
    server: new Map(),
    path: new Map(),
    tenant: new Map(),
    contact: new Map(),
  }
  #sweepAt = 0

  constructor(now: () => number) {
    this.#now = now
  }

  recall: Memory['recall'] = (keys) => this.peek(keys)

  peek: Memory['peek'] = <K extends RecordKind>(keys: readonly RecordKey<K>[]) => ({
    values: keys.map((key) => this.#known(key)),
    freshness: 'cache' as const,
  })

  update: Memory['update'] = async (key, change, ttlMs) => {
    this.#sweep()
    const known = this.#known(key)
    const current = known.state === 'present' ? known.value : null
    const value = change(current)
    if (value === null) return { state: 'unchanged', value: current }
    const expiresAt = ttlMs === null ? Infinity : this.#now() + ttlMs
    this.#of(key).set(nameOf(key), { value: withoutDays(value), expiresAt })
    return { state: 'written', value }
  }

  server(tenant: string, server: string): ServerRecord | null {
    const known = this.#known<'server'>({ kind: 'server', tenant, server })
    return known.state === 'present' ? known.value : null
  }

  #known<K extends RecordKind>(key: RecordKey<K>): Known<Records[K]> {
    const entry = this.#of(key).get(nameOf(key))
    return entry && entry.expiresAt > this.#now()
      ? { state: 'present', value: entry.value }
      : { state: 'absent' }
  }

  #of<K extends RecordKind>(key: RecordKey<K>): Map<string, Entry<Records[K]>> {
    const kind: K = key.kind
    return this.#entries[kind]
  }

  /** Once a day is often enough for what expires after days. */
  #sweep(): void {
    const now = this.#now()
    if (now < this.#sweepAt) return
    this.#sweepAt = now + dayMs
    for (const entries of Object.values(this.#entries)) {
      for (const [name, { expiresAt }] of entries) if (expiresAt <= now) entries.delete(name)
    }
  }
}

/** Counts by day are kept by the replay: here they would take most of the memory, and most of the time to write them again. */
function withoutDays<R extends Records[RecordKind]>(record: R): R {
  return 'days' in record ? { ...record, days: {} } : record
}
