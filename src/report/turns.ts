import { setImmediate as nextTurn } from 'node:timers/promises'

const turnMs = 10

/** Lets other work have its turn, whenever this one has taken ten milliseconds. */
export class Turns {
  #ends = performance.now() + turnMs

  /** To be awaited in every round of a long loop. */
  async next(): Promise<void> {
    if (performance.now() < this.#ends) return
    await nextTurn()
    this.#ends = performance.now() + turnMs
  }
}
