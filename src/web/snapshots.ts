import type { Fleet } from '../report/fleet'

/** While somebody looks. */
const shortestRestMs = 3_000
/** While nobody does. */
const idleRestMs = 60_000
/** The rest is so many times as long as the reading before it took: reading takes 5 % of a core at most. */
const restFactor = 20

/** Memory could not be read, since when and why. */
export interface Failure {
  readonly since: number
  readonly why: string
}

export interface SnapshotOptions {
  /** Reads all of memory as of that instant; rejects where it cannot. */
  readonly read: (at: number) => Promise<Fleet>
  readonly now: () => number
  /** Told when readings begin to fail, and when they succeed again (`null`). */
  readonly onFailure: (failure: Failure | null) => void
}

/** What the pages show: the fleet, read anew in the background. A failure leaves the last one there. */
export class Snapshots {
  #current: Fleet | null = null
  #failure: Failure | null = null
  #reading: Promise<void> | null = null
  #next: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #restsUntil = 0
  #stopped = true

  constructor(private readonly options: SnapshotOptions) {}

  /** As it was read last. */
  get current(): Fleet | null {
    return this.#current
  }

  get failure(): Failure | null {
    return this.#failure
  }

  /** Begins to read. Resolves after the first attempt. */
  start(): Promise<void> {
    this.#stopped = false
    return this.refresh()
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  /** Somebody looks: a long rest is cut short. */
  look(): void {
    if (this.#reading || this.#stopped) return
    this.#schedule(Math.max(0, this.#restsUntil - performance.now()))
  }

  /** Resolves after a reading that began no earlier than this call, or has failed. Never rejects. */
  refresh(): Promise<void> {
    if (this.#next) return this.#next
    if (!this.#reading) return this.#begin()
    this.#next = this.#reading.then(() => {
      this.#next = null
      return this.#begin()
    })
    return this.#next
  }

  #begin(): Promise<void> {
    this.#reading = this.#read()
    return this.#reading
  }

  async #read(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    const at = this.options.now()
    const begun = performance.now()
    try {
      this.#current = await this.options.read(at)
      if (this.#failure) this.options.onFailure(null)
      this.#failure = null
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const isNews = this.#failure?.why !== why
      this.#failure = { since: this.#failure?.since ?? at, why }
      if (isNews) this.options.onFailure(this.#failure)
    }
    const ended = performance.now()
    this.#reading = null
    // A store that is down may take long to fail, and costs nothing meanwhile.
    const restMs = this.#failure ? shortestRestMs : Math.max(shortestRestMs, restFactor * (ended - begun))
    this.#restsUntil = ended + restMs
    this.#schedule(this.#failure ? restMs : Math.max(idleRestMs, restMs))
  }

  #schedule(afterMs: number): void {
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.refresh(), afterMs)
    this.#timer.unref()
  }
}
