/** How one process is; together they make the gauges and `/readyz`. */
export interface Health {
  /** The last call to the store succeeded, or none is needed (F6). */
  readonly storeUp: boolean
  /** The files as they lie there are in force. */
  readonly configGood: boolean
  /** Epoch seconds. */
  readonly catalogueTimestamp: number
}

/** All processes are well only if each one is; of catalogues the oldest counts. */
export function together(all: readonly Health[]): Health {
  return {
    storeUp: all.every((each) => each.storeUp),
    configGood: all.every((each) => each.configGood),
    catalogueTimestamp: all.length === 0 ? 0 : Math.min(...all.map((each) => each.catalogueTimestamp)),
  }
}
