import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A heap smaller than this is left to itself. */
const smallBytes = 90 * 1024 * 1024

/**
 * Has garbage collected before the heap has grown to several times of what is in use, as it otherwise does while much is made and
 * dropped: a replay may run beside a mail server, and is to take the same memory for an archive of any size.
 */
export class HeapWatch {
  readonly #collect: () => void
  #limit = smallBytes

  constructor() {
    // There is no other way to it than the one for tests.
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    this.#collect = typeof collect === 'function' ? () => void collect() : () => undefined
  }

  /** To be called now and then. It takes some 50 ms where it collects, else next to nothing. */
  look(): void {
    if (getHeapStatistics().total_heap_size < this.#limit) return
    this.#collect()
    this.#limit = Math.max(smallBytes, 2 * getHeapStatistics().used_heap_size)
  }
}
