import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Memory } from '../enforcement/memory'
import type { TenantRecord } from '../rules/clock/record'
import type { Store } from '../store/store'
import type { Configuration } from './configuration'
import { CliFailure, refusal } from './failure'

/** Longer than a mail server would wait: a person can. */
const timeoutMs = 5_000

export interface Storage {
  readonly store: Store
  /** Compare-and-set on top of it. */
  readonly memory: Memory
}

export type Access = 'read' | 'write'

/** Haraka's config folder. Throws `CliFailure` where none names a store, or the store is out of reach. */
export function mustBeShared({ folder, settings }: Configuration): string {
  if (folder === null) {
    throw refusal(
      "where the store is stands in Haraka's config folder, and none was found; name it with --config",
    )
  }
  if (settings.store.backend === 'memory') {
    throw refusal(
      "[store] backend = memory lives inside Haraka's own process, where no command reaches it; use lmdb or redis",
    )
  }
  return folder
}

/** Opens the store that the configuration names, and closes it again. Throws `CliFailure` where it cannot be used. */
export async function withStorage<T>(
  configuration: Configuration,
  access: Access,
  work: (storage: Storage) => Promise<T>,
): Promise<T> {
  const { settings } = configuration
  mustBeShared(configuration)
  if (access === 'read' && settings.store.backend === 'lmdb') mustExist(settings.store.path)
  // Only who uses a store waits for its drivers to load.
  const { createStore } = await import('../store/create-store.js')
  const { guarded } = await import('../store/guarded.js')
  const { cached } = await import('../store/cached.js')
  const { StoreUnavailable } = await import('../store/unavailable.js')
  const store = guarded(createStore({ ...settings.store, timeoutMs }, settings.redis), { timeoutMs })
  try {
    await store.open()
    const memory = cached(store, { maxEntries: 1000, ttlMs: 1, updateTimeoutMs: timeoutMs })
    return await work({ store, memory })
  } catch (error) {
    if (error instanceof StoreUnavailable) throw refusal(`store: ${error.message}`, error)
    throw error
  } finally {
    await store.close().catch(() => undefined)
  }
}

/** A tenant's record; one that was never written is empty. */
export async function readTenant(store: Store, tenant: string): Promise<TenantRecord> {
  const stored = await store.read({ kind: 'tenant', tenant })
  if (stored.state === 'unreadable') {
    throw refusal(`the record of tenant ${tenant} cannot be read (${stored.why})`)
  }
  return stored.state === 'present' ? stored.value : { tenant, pauses: [], exemptions: [] }
}

/** Opening would make it, perhaps for another user than Haraka's. */
function mustExist(path: string): void {
  if (existsSync(join(path, 'data.mdb'))) return
  throw new CliFailure(
    1,
    `nothing is stored yet: there is no LMDB store in ${path}; check --config and [store] path`,
  )
}
