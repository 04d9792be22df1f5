import { parseAddress } from '../config/address'
import type { Address } from '../rules/attribution/address'
import type { Connection } from './types'

/** Where a session comes from. */
export interface Peer {
  readonly address: Address
  /** As Haraka writes it. */
  readonly text: string
}

interface FirstSeen {
  /** What Haraka noted of the PROXY line; another one for every such line. */
  readonly proxy: unknown
  readonly text: string
  /** The last one that was asked for: every hook asks. */
  last: Peer | null
}

/**
 * The peers of sessions. A balancer begins a session with one PROXY line and then passes on what the client says; Haraka
 * believes another PROXY line later on, too, which then is the client's own invention. Here only the first one counts.
 */
export class Peers {
  readonly #first = new WeakMap<Connection, FirstSeen>()

  /** To be told at `connect_init`, which Haraka runs for every PROXY line. Whether it is one too many. */
  meet(connection: Connection): boolean {
    const first = this.#first.get(connection)
    if (first) return first.proxy !== connection.notes['proxy']
    this.#first.set(connection, { proxy: connection.notes['proxy'], text: connection.remote.ip, last: null })
    return false
  }

  /** `null`: what Haraka takes for the address is none. XCLIENT changes the address, from hosts that the operator trusts. */
  of(connection: Connection): Peer | null {
    const first = this.#first.get(connection)
    const { ip } = connection.remote
    const text = first && first.proxy !== connection.notes['proxy'] ? first.text : ip
    if (first?.last?.text === text) return first.last
    const address = parseAddress(text)
    const peer = address && { address, text }
    if (first) first.last = peer
    return peer
  }
}
