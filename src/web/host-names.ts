import { isIP } from 'node:net'

/** The host of a `Host` header, without port, lower case; `null` where it is none. */
export function hostOf(header: string | undefined): string | null {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::\d{1,5})?$/i.exec(header ?? '')
  const host = parts?.[1] ?? parts?.[2]
  return host === undefined ? null : host.toLowerCase()
}

/**
 * Whether a request may name that host. A page elsewhere can have its own name resolve to our address (DNS rebinding) and
 * then read what we answer; it can do so with a name alone, never with an address.
 */
export function isOurs(host: string, names: readonly string[]): boolean {
  return isIP(host) !== 0 || host === 'localhost' || names.includes(host)
}

/** Whether only this host can reach what listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
