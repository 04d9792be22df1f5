import { KindCache, type CacheOptions } from './kind-cache'
import type { RecordKey, RecordKind, Records, Store } from './store'
import type { Recollection, Soon, Updated } from './recollection'

/** Memory as the hooks use it: nothing here ever rejects. */
export interface CachedStore {
  /**
   * Records of one tenant and one kind. `fresh` asks the store even where the cache could answer; else an entry a little past its
   * time is served at once and refreshed behind. What the cache can answer is no promise: hooks need not wait for it.
   */
  recall<K extends RecordKind>(
    keys: readonly RecordKey<K>[],
    options?: { readonly fresh?: boolean },
  ): Soon<Recollection<Records[K]>>
  /** What this process remembers, however old, at once. */
  peek<K extends RecordKind>(keys: readonly RecordKey<K>[]): Recollection<Records[K]>
  /**
   * Read, `change`, write if unchanged, else again. `change` is pure, since it may be called several times, and returns
   * `null` to leave the record alone. An unreadable record is never overwritten. A failed update may, after a timeout,
   * have been made nevertheless.
   */
  update<K extends RecordKind>(
    key: RecordKey<K>,
    change: (current: Records[K] | null) => Records[K] | null,
    ttlMs: number | null,
  ): Promise<Updated<Records[K]>>
  /** Another process changed it: the next recall asks the store. */
  forget(key: RecordKey): void
  /** The store is about to be closed: nothing is asked of it any more unbidden. */
  close(): void
  readonly size: number
}

/** In front of a guarded store. */
export function cached(store: Store, options: CacheOptions): CachedStore {
  const caches: { readonly [K in RecordKind]: KindCache<K> } = {
    server: new KindCache<'server'>(store, options),
    path: new KindCache<'path'>(store, options),
    tenant: new KindCache<'tenant'>(store, options),
    contact: new KindCache<'contact'>(store, options),
  }
  const cacheOf = <K extends RecordKind>(key: RecordKey<K>): KindCache<K> => {
    const kind: K = key.kind
    return caches[kind]
  }
  return {
    recall: (keys, options) => {
      const [first] = keys
      return first ? cacheOf(first).recall(keys, options?.fresh === true) : { values: [], freshness: 'cache' }
    },
    peek: (keys) => {
      const [first] = keys
      return first ? cacheOf(first).peek(keys) : { values: [], freshness: 'cache' }
    },
    update: (key, change, ttlMs) => cacheOf(key).update(key, change, ttlMs),
    forget: (key) => cacheOf(key).forget(key),
    close: () => {
      for (const cache of Object.values(caches)) cache.close()
    },
    get size() {
      return Object.values(caches).reduce((sum, cache) => sum + cache.size, 0)
    },
  }
}
