import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../config/settings'
import type { Memory } from '../enforcement/memory'
import type { Observer } from '../enforcement/observer'
import { cached, type CachedStore } from '../store/cached'
import { createStore } from '../store/create-store'
import { guarded, type GuardedStore } from '../store/guarded'
import type { Plugin } from './types'

const complainEveryMs = 10_000

interface Stack {
  readonly identity: string
  readonly guard: GuardedStore
  readonly cache: CachedStore
}

/** The store that the configuration names, behind guard and cache; exchanged when the configuration names another. */
export class MemoryStack implements Memory {
  private readonly plugin: Plugin
  private readonly observer: Observer
  private stack: Stack | null = null
  /** When each kind of failure was told last. */
  private readonly complaints = new Map<string, number>()

  constructor(plugin: Plugin, observer: Observer) {
    this.plugin = plugin
    this.observer = observer
  }

  /** Takes what the settings say; with `mode = off` no store is needed and none is opened (F6). */
  use(settings: Settings): void {
    const { store, redis } = settings
    const identity =
      settings.mode === 'off' ? '' : JSON.stringify([store, store.backend === 'redis' ? redis : null])
    if (this.stack?.identity === identity || (!this.stack && identity === '')) return
    this.close()
    if (identity === '') return
    try {
      const guard = guarded(createStore(store, redis), {
        timeoutMs: store.timeoutMs,
        onError: (operation, reason, error) => {
          this.observer.count('faults', { kind: 'store' })
          this.complain(reason, `store: ${operation} failed (${reason}): ${error.message}`)
        },
      })
      guard.openInBackground()
      const cache = cached(guard, {
        maxEntries: store.cacheMaxEntries,
        ttlMs: store.cacheTtlSeconds * 1000,
      })
      this.stack = { identity, guard, cache }
    } catch (error) {
      this.plugin.logcrit(`store cannot be used: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Waits until the store is open, `forMs` at most: memory that is at hand in a moment should serve the first message, too. */
  async opened(forMs: number): Promise<void> {
    const until = performance.now() + forMs
    while (this.stack && !this.stack.guard.state.opened && performance.now() < until) await sleep(10)
  }

  recall: Memory['recall'] = async (keys, options) =>
    this.stack
      ? this.stack.cache.recall(keys, options)
      : { values: keys.map(() => ({ state: 'unknown' as const })), freshness: 'unavailable' }

  peek: Memory['peek'] = (keys) =>
    this.stack
      ? this.stack.cache.peek(keys)
      : { values: keys.map(() => ({ state: 'unknown' as const })), freshness: 'unavailable' }

  update: Memory['update'] = async (key, change, ttlMs) =>
    this.stack
      ? this.stack.cache.update(key, change, ttlMs)
      : { state: 'failed', reason: 'not-open', error: null }

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
