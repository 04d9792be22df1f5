/**
 * Chance that can be had again: the same seed and number give the same draws, on every machine. A generator of the
 * kind sfc32 (Chris Doty-Humphrey's "small fast counting"), 32 bits at a time.
 */
export class Random {
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  constructor(seed: number, number: number) {
    this.restart(seed, number)
  }

  /** As if made anew: one generator serves a million inputs. */
  restart(seed: number, number: number): void {
    this.#a = seed | 0
    this.#b = number | 0
    this.#c = Math.floor(number / 2 ** 32) | 0
    this.#counter = 1
    for (let round = 0; round < 12; round += 1) this.#next()
  }

  /** A whole number from 0 on, below `bound`. */
  below(bound: number): number {
    return Math.floor((this.#next() / 2 ** 32) * bound)
  }

  /** True once in `times` draws. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }

  /** So many of what `make` gives. */
  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make)
  }

  /** Few much more often than many, below `bound`. */
  few(bound: number): number {
    return this.below(1 + this.below(bound))
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
}
