import type { Counters, DecidingHook, Observer, StoreOperation } from '../enforcement/observer'
import {
  counters,
  histograms,
  otherStage,
  type CounterDefinition,
  type HistogramDefinition,
} from './catalogue'
import { slotName, type Tally } from './tally'

/** Slots by the first label's value, then the second's …; a number at the end. */
type Tree = Map<string, Tree | number>

interface Resolved {
  readonly labels: readonly string[]
  readonly tree: Tree
}

/** Counts into a tally. Every series is resolved beforehand: counting makes no string and no object. */
export class Recorder implements Observer {
  /** Called after each count, where somebody wants to know at once. */
  onCount: (() => void) | null = null
  readonly #tally: Tally
  readonly #counters: { readonly [N in keyof Counters]: Resolved }
  readonly #decisions: ReadonlyMap<string, number>
  readonly #stores: ReadonlyMap<string, number>

  constructor(tally: Tally) {
    this.#tally = tally
    const resolve = (definition: CounterDefinition): Resolved => resolveCounter(definition, tally)
    this.#counters = {
      sessions: resolve(counters.sessions),
      sightings: resolve(counters.sightings),
      verdicts: resolve(counters.verdicts),
      decisions: resolve(counters.decisions),
      rechecks: resolve(counters.rechecks),
      notices: resolve(counters.notices),
      cacheRequests: resolve(counters.cacheRequests),
      storeErrors: resolve(counters.storeErrors),
      faults: resolve(counters.faults),
      configReloads: resolve(counters.configReloads),
    }
    this.#decisions = resolveHistogram(histograms.decision, tally)
    this.#stores = resolveHistogram(histograms.store, tally)
  }

  count<N extends keyof Counters>(name: N, labels: Counters[N]): void {
    const resolved: Resolved = this.#counters[name]
    const given: Readonly<Record<string, string>> = labels
    let at: Tree | number | undefined = resolved.tree
    for (const label of resolved.labels) {
      if (typeof at !== 'object') return
      // Schedules may have stages of any number; the set of labels stays small.
      at = at.get(given[label] ?? '') ?? at.get(otherStage)
    }
    if (typeof at !== 'number') return
    this.#tally.add(at, 1)
    this.onCount?.()
  }

  decisionTook(hook: DecidingHook, seconds: number): void {
    this.#observe(this.#decisions.get(hook), histograms.decision.buckets, seconds)
  }

  storeTook(op: StoreOperation, seconds: number): void {
    this.#observe(this.#stores.get(op), histograms.store.buckets, seconds)
  }

  #observe(first: number | undefined, buckets: readonly number[], seconds: number): void {
    if (first === undefined) return
    let bucket = 0
    // `>` alone would never end a NaN in a bucket.
    while (bucket < buckets.length && !(seconds <= (buckets[bucket] ?? Infinity))) bucket += 1
    this.#tally.add(first + bucket, 1)
    if (seconds > 0) this.#tally.add(first + buckets.length + 1, seconds)
    this.onCount?.()
  }
}

function resolveCounter(definition: CounterDefinition, tally: Tally): Resolved {
  const tree: Tree = new Map()
  for (const series of definition.series) {
    let at = tree
    for (const value of series.slice(0, -1)) {
      const known = at.get(value)
      const next: Tree = typeof known === 'object' ? known : new Map<string, Tree | number>()
      at.set(value, next)
      at = next
    }
    at.set(series.at(-1) ?? '', tally.slot(slotName(definition, series)))
  }
  return { labels: definition.labels.map((label) => label.name), tree }
}

function resolveHistogram(definition: HistogramDefinition, tally: Tally): ReadonlyMap<string, number> {
  return new Map(
    definition.series.map((series) => [series.join('|'), tally.histogramSlot(definition, series)]),
  )
}
