import { internetConnectorId } from '../rules/attribution/connector'
import { dayMs } from '../rules/time'

/** A server that is not heard of for so long is forgotten; nothing in memory is unbounded. */
export const serverDays = 400
/** Anyone can write any name into mail from the internet, so strangers are forgotten sooner. */
export const strangerDays = 60
/** What a contact was told is forgotten so long after the last letter. */
export const contactDays = 400

/** How long a server's record outlives its last write. */
export function serverTtlMs(tenant: string): number {
  return (tenant === internetConnectorId ? strangerDays : serverDays) * dayMs
}

/** How long a contact's record outlives its last write. */
export const contactTtlMs = contactDays * dayMs

/** How long a path's record outlives its last write. */
export function pathTtlMs(pathMemoryDays: number): number {
  return pathMemoryDays * dayMs
}
