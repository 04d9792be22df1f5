import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../config/settings'
import type { Memory } from '../enforcement/memory'
import { cached } from '../store/cached'
import { createStore } from '../store/create-store'
import { guarded, type GuardedStore } from '../store/guarded'
import type { Journal } from './journal'

/** Longer than a mail server would wait: a person can. */
const timeoutMs = 5_000

/** The store while it is open, and compare-and-set on top of it. */
export interface OpenStore {
  readonly store: GuardedStore
  readonly memory: Memory
}

interface Link extends OpenStore {
  readonly identity: string
  /** Why the last attempt to open it failed. */
  trouble: string
}

/** The store that the configuration names: opened in the background, tried again until it is there, exchanged when another is named. */
export class StoreLink {
  #link: Link | null = null
  #trouble = 'the store is not open yet'

  constructor(private readonly journal: Journal) {}

  /** Takes what the settings say; to be called again and again, since LMDB files may come later. Never throws. */
  use({ store, redis }: Settings): void {
    const identity = JSON.stringify([store.backend, store.path, store.backend === 'redis' && redis])
    if (this.#link?.identity === identity) return
    void this.close()
    this.#trouble = missing(store.backend, store.path) ?? ''
    if (this.#trouble !== '') return
    try {
      const guard = guarded(createStore({ ...store, timeoutMs }, redis), {
        timeoutMs,
        onError: (operation, _reason, error) => {
          if (operation !== 'open') return
          if (link.trouble !== error.message) this.journal.tell('store-not-open', { why: error.message })
          link.trouble = error.message
        },
      })
      const memory = cached(guard, { maxEntries: 1000, ttlMs: 1, updateTimeoutMs: timeoutMs })
      const link: Link = { identity, store: guard, memory, trouble: 'the store is not open yet' }
      this.#link = link
      guard.openInBackground()
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error)
    }
  }

  /** The store, or a sentence that says why there is none. */
  get(): OpenStore | string {
    if (!this.#link) return this.#trouble
    return this.#link.store.state.opened ? this.#link : this.#link.trouble
  }

  /** Waits until the store is open, `forMs` at most. */
  async opened(forMs: number): Promise<void> {
    const until = performance.now() + forMs
    while (this.#link && !this.#link.store.state.opened && performance.now() < until) await sleep(10)
  }

  /** Never rejects. */
  async close(): Promise<void> {
    const link = this.#link
    this.#link = null
    await link?.store.close().catch(() => undefined)
  }
}

/** Opening LMDB would make its files, perhaps for another user than Haraka's. */
function missing(backend: Settings['store']['backend'], path: string): string | null {
  if (backend === 'memory') {
    return "[store] backend = memory lives inside Haraka's own process, where nothing else reaches it; use lmdb or redis"
  }
  return backend === 'lmdb' && !existsSync(join(path, 'data.mdb'))
    ? `nothing is stored yet: there is no LMDB store in ${path}`
    : null
}
