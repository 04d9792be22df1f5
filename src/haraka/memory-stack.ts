import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../config/settings'
import type { Memory } from '../enforcement/memory'
import type { Observer } from '../enforcement/observer'
import type { Inventory } from '../metrics/server-count'
import { cached, type CachedStore } from '../store/cached'
import { createStore } from '../store/create-store'
import type { RecordKind, Records, Store } from '../store/store'
import { guarded, type GuardedStore } from '../store/guarded'
import type { Recollection } from '../store/recollection'
import { StorePulse } from './store-pulse'
import type { Plugin } from './types'

const complainEveryMs = 10_000
const openingMs = 3_000

interface Stack {
  readonly identity: string
  readonly guard: GuardedStore
  readonly cache: CachedStore
  readonly pulse: StorePulse
  readonly timeoutMs: number
  /** Till then a store that is not open is taken for one that opens in a moment; 0 from when it could not be opened. */
  openingUntil: number
}

/** The store that the configuration names, behind guard and cache; exchanged when the configuration names another. */
export class MemoryStack implements Memory {
  private readonly plugin: Plugin
  private readonly observer: Observer
  private stack: Stack | null = null
  private needed = false
  /** When each kind of failure was told last. */
  private readonly complaints = new Map<string, number>()

  constructor(plugin: Plugin, observer: Observer) {
    this.plugin = plugin
    this.observer = observer
  }

  /**
   * Takes what the settings say; with `mode = off` no store is needed and none is opened (F6). The master of a cluster never
   * drops its privileges: files that it makes would be closed to the workers, so it waits for theirs.
   */
  use(settings: Settings, mayCreate = true): void {
    const { store, redis } = settings
    const absent = store.backend === 'lmdb' && !mayCreate && !existsSync(join(store.path, 'data.mdb'))
    const identity =
      settings.mode === 'off' || absent
        ? ''
        : JSON.stringify([store, store.backend === 'redis' ? redis : null])
    this.needed = settings.mode !== 'off'
    if (this.stack?.identity === identity || (!this.stack && identity === '')) return
    this.close()
    if (identity === '') return
    const pulse = new StorePulse()
    try {
      const guard = guarded(createStore(store, redis), {
        timeoutMs: store.timeoutMs,
        onError: (operation, reason, error) => {
          pulse.failed(reason)
          // It will not open in a moment: nobody waits for it in vain.
          if (operation === 'open' && this.stack?.guard === guard) this.stack.openingUntil = 0
          this.observer.count('storeErrors', { op: operation, reason })
          this.observer.count('faults', { kind: 'store' })
          this.complain(reason, `store: ${operation} failed (${reason}): ${error.message}`)
        },
        onDuration: (operation, seconds) => {
          pulse.took()
          this.observer.storeTook(operation, seconds)
        },
      })
      guard.openInBackground()
      const cache = cached(guard, {
        maxEntries: store.cacheMaxEntries,
        ttlMs: store.cacheTtlSeconds * 1000,
        onRequest: (result) => this.observer.count('cacheRequests', { result }),
      })
      const openingUntil = performance.now() + openingMs
      this.stack = { identity, guard, cache, pulse, timeoutMs: store.timeoutMs, openingUntil }
    } catch (error) {
      this.plugin.logcrit(`store cannot be used: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /**
   * Waits until the store is open or cannot be opened, `forMs` at most: memory that is at hand in a moment should serve the
   * first message, too.
   */
  async opened(forMs: number): Promise<void> {
    const until = performance.now() + forMs
    const isOpening = (): boolean =>
      this.stack !== null && !this.stack.guard.state.opened && this.stack.openingUntil > 0
    while (isOpening() && performance.now() < until) await sleep(10)
  }

  recall: Memory['recall'] = (keys, options) => {
    const { stack } = this
    if (!stack) return nothingKnown(keys)
    if (performance.now() >= stack.openingUntil || stack.guard.state.opened)
      return stack.cache.recall(keys, options)
    // Haraka lets sessions in before its start is over: the first of them wait with it, and half of their time is left to ask.
    return this.opened(stack.timeoutMs / 2).then(
      () => this.stack?.cache.recall(keys, options) ?? nothingKnown(keys),
    )
  }

  peek: Memory['peek'] = (keys) => this.stack?.cache.peek(keys) ?? nothingKnown(keys)

  update: Memory['update'] = async (key, change, ttlMs) =>
    this.stack
      ? this.stack.cache.update(key, change, ttlMs)
      : { state: 'failed', reason: 'not-open', error: null }

  /** Whether the last call to the store succeeded; also where none is needed. */
  isUp(): boolean {
    if (!this.stack) return !this.needed
    return this.stack.guard.state.opened && this.stack.pulse.isUp
  }

  /** All that is in it and can be read, past the cache; `null` while it is not open. With `mode = off` it is empty. */
  inventory(): Inventory | null {
    if (!this.needed) return { tenants: nothing, servers: nothing }
    const guard = this.stack?.guard
    if (!guard?.state.opened) return null
    return { tenants: () => readable(guard, 'tenant'), servers: () => readable(guard, 'server') }
  }

  /** The backend's clock; `null` where it has none or cannot be asked. */
  async time(): Promise<number | null> {
    try {
      return (await this.stack?.guard.time()) ?? null
    } catch {
      return null
    }
  }

  async prune(): Promise<void> {
    await this.stack?.guard.prune(Date.now())
  }

  close(): void {
    const { stack } = this
    this.stack = null
    stack?.cache.close()
    stack?.guard.close().catch((error: unknown) => {
      this.complain('close', `store: close failed: ${error instanceof Error ? error.message : String(error)}`)
    })
  }

  // A store that is down fails with every message: say it once in ten seconds, and each reason for itself, since "not
  // open" must not drown why it could not be opened.
  private complain(reason: string, text: string): void {
    const now = performance.now()
    const before = this.complaints.get(reason)
    if (before !== undefined && now - before < complainEveryMs) return
    this.complaints.set(reason, now)
    this.plugin.logerror(text)
  }
}

function nothingKnown(keys: readonly unknown[]): Recollection<never> {
  return { values: keys.map(() => ({ state: 'unknown' })), freshness: 'unavailable' }
}

async function* readable<K extends RecordKind>(store: Store, kind: K): AsyncGenerator<Records[K]> {
  for await (const stored of store.list(kind)) if (stored.state === 'present') yield stored.value
}

async function* nothing(): AsyncGenerator<never> {
  // Nobody needs memory, and none is open (F6).
}
