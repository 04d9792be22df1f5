import { LRUCache } from 'lru-cache'
import {
  worstOf,
  type Freshness,
  type Known,
  type Recollection,
  type Soon,
  type Updated,
  type UpdateFailure,
} from './recollection'
import { KeyQueue } from './key-queue'
import { nameOf } from './keys'
import type { RecordKey, RecordKind, Records, Store, Stored } from './store'
import { InvalidRecord, StoreUnavailable, type UnavailableReason } from './unavailable'

export type CacheResult = 'hit' | 'miss' | 'stale'

export interface CacheOptions {
  /** Of each kind of record; of names that are known to have none, as many again. */
  readonly maxEntries: number
  readonly ttlMs: number
  /** An update gives up after this long. */
  readonly updateTimeoutMs?: number
  /** One for every record recalled: from the cache, past its time, or from the store. */
  readonly onRequest?: (result: CacheResult) => void
  /** What is past its time is asked for so much later, together with what else is by then. */
  readonly refreshDelayMs?: number
  /** Monotonic milliseconds, above 0. */
  readonly now?: () => number
}

// Past its time an entry is still served, while it is refreshed behind, until it is this many times as old.
const graceFactor = 2
const defaultRefreshDelayMs = 500
/** No more are asked for in one call: a server of many clients should not be kept by one. */
const maxRefreshed = 200
const maxAttempts = 50
const longestPauseMs = 40
const defaultUpdateTimeoutMs = 1_000

// Only after these is it certain that a write was not made.
const notSent: readonly UnavailableReason[] = ['breaker-open', 'not-open', 'denied', 'read-only']

interface Held<T> {
  readonly known: Known<T>
  /** By the monotonic clock. */
  readonly at: number
}

interface Answer<T> {
  readonly known: Known<T>
  readonly freshness: Freshness
}

type Load<T> = Promise<Known<T> | null>

/** The cache of one kind of record, and the updates that go through it. */
export class KindCache<K extends RecordKind> {
  /** What is past its time stays: it is the best answer while the store is down (F1). */
  readonly #held: LRUCache<string, Held<Records[K]>>
  /** Apart, since a peer may make up names without end: what is not there never drives out what is. */
  readonly #absent: LRUCache<string, Held<Records[K]>>
  /** Calls under way: who asks for the same record meanwhile shares them. */
  readonly #loads = new Map<string, Load<Records[K]>>()
  /** Past their time, and asked for in a moment. */
  readonly #stale = new Map<string, RecordKey<K>>()
  #refresh: NodeJS.Timeout | null = null
  readonly #refreshDelayMs: number
  readonly #queue = new KeyQueue()
  readonly #ttlMs: number
  readonly #updateTimeoutMs: number
  readonly #now: () => number

  constructor(
    private readonly store: Store,
    private readonly options: CacheOptions,
  ) {
    this.#now = options.now ?? (() => performance.now())
    this.#ttlMs = Math.max(1, options.ttlMs)
    // Well before nobody may be answered with it any more.
    this.#refreshDelayMs = Math.min(options.refreshDelayMs ?? defaultRefreshDelayMs, this.#ttlMs / 4)
    this.#updateTimeoutMs = options.updateTimeoutMs ?? defaultUpdateTimeoutMs
    const max = Math.max(1, options.maxEntries)
    this.#held = new LRUCache({ max })
    this.#absent = new LRUCache({ max })
  }

  get size(): number {
    return this.#held.size + this.#absent.size
  }

