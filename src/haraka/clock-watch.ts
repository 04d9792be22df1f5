import type { Observer } from '../enforcement/observer'
import type { Plugin } from './types'

const checkEveryMs = 10_000
/** In doubt nothing is enforced, so the end of it should not be waited for. */
const recheckEveryMs = 1_000
/** A clock that was set stays doubtful for so long, unless the store's clock confirms it or it is set back. */
const settleMs = 600_000

/** The clocks of this host in ms: the one that tells the time and can be set, and the one that only runs. */
export interface HostClocks {
  readonly wall: () => number
  readonly monotonic: () => number
}

const hostClocks: HostClocks = { wall: Date.now, monotonic: () => performance.now() }

/**
 * Compares this host's clock with the store's, where it has one (F5), and with the time that has really passed. While they
 * differ too much nothing is enforced and no clock of a server is touched (F2), and it is said loudly.
 */
export class ClockWatch {
  private readonly plugin: Plugin
  private readonly observer: Observer
  private readonly reference: { time(): Promise<number | null> }
  private readonly maxSkewMs: () => number
  private readonly clocks: HostClocks
  private agrees = true
  /** Wall clock less monotonic clock, as it should stay. */
  private offsetMs: number
  /** Monotonic time at which a jump was first noticed. */
  private jumpedAt: number | null = null
  private timer: NodeJS.Timeout | null = null
  /** Of the start that counts: a check may be under way when another comes, or the end. */
  private watchNumber = 0

  constructor(
    plugin: Plugin,
    observer: Observer,
    reference: { time(): Promise<number | null> },
    maxSkewMs: () => number,
    clocks: HostClocks = hostClocks,
  ) {
    this.maxSkewMs = maxSkewMs
    this.plugin = plugin
    this.observer = observer
    this.reference = reference
    this.clocks = clocks
    this.offsetMs = clocks.wall() - clocks.monotonic()
  }

  isTrusted(): boolean {
    return this.agrees && !this.hasJumped()
  }

  start(): void {
    this.stop()
    void this.checkOn(this.watchNumber)
  }

  stop(): void {
    this.watchNumber += 1
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private async checkOn(watchNumber: number): Promise<void> {
    await this.check()
    if (watchNumber !== this.watchNumber) return
    this.timer = setTimeout(
      () => void this.checkOn(watchNumber),
      this.isTrusted() ? checkEveryMs : recheckEveryMs,
    )
    this.timer.unref()
  }

  /** Never rejects. A store that cannot be asked changes nothing. */
  async check(): Promise<void> {
    const asked = this.clocks.wall()
    const theirs = await this.reference.time()
    if (theirs === null) {
      this.hasJumped()
      return
    }
    // Half of the round trip is the best guess at when the store looked at its clock.
    const skewMs = Math.abs((asked + this.clocks.wall()) / 2 - theirs)
    const agrees = skewMs <= this.maxSkewMs()
    if (!agrees) {
      this.doubt(`this host's clock and the store's differ by ${Math.round(skewMs / 1000)} s`)
    } else {
      if (!this.agrees) this.plugin.logwarn("this host's clock and the store's agree again")
      this.settle()
    }
    this.agrees = agrees
  }

  private hasJumped(): boolean {
    const running = this.clocks.monotonic()
    const jumpMs = Math.abs(this.clocks.wall() - running - this.offsetMs)
    if (jumpMs <= this.maxSkewMs()) {
      if (this.jumpedAt !== null) this.plugin.logwarn('the clock of this host is back where it was')
      this.settle()
      return false
    }
    if (this.jumpedAt === null) {
      this.jumpedAt = running
      this.doubt(`the clock of this host jumped by ${Math.round(jumpMs / 1000)} s`)
    }
    if (running - this.jumpedAt < settleMs) return true
    this.plugin.logwarn('the clock of this host has kept its new time: it is believed')
    this.settle()
    return false
  }

  private settle(): void {
    this.offsetMs = this.clocks.wall() - this.clocks.monotonic()
    this.jumpedAt = null
  }

  private doubt(what: string): void {
    this.observer.count('faults', { kind: 'clock-skew' })
    this.plugin.logcrit(`${what}: nothing is enforced until that is settled`)
  }
}
