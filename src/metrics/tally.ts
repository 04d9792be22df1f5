import { counters, histograms, type CounterDefinition, type HistogramDefinition } from './catalogue'

/** What has changed, by name of the slot. */
export type Changes = Readonly<Record<string, number>>

/** The name under which processes tell each other of one figure; it stays the same between versions. */
export function slotName(
  definition: CounterDefinition | HistogramDefinition,
  series: readonly string[],
): string {
  return [definition.name, ...series].join('|')
}

/**
 * All counters and histograms of a process as one row of numbers, so that counting is an addition. Histograms take one
 * slot a bucket (each message in one of them, +Inf last) and one for the sum.
 */
export class Tally {
  readonly #slots: ReadonlyMap<string, number>
  readonly #values: Float64Array
  readonly #told: Float64Array

  constructor() {
    const names = [
      ...Object.values(counters).flatMap((counter) =>
        counter.series.map((series) => slotName(counter, series)),
      ),
      ...Object.values(histograms).flatMap((histogram) =>
        histogram.series.flatMap((series) => {
          const name = slotName(histogram, series)
          return [...histogram.buckets, '+Inf'].map((le) => `${name}|le=${le}`).concat(`${name}|sum`)
        }),
      ),
    ]
    this.#slots = new Map(names.map((name, slot) => [name, slot]))
    this.#values = new Float64Array(names.length)
    this.#told = new Float64Array(names.length)
  }

  slot(name: string): number {
    const slot = this.#slots.get(name)
    if (slot === undefined) throw new RangeError(`there is no figure ${name}`)
    return slot
  }

  /** The first of the slots of a histogram's series. */
  histogramSlot(definition: HistogramDefinition, series: readonly string[]): number {
    return this.slot(`${slotName(definition, series)}|le=${definition.buckets[0] ?? '+Inf'}`)
  }

  add(slot: number, amount: number): void {
    this.#values[slot] = this.value(slot) + amount
  }

  value(slot: number): number {
    return this.#values[slot] ?? 0
  }

  /** What was counted since the last call; `null`: nothing. */
  takeChanges(): Changes | null {
    let changes: Record<string, number> | null = null
    for (const [name, slot] of this.#slots) {
      const value = this.value(slot)
      const told = this.#told[slot] ?? 0
      if (value === told) continue
      changes ??= {}
      changes[name] = value - told
      this.#told[slot] = value
    }
    return changes
  }

  /** Adds what another process has counted. Figures that only another version knows are left out. */
  addChanges(changes: Changes): void {
    for (const [name, amount] of Object.entries(changes)) {
      const slot = this.#slots.get(name)
      if (slot !== undefined && Number.isFinite(amount) && amount > 0) this.add(slot, amount)
    }
  }
}
