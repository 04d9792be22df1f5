import { hourMs } from '../rules/time'

/**
 * Bounds what a sender can make us remember: so many new records an hour for each of a bounded number of keys.
 * Kept per process; whoever is turned away here is simply not remembered, his mail is accepted.
 */
export class NewcomerLimit {
  private readonly perHour: number
  private readonly maxKeys: number
  private readonly taken = new Map<string, { hour: number; count: number }>()

  constructor(perHour: number, maxKeys = 10_000) {
    this.perHour = perHour
    this.maxKeys = maxKeys
  }

  admits(key: string, now: number): boolean {
    const hour = Math.floor(now / hourMs)
    const entry = this.taken.get(key)
    if (entry?.hour === hour) {
      entry.count += 1
      return entry.count <= this.perHour
    }
    if (!entry && this.taken.size >= this.maxKeys) this.forgetPast(hour)
    if (!entry && this.taken.size >= this.maxKeys) return false
    this.taken.set(key, { hour, count: 1 })
    return true
  }

  private forgetPast(hour: number): void {
    for (const [key, entry] of this.taken) if (entry.hour !== hour) this.taken.delete(key)
  }
}
