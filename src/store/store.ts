import type { PathRecord, ServerRecord, TenantRecord } from '../rules/clock/record'
import type { ContactRecord } from '../rules/notice/record'

/** The records that memory holds, by kind. */
export interface Records {
  readonly server: ServerRecord
  readonly path: PathRecord
  readonly tenant: TenantRecord
  readonly contact: ContactRecord
}
export type RecordKind = keyof Records

/** Names one record. All keys of a tenant lie together (Redis Cluster: one hash slot). */
export type RecordKey<K extends RecordKind = RecordKind> = { readonly kind: K } & {
  readonly server: { readonly kind: 'server'; readonly tenant: string; readonly server: string }
  readonly path: {
    readonly kind: 'path'
    readonly tenant: string
    readonly connector: string
    readonly address: string
    readonly ehlo: string | null
  }
  readonly tenant: { readonly kind: 'tenant'; readonly tenant: string }
  readonly contact: { readonly kind: 'contact'; readonly tenant: string; readonly contact: string }
}[K]

/**
 * A record as read. `unreadable`: damaged, or of a newer schema; it is left alone and never overwritten. Its version is
 * negative: `remove` takes it, `replace` never does. Versions rise, also over a removal: none comes twice.
 */
export type Stored<T> =
  | { readonly state: 'absent'; readonly version: 0 }
  | { readonly state: 'present'; readonly version: number; readonly value: T }
  | { readonly state: 'unreadable'; readonly version: number; readonly why: string }

/**
 * Memory of servers, paths, tenants and contacts, shared by all workers and, with Redis, by all hosts.
 * A record changes by compare-and-set on its version. Every method may reject; callers stand behind `guarded`.
 */
export interface Store {
  readonly backend: 'memory' | 'lmdb' | 'redis'
  /** Begins to connect or opens files. Resolves when usable; a later attempt may succeed after a rejection. */
  open(): Promise<void>
  read<K extends RecordKind>(key: RecordKey<K>): Promise<Stored<Records[K]>>
  /** Several records of one tenant in one round trip, in the order asked. */
  readAll<K extends RecordKind>(keys: readonly RecordKey<K>[]): Promise<readonly Stored<Records[K]>[]>
  /**
   * Writes if the record's version is still `expected` (0 = must be absent) and says whether it did.
   * `ttlMs` null: kept for ever; else it expires that long after this write. Rejects with `InvalidRecord` what could
   * not be read again under this key.
   */
  replace<K extends RecordKind>(
    key: RecordKey<K>,
    expected: number,
    value: Records[K],
    ttlMs: number | null,
  ): Promise<boolean>
  /** Removes if unchanged. */
  remove(key: RecordKey, expected: number): Promise<boolean>
  /** Every record of a kind, of one tenant or of all; each once at least, in no order. */
  list<K extends RecordKind>(
    kind: K,
    tenant?: string,
  ): AsyncIterable<Stored<Records[K]> & { readonly key: RecordKey<K> }>
  /** How long the record still lives, in ms; `null`: for ever, or it is not there. */
  lifetime(key: RecordKey): Promise<number | null>
  /** The backend's own clock in epoch ms, where it has one (Redis TIME), else `null` (F5). */
  time(): Promise<number | null>
  /** Removes what has expired, where the backend does not do so by itself; returns how many. */
  prune(now: number): Promise<number>
  close(): Promise<void>
}