  recall(keys: readonly RecordKey<K>[], fresh: boolean): Soon<Recollection<Records[K]>> {
    const now = this.#now()
    const served: Held<Records[K]>[] = []
    for (const key of keys) {
      const held = fresh ? null : this.#servable(nameOf(key), now)
      if (!held) return this.#ask(keys, fresh, now)
      served.push(held)
    }
    // Nearly every message of a known sender ends here.
    const stale = keys.filter((_, index) => this.#request(served[index] ?? null, now) === 'stale')
    if (stale.length > 0) this.#refreshSoon(stale)
    return { values: served.map(({ known }) => known), freshness: 'cache' }
  }

  async #ask(keys: readonly RecordKey<K>[], fresh: boolean, now: number): Promise<Recollection<Records[K]>> {
    const wanted = keys.map((key) => ({ key, name: nameOf(key) }))
    const served = new Map<string, Answer<Records[K]>>()
    const load: RecordKey<K>[] = []
    for (const { key, name } of wanted) {
      const held = fresh ? null : this.#servable(name, now)
      if (this.#request(held, now) !== 'hit') load.push(key)
      if (held) served.set(name, { known: held.known, freshness: 'cache' })
    }
    const loads = this.#load(load)
    const missing = wanted.filter(({ name }) => !served.has(name))
    await Promise.all(
      missing.map(async ({ name }) => served.set(name, await this.#loaded(name, loads.get(name)))),
    )
    const unknown: Answer<Records[K]> = { known: { state: 'unknown' }, freshness: 'unavailable' }
    const answers = wanted.map(({ name }) => served.get(name) ?? unknown)
    return {
      values: answers.map(({ known }) => known),
      freshness: worstOf(answers.map(({ freshness }) => freshness)),
    }
  }

  peek(keys: readonly RecordKey<K>[]): Recollection<Records[K]> {
    const answers = keys.map((key) => this.#last(nameOf(key)))
    return {
      values: answers.map(({ known }) => known),
      freshness: worstOf(answers.map(({ freshness }) => freshness)),
    }
  }

  async update(
    key: RecordKey<K>,
    change: (current: Records[K] | null) => Records[K] | null,
    ttlMs: number | null,
  ): Promise<Updated<Records[K]>> {
    const deadline = this.#now() + this.#updateTimeoutMs
    const done = await this.#queue.run(nameOf(key), this.#updateTimeoutMs, () =>
      this.#update(key, change, ttlMs, deadline),
    )
    return done ?? failed('contended', null)
  }

  forget(key: RecordKey<K>): void {
    const name = nameOf(key)
    this.#loads.delete(name)
    this.#stale.delete(name)
    this.#held.delete(name)
    this.#absent.delete(name)
  }

  /** What was to be refreshed is left. */
  close(): void {
    if (this.#refresh) clearTimeout(this.#refresh)
    this.#refresh = null
    this.#stale.clear()
  }

  async #update(
    key: RecordKey<K>,
    change: (current: Records[K] | null) => Records[K] | null,
    ttlMs: number | null,
    deadline: number,
  ): Promise<Updated<Records[K]>> {
    for (let attempt = 0; attempt < maxAttempts && this.#now() < deadline; attempt += 1) {
      if (attempt > 0) await pause(attempt)
      const stored = await attemptCall(() => this.store.read(key))
      if (stored instanceof Error) return failed(reasonOf(stored), stored)
      this.#hold(nameOf(key), knownOf(stored))
      if (stored.state === 'unreadable') return failed('unreadable', new Error(stored.why))
      const current = stored.state === 'present' ? stored.value : null
      const next = await attemptCall(async () => change(current))
      if (next instanceof Error) return failed('fault', next)
      if (next === null) return { state: 'unchanged', value: current }
      const won = await attemptCall(() => this.store.replace(key, stored.version, next, ttlMs))
      if (won === true) {
        this.#hold(nameOf(key), { state: 'present', value: next })
        return { state: 'written', value: next }
      }
      if (won === false) {
        this.forget(key)
        continue
      }
      const reason = reasonOf(won)
      if (reason !== 'fault' && !notSent.some((each) => each === reason)) this.forget(key)
      return failed(reason, won)
    }
    return failed('contended', null)
  }

  /** What the cache may answer with now. */
  #servable(name: string, now: number): Held<Records[K]> | null {
    const held = this.#find(name)
    return held && now - held.at <= this.#ttlMs * graceFactor ? held : null
  }

  #request(served: Held<Records[K]> | null, now: number): CacheResult {
    const result = !served ? 'miss' : now - served.at >= this.#ttlMs ? 'stale' : 'hit'
    this.options.onRequest?.(result)
    return result
  }

  /** Records that were read together grow old together, and are asked for together: one call behind many messages. */
  #refreshSoon(keys: readonly RecordKey<K>[]): void {
    for (const key of keys) {
      const name = nameOf(key)
      if (!this.#loads.has(name)) this.#stale.set(name, key)
    }
    if (this.#stale.size >= maxRefreshed) this.#refreshNow()
    if (this.#stale.size === 0 || this.#refresh) return
    this.#refresh = setTimeout(() => this.#refreshNow(), this.#refreshDelayMs)
    this.#refresh.unref()
  }

  #refreshNow(): void {
    if (this.#refresh) clearTimeout(this.#refresh)
    this.#refresh = null
    const keys = [...this.#stale.values()]
    this.#stale.clear()
    this.#load(keys)
  }

  /** One call for all of these that are not under way; each load settles and never rejects. */
  #load(keys: readonly RecordKey<K>[]): ReadonlyMap<string, Load<Records[K]>> {
    const loads = new Map<string, Load<Records[K]>>()
    const ask = new Map<string, RecordKey<K>>()
    for (const key of keys) {
      const name = nameOf(key)
      const underWay = this.#loads.get(name)
      if (underWay) loads.set(name, underWay)
      else ask.set(name, key)
    }
    if (ask.size === 0) return loads
    const batch = attemptCall(() => this.store.readAll([...ask.values()]))
    for (const [i, name] of [...ask.keys()].entries()) {
      const load = batch.then((all) => {
        const stored = all instanceof Error ? undefined : all[i]
        const known = stored ? knownOf(stored) : null
        // A write or a `forget` since then has made this answer an old one: it is not kept.
        if (this.#loads.get(name) === load) {
          this.#loads.delete(name)
          if (known) this.#keep(name, known)
        }
        return known
      })
      this.#loads.set(name, load)
      loads.set(name, load)
    }
    return loads
  }

  async #loaded(name: string, load: Load<Records[K]> | undefined): Promise<Answer<Records[K]>> {
    const known = load && (await load)
    if (known) return { known, freshness: 'store' }
    return this.#last(name)
  }

  /** What is held, however old. */
  #last(name: string): Answer<Records[K]> {
    const last = this.#find(name)
    return last
      ? { known: last.known, freshness: 'stale' }
      : { known: { state: 'unknown' }, freshness: 'unavailable' }
  }

  #find(name: string): Held<Records[K]> | undefined {
    return this.#held.get(name) ?? this.#absent.get(name)
  }

