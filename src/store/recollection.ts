import type { UnavailableReason } from './unavailable'

/** What is known of a record. `unknown`: neither store nor cache could say; it is not `absent`. */
export type Known<T> =
  | { readonly state: 'present'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly why: string }
  | { readonly state: 'unknown' }

/**
 * Where an answer comes from; of several records the worst, in this order. `stale`: the store failed, this is what
 * was last known. `unavailable`: of one record at least nothing is known (F1).
 */
export type Freshness = 'cache' | 'store' | 'stale' | 'unavailable'

/** At hand, as nearly always, or to be waited for. */
export type Soon<T> = T | Promise<T>

export interface Recollection<T> {
  /** In the order asked. */
  readonly values: readonly Known<T>[]
  readonly freshness: Freshness
}

/** Why an update was not made. `contended`: others won every time. `fault`: `change` threw, or gave what cannot be kept. */
export type UpdateFailure = UnavailableReason | 'unreadable' | 'contended' | 'fault'

export type Updated<T> =
  | { readonly state: 'written'; readonly value: T }
  | { readonly state: 'unchanged'; readonly value: T | null }
  | { readonly state: 'failed'; readonly reason: UpdateFailure; readonly error: Error | null }

const badness: Record<Freshness, number> = { cache: 0, store: 1, stale: 2, unavailable: 3 }

export function worstOf(all: readonly Freshness[]): Freshness {
  let worst: Freshness = 'cache'
  for (const each of all) if (badness[each] > badness[worst]) worst = each
  return worst
}
