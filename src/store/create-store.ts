import type { RedisSettings, StoreSettings } from '../config/settings'
import { LmdbStore } from './lmdb'
import { MemoryStore } from './memory'
import { RedisStore } from './redis'
import type { Store } from './store'

/** The backend that the configuration names, not open yet. Throws a RangeError on a `key_prefix` that is none. */
export function createStore(settings: StoreSettings, redis: RedisSettings, now?: () => number): Store {
  const clock = now ? { now } : {}
  switch (settings.backend) {
    case 'memory':
      return new MemoryStore(clock)
    case 'lmdb':
      return new LmdbStore({ path: settings.path, ...clock })
    case 'redis':
      return new RedisStore({ settings: redis, timeoutMs: settings.timeoutMs, ...clock })
  }
}
