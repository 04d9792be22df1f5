import type { ClockRules } from '../rules/clock/advance'
import type { Schedule } from '../rules/clock/schedule'
import type { Interval } from '../rules/time'
import { encode } from './codec'
import { formatKey } from './keys'
import { mergeRecords } from './merge'
import { digestOf, type MigrationJournal } from './migration-journal'
import type { RecordKey, RecordKind, Records, Store, Stored } from './store'
import { recordKinds } from './wire'

/**
 * What became of a record. `copied`: it was not there; `updated`: only the source had changed since the last run; `kept`: only the
 * target had, it is newer; `merged`: both had, or what happened since is not known; `unchanged`: both are alike.
 */
export type Outcome = 'copied' | 'updated' | 'merged' | 'kept' | 'unchanged'

/** A record that was left alone, since one side of it cannot be read. */
export interface LeftAlone {
  /** As in docs/redis.md, without the prefix. */
  readonly key: string
  readonly side: 'source' | 'target'
  readonly why: string
}

export type KindCounts = Readonly<Record<Outcome, number>>

export interface MigrationResult {
  readonly counts: ReadonlyMap<RecordKind, KindCounts>
  readonly leftAlone: readonly LeftAlone[]
  /** Keys of the source that the target does not have after all: it must be run again. */
  readonly missing: readonly string[]
}

export interface Migration {
  readonly source: Store
  readonly target: Store
  readonly journal: MigrationJournal
  readonly clock: ClockRules
  readonly schedule: Schedule
  /** Called after each page, with the number of records done so far. */
  readonly onProgress?: (done: number) => Promise<void>
}

const pageRecords = 64
const maxAttempts = 50

/**
 * Brings all records of one store into another, with what is left of their lifetimes, while both may be in use. It may be broken off and
 * run again as often as wanted: what has not changed is left alone, and nothing that the target learned by itself is lost. Rejects where
 * a store does.
 */
export async function migrate(migration: Migration): Promise<MigrationResult> {
  const mover = new Mover(migration)
  // Pauses first: they count when the clocks of servers are merged.
  const kinds = [...recordKinds].sort((a, b) => Number(b === 'tenant') - Number(a === 'tenant'))
  for (const kind of kinds) await mover.move(kind)
  for (const kind of kinds) await mover.verify(kind)
  return mover.result()
}

class Mover {
  readonly #counts = new Map<RecordKind, Record<Outcome, number>>()
  readonly #leftAlone = new Map<string, LeftAlone>()
  readonly #missing = new Set<string>()
  readonly #pauses = new Map<string, readonly Interval[]>()
  #done = 0

  constructor(private readonly migration: Migration) {
    for (const kind of recordKinds) {
      this.#counts.set(kind, { copied: 0, updated: 0, merged: 0, kept: 0, unchanged: 0 })
    }
  }

  async move<K extends RecordKind>(kind: K): Promise<void> {
    const { journal, onProgress } = this.migration
    const seen = new Set<string>()
    for await (const page of pagesOf(this.migration.source.list(kind))) {
      // A store may list a record twice.
      const fresh = page.filter(({ key }) => !seen.has(formatKey('', key)))
      for (const { key } of fresh) seen.add(formatKey('', key))
      await Promise.all(fresh.map(({ key }) => this.#moveOne<K>(key)))
      journal.flush()
      this.#done += fresh.length
      await onProgress?.(this.#done)
    }
  }

  /** Whether what the source holds is there; what was left alone is known already. */
  async verify<K extends RecordKind>(kind: K): Promise<void> {
    for await (const page of pagesOf(this.migration.source.list(kind))) {
      await Promise.all(
        page.map(async ({ key, state }) => {
          if (state !== 'present' || (await this.migration.target.read(key)).state !== 'absent') return
          // It may have expired on both sides meanwhile.
          const still = await this.migration.source.read(key)
          if (still.state === 'present') this.#missing.add(nameOf(key))
        }),
      )
    }
  }

  result(): MigrationResult {
    return {
      counts: this.#counts,
      leftAlone: [...this.#leftAlone.values()],
      missing: [...this.#missing].sort(),
    }
  }

  /** Compare-and-set: what the target learns meanwhile is looked at again, never lost. */
  async #moveOne<K extends RecordKind>(key: RecordKey<K>): Promise<void> {
    const { source, target, journal } = this.migration
    const name = formatKey('', key)
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const moved = await source.read(key)
      if (moved.state === 'absent') return
      if (moved.state === 'unreadable') return this.#leaveAlone(key, 'source', moved.why)
      const holding = await target.read(key)
      if (holding.state === 'unreadable') return this.#leaveAlone(key, 'target', holding.why)
      const { outcome, value } = await this.#decide(key, moved.value, holding)
      if (outcome !== 'kept' && outcome !== 'unchanged') {
        const expected = holding.state === 'present' ? holding.version : 0
        const ttlMs = await this.#lifetimeOf(key, holding.state === 'present')
        if (!(await target.replace(key, expected, value, ttlMs))) continue
      }
      const counts = this.#counts.get(key.kind)
      if (counts) counts[outcome] += 1
      const [ours, written] = [encode(key, moved.value), encode(key, value)]
      // What the target has learned by itself must never pass for a copy, which the source may replace.
      journal.note(name, { source: digestOf(ours), target: ours === written ? digestOf(written) : null })
      return
    }
    this.#missing.add(nameOf(key))
  }

  async #decide<K extends RecordKind>(
    key: RecordKey<K>,
    moved: Records[K],
    holding: Stored<Records[K]>,
  ): Promise<{ readonly outcome: Outcome; readonly value: Records[K] }> {
    if (holding.state !== 'present') return { outcome: 'copied', value: moved }
    const [ours, theirs] = [encode(key, moved), encode(key, holding.value)]
    if (ours === theirs) return { outcome: 'unchanged', value: holding.value }
    const last = this.migration.journal.find(formatKey('', key))
    if (last?.source === digestOf(ours)) return { outcome: 'kept', value: holding.value }
    if (last?.target === digestOf(theirs)) return { outcome: 'updated', value: moved }
    const kind: K = key.kind
    const value = mergeRecords(kind, moved, holding.value, await this.#mergeRules(key.tenant))
    return encode(key, value) === theirs
      ? { outcome: 'kept', value: holding.value }
      : { outcome: 'merged', value }
  }

  async #mergeRules(tenant: string) {
    const { clock, schedule, target } = this.migration
    const known = this.#pauses.get(tenant)
    if (known) return { clock, schedule, pauses: known }
    const stored = await target.read({ kind: 'tenant', tenant })
    const pauses = stored.state === 'present' ? stored.value.pauses : []
    this.#pauses.set(tenant, pauses)
    return { clock, schedule, pauses }
  }

  /** The longer one of both sides. */
  async #lifetimeOf(key: RecordKey, isHeld: boolean): Promise<number | null> {
    const { source, target } = this.migration
    const left = await source.lifetime(key)
    if (left === null || !isHeld) return left
    const held = await target.lifetime(key)
    return held === null ? null : Math.max(left, held)
  }

  #leaveAlone(key: RecordKey, side: LeftAlone['side'], why: string): void {
    this.#leftAlone.set(`${side} ${nameOf(key)}`, { key: nameOf(key), side, why })
  }
}

function nameOf(key: RecordKey): string {
  return formatKey('', key).slice(1)
}

async function* pagesOf<T>(all: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let page: T[] = []
  for await (const each of all) {
    page.push(each)
    if (page.length < pageRecords) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
