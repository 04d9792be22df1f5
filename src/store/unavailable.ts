/** Why the store gave no answer: one small fixed set, fit for a metric's label. */
export type UnavailableReason =
  'timeout' | 'refused' | 'breaker-open' | 'not-open' | 'denied' | 'read-only' | 'damaged' | 'failed'

/** The store gave no answer (F1). The message says what the operator can do; `cause` is the error beneath. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'

  constructor(
    readonly reason: UnavailableReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  /** What any error means to a caller; one that is typed already keeps its reason. */
  static from(error: unknown): StoreUnavailable {
    if (error instanceof StoreUnavailable) return error
    return new StoreUnavailable('failed', error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
}

/** The caller's own mistake: a value that could not be read again, or under a key that is not its own. Nothing was written. */
export class InvalidRecord extends Error {
  override readonly name = 'InvalidRecord'
}
