import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { hourMs, minuteMs } from '../rules/time'

const freeFailures = 5
const firstWaitMs = 1_000
const longestWaitMs = minuteMs
const maxAddresses = 10_000

interface Failures {
  readonly count: number
  readonly nextAt: number
}

/**
 * Makes whoever guesses wait: after five failures in a row a second, then twice as long each time, a minute at most. By
 * address, so that nobody can shut out somebody elsewhere. What keeps the token is its length; this keeps the log short.
 */
export class LoginThrottle {
  readonly #failures = new LRUCache<string, Failures>({ max: maxAddresses, ttl: hourMs })

  /** How long that address must wait before a token of it is looked at; 0: not at all. */
  waitMs(address: string, now: number): number {
    const nextAt = this.#failures.get(networkOf(address))?.nextAt ?? 0
    return Math.min(Math.max(0, nextAt - now), longestWaitMs)
  }

  failed(address: string, now: number): void {
    const network = networkOf(address)
    const count = (this.#failures.get(network)?.count ?? 0) + 1
    const beyond = count - freeFailures
    const waitMs = beyond < 0 ? 0 : Math.min(firstWaitMs * 2 ** Math.min(beyond, 20), longestWaitMs)
    this.#failures.set(network, { count, nextAt: now + waitMs })
  }

  succeeded(address: string): void {
    this.#failures.delete(networkOf(address))
  }
}

/** Whoever has one IPv6 address has the whole /64. */
function networkOf(address: string): string {
  // What a proxy hands on may be anything.
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address.slice(0, 64)
  const [head = '', tail = ''] = address.split('::')
  const parts = head.split(':')
  const missing = 8 - parts.length - (tail === '' ? 0 : tail.split(':').length)
  const whole = address.includes('::')
    ? [...parts, ...Array<string>(missing).fill('0'), ...tail.split(':')]
    : parts
  return whole.slice(0, 4).join(':')
}
