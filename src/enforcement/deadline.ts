/** The instant by which a hook must have answered; shared by everything that it waits for (F1). */
export class Deadline {
  private readonly at: number

  constructor(timeoutMs: number) {
    this.at = performance.now() + timeoutMs
  }

  get remainingMs(): number {
    return Math.max(0, this.at - performance.now())
  }

  /** The promise's value, or `fallback()` where the time is up first. The promise must not reject; it goes on by itself. */
  async settle<T>(promise: Promise<T>, fallback: () => T): Promise<T> {
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
