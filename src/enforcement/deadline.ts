import type { Soon } from './soon'

/** The instant by which a hook must have answered; shared by everything that it waits for (F1). */
export class Deadline {
  private readonly at: number

  constructor(timeoutMs: number) {
    this.at = performance.now() + timeoutMs
  }

  get remainingMs(): number {
    return Math.max(0, this.at - performance.now())
  }

  /** What is at hand; else the promise's value, or `fallback()` where the time is up first. It must not reject; it goes on by itself. */
  settle<T>(value: Soon<T>, fallback: () => T): Soon<T> {
    return value instanceof Promise ? this.wait(value, fallback) : value
  }

  private async wait<T>(promise: Promise<T>, fallback: () => T): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<T>((resolve) => {
      timer = setTimeout(() => {
        resolve(fallback())
      }, this.remainingMs)
      timer.unref()
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