  #hold(name: string, known: Known<Records[K]>): void {
    this.#loads.delete(name)
    this.#keep(name, known)
  }

  #keep(name: string, known: Known<Records[K]>): void {
    this.#stale.delete(name)
    const [into, from] = known.state === 'absent' ? [this.#absent, this.#held] : [this.#held, this.#absent]
    from.delete(name)
    into.set(name, { known, at: this.#now() })
  }
}

function knownOf<T>(stored: Stored<T>): Known<T> {
  switch (stored.state) {
    case 'absent':
      return { state: 'absent' }
    case 'present':
      return { state: 'present', value: stored.value }
    case 'unreadable':
      return { state: 'unreadable', why: stored.why }
  }
}

function failed(reason: UpdateFailure, error: Error | null): Updated<never> {
  return { state: 'failed', reason, error }
}

function reasonOf(error: Error): UpdateFailure {
  if (error instanceof InvalidRecord) return 'fault'
  return StoreUnavailable.from(error).reason
}

async function attemptCall<T>(call: () => Promise<T>): Promise<T | Error> {
  try {
    return await call()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Longer with every loss, and never as long as another's. */
function pause(attempt: number): Promise<void> {
  const upToMs = Math.min(2 ** attempt, longestPauseMs)
  return new Promise((resolve) => setTimeout(resolve, Math.random() * upToMs))
}
