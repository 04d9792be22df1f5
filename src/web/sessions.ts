import { randomBytes } from 'node:crypto'
import { hourMs, minuteMs } from '../rules/time'
import type { PendingOrder } from './order'
import type { Notice } from '../report/page/page'

export const idleMs = 30 * minuteMs
export const lifetimeMs = 12 * hourMs
/** Who holds the token may log in as often as they like; the oldest session gives way. */
const maxSessions = 200
const maxPending = 20

/** Somebody who has shown the token. It lives in this process alone: a restart logs everybody out. */
export interface Session {
  readonly id: string
  readonly openedAt: number
  /** Which token was shown: another one ends the session. */
  readonly tokenName: string
  lastSeenAt: number
  /** Kept here by @fastify/csrf-protection. */
  csrfSecret?: string
  /** Said once, on the next page. */
  notice: Notice | null
  /** Orders that were shown and wait to be confirmed, by their id; oldest first. */
  readonly pending: Map<string, PendingOrder>
}

/** Epoch ms in, so that tests need not wait. */
export class Sessions {
  readonly #sessions = new Map<string, Session>()

  open(tokenName: string, now: number): Session {
    for (const [id, session] of this.#sessions) if (isOver(session, now)) this.#sessions.delete(id)
    dropOldest(this.#sessions, maxSessions - 1)
    const id = randomBytes(32).toString('base64url')
    const session: Session = {
      id,
      openedAt: now,
      tokenName,
      lastSeenAt: now,
      notice: null,
      pending: new Map(),
    }
    this.#sessions.set(id, session)
    return session
  }

  /** The session of that id, if it is not over; asking for it keeps it from idling. */
  find(id: string, tokenName: string | null, now: number): Session | null {
    const session = this.#sessions.get(id)
    if (!session) return null
    if (isOver(session, now) || session.tokenName !== tokenName) {
      this.#sessions.delete(id)
      return null
    }
    session.lastSeenAt = now
    return session
  }

  close({ id }: Session): void {
    this.#sessions.delete(id)
  }
}

/** Keeps an order until it is confirmed. */
export function keepPending({ pending }: Session, order: PendingOrder): void {
  dropOldest(pending, maxPending - 1)
  pending.set(order.id, order)
}

/** Names a session in the log, and opens nothing. */
export function nameOf({ id }: Session): string {
  return id.slice(0, 8)
}

function isOver({ openedAt, lastSeenAt }: Session, now: number): boolean {
  return now - lastSeenAt > idleMs || now - openedAt > lifetimeMs
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}
