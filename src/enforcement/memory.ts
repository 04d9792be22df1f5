import type { CachedStore } from '../store/cached'
import type { RecordKey, RecordKind } from '../store/store'

/** What enforcement asks of memory. Nothing in it ever rejects, and nothing takes longer than the store's deadline. */
export type Memory = Pick<CachedStore, 'recall' | 'peek' | 'update'>

/** A key from which TypeScript can tell the kind. */
export type Key<K extends RecordKind> = RecordKey<K> & { readonly kind: K }
