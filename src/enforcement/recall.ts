import type { ServerRecord, TenantRecord } from '../rules/clock/record'
import { serversOf } from '../rules/decision/path'
import { worstOf, type Freshness, type Known, type Recollection } from '../store/recollection'
import type { RecordKind, Records } from '../store/store'
import type { Deadline } from './deadline'
import type { Key } from './memory'
import { both, soon, type Soon } from './soon'
import type { Surroundings } from './surroundings'

export interface KnownPath {
  /** `null` where it cannot be known; who has no record yet has an empty one. */
  readonly tenant: TenantRecord | null
  /** When the path last showed a build; 0 = never. */
  readonly lastEvidenceAt: number
  readonly servers: readonly { readonly server: string; readonly record: ServerRecord | null }[]
  /** The worst of all that was asked. */
  readonly freshness: Freshness
}

export interface KnownServer {
  /** `null` where it cannot be known; who has no record yet has an empty one. */
  readonly tenant: TenantRecord | null
  readonly record: ServerRecord | null
  /** Whether memory says for certain that it has never heard of the server. */
  readonly isNew: boolean
  readonly freshness: Freshness
}

/** A server or path that cannot be known counts as absent: then mail is accepted (F1). */
export function valueOf<T>(known: Known<T> | undefined): T | null {
  return known?.state === 'present' ? known.value : null
}

/** Asks memory, never longer than the hook's deadline: then what this process remembers has to do (F1). */
export class Recall {
  private readonly around: Surroundings

  constructor(around: Surroundings) {
    this.around = around
  }

  server(key: Key<'server'>, fresh: boolean, deadline: Deadline): Soon<KnownServer> {
    return both(
      this.ask([tenantKey(key.tenant)], fresh, deadline),
      this.ask([key], fresh, deadline),
      (tenants, servers) => ({
        tenant: tenantOf(key.tenant, tenants.values[0]),
        record: valueOf(servers.values[0]),
        isNew: servers.values[0]?.state === 'absent',
        freshness: worstOf([tenants.freshness, servers.freshness]),
      }),
    )
  }

  path(key: Key<'path'>, at: number, fresh: boolean, deadline: Deadline): Soon<KnownPath> {
    const { pathMemoryDays } = this.around.ruleset().settings.enforcement
    return both(
      this.ask([tenantKey(key.tenant)], fresh, deadline),
      this.ask([key], fresh, deadline),
      (tenants, paths) => {
        const path = valueOf(paths.values[0])
        const names = path ? serversOf(path, at, pathMemoryDays) : []
        const keys = names.map((server): Key<'server'> => ({ kind: 'server', tenant: key.tenant, server }))
        return soon(this.ask(keys, fresh, deadline), (records) => ({
          tenant: tenantOf(key.tenant, tenants.values[0]),
          lastEvidenceAt: path?.lastEvidenceAt ?? 0,
          servers: names.map((server, index) => ({ server, record: valueOf(records.values[index]) })),
          freshness: worstOf([tenants.freshness, paths.freshness, records.freshness]),
        }))
      },
    )
  }

  private ask<K extends RecordKind>(
    keys: readonly Key<K>[],
    fresh: boolean,
    deadline: Deadline,
  ): Soon<Recollection<Records[K]>> {
    if (keys.length === 0) return { values: [], freshness: 'cache' }
    const { memory, observer } = this.around
    const settled = deadline.settle(memory.recall<K>(keys, { fresh }), () => {
      observer.count('faults', { kind: 'deadline' })
      return memory.peek<K>(keys)
    })
    return soon(settled, (recollection) => {
      if (recollection.values.some(({ state }) => state === 'unreadable'))
        observer.count('faults', { kind: 'unreadable-record' })
      return recollection
    })
  }
}

/** Here unknown is not absent: an absent tenant has no pause, of an unknown one nobody can say (C4, F1). */
function tenantOf(tenant: string, known: Known<TenantRecord> | undefined): TenantRecord | null {
  return known?.state === 'absent' ? { tenant, pauses: [], exemptions: [] } : valueOf(known)
}

function tenantKey(tenant: string): Key<'tenant'> {
  return { kind: 'tenant', tenant }
}
