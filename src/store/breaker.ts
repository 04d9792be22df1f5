export type BreakerState = 'closed' | 'open' | 'half-open'

const failuresToOpen = 5
const openForMs = 1_000

/**
 * Spares a store that is down: after five failures in a row nothing is asked of it for a second, then one call
 * finds out whether it is back.
 */
export class Breaker {
  #failures = 0
  #openedAt: number | null = null
  #probing = false

  constructor(private readonly now: () => number) {}

  get state(): BreakerState {
    if (this.#openedAt === null) return 'closed'
    return this.#probing || this.#rested() ? 'half-open' : 'open'
  }

  /** Whether a call may go out now; who may must report how it ended. */
  admit(): boolean {
    if (this.#openedAt === null) return true
    if (this.#probing || !this.#rested()) return false
    this.#probing = true
    return true
  }

  succeeded(): void {
    this.#failures = 0
    this.#openedAt = null
    this.#probing = false
  }

  failed(): void {
    this.#failures += 1
    if (!this.#probing && this.#failures < failuresToOpen) return
    this.#openedAt = this.now()
    this.#probing = false
  }

  #rested(): boolean {
    if (this.#openedAt === null) return true
    const restedMs = this.now() - this.#openedAt
    // A clock that jumped back would else keep it open for as long.
    return restedMs >= openForMs || restedMs < 0
  }
}
