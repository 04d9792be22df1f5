/** An IP address as a number. IPv4-mapped IPv6 is IPv4 before it comes here. */
export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/** A network: all addresses that share the first `prefix` bits of `value`. */
export interface CidrRange extends Address {
  readonly prefix: number
}
