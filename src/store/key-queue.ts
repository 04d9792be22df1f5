/** Lets the updates of one record within this process follow each other, so that they do not make each other lose. */
export class KeyQueue {
  readonly #tails = new Map<string, Promise<void>>()

  /** Runs `task` after those before it; `null` if its turn has not come after `waitMs`. */
  async run<T>(name: string, waitMs: number, task: () => Promise<T>): Promise<T | null> {
    const before = this.#tails.get(name)
    let release = (): void => undefined
    const mine = new Promise<void>((resolve) => {
      release = resolve
    })
    const tail = before ? before.then(() => mine) : mine
    this.#tails.set(name, tail)
    void tail.then(() => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name)
    })
    try {
      if (before && !(await settlesWithin(before, waitMs))) return null
      return await task()
    } finally {
      release()
    }
  }
}

function settlesWithin(turn: Promise<void>, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), waitMs)
    void turn.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
