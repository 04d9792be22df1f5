import type { Observer } from '../enforcement/observer'
import type { Plugin } from './types'

const checkEveryMs = 10_000

/**
 * Compares this host's clock with the store's, where it has one (F5). While they differ too much nothing is enforced, and
 * it is said loudly.
 */
export class ClockWatch {
  private readonly plugin: Plugin
  private readonly observer: Observer
  private readonly reference: { time(): Promise<number | null> }
  private trusted = true
  private readonly maxSkewMs: () => number
  private timer: NodeJS.Timeout | null = null

  constructor(
    plugin: Plugin,
    observer: Observer,
    reference: { time(): Promise<number | null> },
    maxSkewMs: () => number,
  ) {
    this.maxSkewMs = maxSkewMs
    this.plugin = plugin
    this.observer = observer
    this.reference = reference
  }

  isTrusted(): boolean {
    return this.trusted
  }

  start(): void {
    this.stop()
    this.timer = setInterval(() => void this.check(), checkEveryMs)
    this.timer.unref()
    void this.check()
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
  }

  /** Never rejects. A store that cannot be asked changes nothing. */
  async check(): Promise<void> {
    const asked = Date.now()
    const theirs = await this.reference.time()
    if (theirs === null) return
    // Half of the round trip is the best guess at when the store looked at its clock.
    const skewMs = Math.abs((asked + Date.now()) / 2 - theirs)
    const trusted = skewMs <= this.maxSkewMs()
    if (!trusted) {
      this.observer.count('faults', { kind: 'clock-skew' })
      this.plugin.logcrit(
        `this host's clock and the store's differ by ${Math.round(skewMs / 1000)} s: nothing is enforced until they agree`,
      )
    } else if (!this.trusted) this.plugin.logwarn("this host's clock and the store's agree again")
    this.trusted = trusted
  }
}
