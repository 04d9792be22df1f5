import type { UnavailableReason } from '../store/unavailable'

/** Whether the store answered the last time it was called, learnt from what its guard reports. */
export class StorePulse {
  private up = false
  private failing = false

  get isUp(): boolean {
    return this.up
  }

  /** A call failed, or was not made; of those that were made `took` hears next. */
  failed(reason: UnavailableReason): void {
    this.up = false
    this.failing = reason !== 'breaker-open' && reason !== 'not-open'
  }

  /** A call has ended, well or not. */
  took(): void {
    if (!this.failing) this.up = true
    this.failing = false
  }
}
