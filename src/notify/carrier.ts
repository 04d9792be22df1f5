import type { Delivery } from '../rules/notice/ledger'

/** A letter ready to go. */
export interface Parcel {
  readonly id: string
  readonly tenant: string
  /** Mail address, or `webhook`. */
  readonly to: string
  /** The message, or the body of the call. */
  readonly content: string
  readonly madeAt: number
}

/**
 * Takes letters out of the house. `handOver` is asked at the last moment at which nothing has gone out; if it says no, the
 * letter belongs to another sender by now and must not go. Never rejects but with what `handOver` rejects with.
 */
export interface Carrier {
  deliver(parcel: Parcel, handOver: () => Promise<boolean>): Promise<Delivery | 'not-ours'>
}
