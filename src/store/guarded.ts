import { Breaker, type BreakerState } from './breaker'
import type { RecordKey, RecordKind, Records, Store, Stored } from './store'
import { InvalidRecord, StoreUnavailable, type UnavailableReason } from './unavailable'

export type StoreOperation = 'open' | 'read' | 'replace' | 'remove' | 'list' | 'time' | 'prune' | 'close'

/** Calls `run` once after `delayMs`; the answer cancels it. */
export type Schedule = (delayMs: number, run: () => void) => () => void

export interface GuardOptions {
  /** No call is waited for longer, but for `open`. */
  readonly timeoutMs: number
  /** Hears of every call that failed, also of those turned away at once. */
  readonly onError?: (operation: StoreOperation, reason: UnavailableReason, error: StoreUnavailable) => void
  readonly onDuration?: (operation: StoreOperation, seconds: number) => void
  /** Epoch ms, for the breaker. */
  readonly now?: () => number
  readonly schedule?: Schedule
}

export interface GuardState {
  readonly opened: boolean
  readonly breaker: BreakerState
}

/** A store whose every call settles in time. What it rejects with is `StoreUnavailable` or `InvalidRecord`. */
export interface GuardedStore extends Store {
  readonly state: GuardState
  /** Opens, and tries again until it is open or closed; returns at once and never throws. Till then calls are turned away. */
  openInBackground(): void
}

const openTimeoutMs = 5_000
const firstRetryMs = 250
const longestRetryMs = 5_000

export function guarded(store: Store, options: GuardOptions): GuardedStore {
  return new Guard(store, options)
}

const scheduleTimer: Schedule = (delayMs, run) => {
  const timer = setTimeout(run, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

class Guard implements GuardedStore {
  readonly #breaker: Breaker
  readonly #schedule: Schedule
  #opened = false
  #closed = false
  #cancelRetry: (() => void) | null = null
  #opening = false

  constructor(
    private readonly store: Store,
    private readonly options: GuardOptions,
  ) {
    this.#breaker = new Breaker(options.now ?? Date.now)
    this.#schedule = options.schedule ?? scheduleTimer
  }

  get backend(): Store['backend'] {
    return this.store.backend
  }

  get state(): GuardState {
    return { opened: this.#opened, breaker: this.#breaker.state }
  }

  async open(): Promise<void> {
    this.#closed = false
    await this.#timed('open', openTimeoutMs, () => this.store.open())
    if (this.#closed) {
      await this.store.close()
      throw new StoreUnavailable('not-open', 'The store was closed while it was being opened')
    }
    this.#opened = true
    this.#breaker.succeeded()
  }

  openInBackground(): void {
    if (this.#opened || this.#opening) return
    this.#opening = true
    this.#closed = false
    this.#tryOpen(firstRetryMs)
  }

  read<K extends RecordKind>(key: RecordKey<K>): Promise<Stored<Records[K]>> {
    return this.#guard('read', () => this.store.read(key))
  }

  readAll<K extends RecordKind>(keys: readonly RecordKey<K>[]): Promise<readonly Stored<Records[K]>[]> {
    return this.#guard('read', () => this.store.readAll(keys))
  }

  replace<K extends RecordKind>(
    key: RecordKey<K>,
    expected: number,
    value: Records[K],
    ttlMs: number | null,
  ): Promise<boolean> {
    return this.#guard('replace', () => this.store.replace(key, expected, value, ttlMs))
  }

  remove(key: RecordKey, expected: number): Promise<boolean> {
    return this.#guard('remove', () => this.store.remove(key, expected))
  }

  /** The deadline is that of each step, since a list may be long. */
  async *list<K extends RecordKind>(
    kind: K,
    tenant?: string,
  ): AsyncGenerator<Stored<Records[K]> & { readonly key: RecordKey<K> }> {
    const entries = this.store.list(kind, tenant)[Symbol.asyncIterator]()
    let ended = false
    try {
      for (;;) {
        const step = await this.#guard('list', () => entries.next())
        if (step.done === true) {
          ended = true
          return
        }
        yield step.value
      }
    } finally {
      // A step that hangs would keep `return` waiting behind it.
      if (!ended) void Promise.resolve(entries.return?.()).catch(() => undefined)
    }
  }

  lifetime(key: RecordKey): Promise<number | null> {
    return this.#guard('read', () => this.store.lifetime(key))
  }

  time(): Promise<number | null> {
    return this.#guard('time', () => this.store.time())
  }

  prune(now: number): Promise<number> {
    return this.#guard('prune', () => this.store.prune(now))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#opened = false
    this.#opening = false
    this.#cancelRetry?.()
    this.#cancelRetry = null
    await this.#timed('close', this.options.timeoutMs, () => this.store.close())
  }

  #tryOpen(retryMs: number): void {
    this.#cancelRetry = null
    this.open().then(
      () => {
        this.#opening = false
      },
      () => {
        if (this.#closed) return
        this.#cancelRetry = this.#schedule(retryMs * (0.5 + Math.random() / 2), () =>
          this.#tryOpen(Math.min(retryMs * 2, longestRetryMs)),
        )
      },
    )
  }

  async #guard<T>(operation: StoreOperation, call: () => Promise<T>): Promise<T> {
    if (!this.#opened) throw this.#turnAway(operation, 'not-open', 'The store is not open yet, or no longer')
    if (!this.#breaker.admit()) {
      throw this.#turnAway(
        operation,
        'breaker-open',
        'The store failed several times in a row and is left alone',
      )
    }
    try {
      const result = await this.#timed(operation, this.options.timeoutMs, call)
      this.#breaker.succeeded()
      return result
    } catch (error) {
      // The store did nothing wrong.
      if (error instanceof InvalidRecord) this.#breaker.succeeded()
      else this.#breaker.failed()
      throw error
    }
  }

  #turnAway(operation: StoreOperation, reason: UnavailableReason, message: string): StoreUnavailable {
    const error = new StoreUnavailable(reason, message)
    this.options.onError?.(operation, reason, error)
    return error
  }

  async #timed<T>(operation: StoreOperation, timeoutMs: number, call: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      return await this.#inTime(timeoutMs, call)
    } catch (error) {
      if (error instanceof InvalidRecord) throw error
      const unavailable = StoreUnavailable.from(error)
      this.options.onError?.(operation, unavailable.reason, unavailable)
      throw unavailable
    } finally {
      this.options.onDuration?.(operation, (performance.now() - startedAt) / 1000)
    }
  }

  #inTime<T>(timeoutMs: number, call: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const cancel = this.#schedule(timeoutMs, () =>
        reject(new StoreUnavailable('timeout', `The store gave no answer within ${timeoutMs} ms`)),
      )
      // Once the deadline has passed, whatever comes is heard and ignored.
      Promise.resolve().then(call).finally(cancel).then(resolve, reject)
    })
  }
}
