import { Random } from './random'
import type { Apart, Target } from './target'

/** An input that must not do what it does. */
export interface Find {
  readonly target: string
  readonly seed: number
  /** The input can be had again from target, seed and number. */
  readonly number: number
  readonly input: string
  readonly why: string
}

export interface Tally {
  readonly target: string
  readonly inputs: number
  readonly seconds: number
  /** Least time of several runs of the slowest input. */
  readonly slowestMs: number
  readonly finds: readonly Find[]
}

export interface Campaign {
  readonly seed: number
  readonly milliseconds: number
  /** How often the limit of a target may be exceeded by a machine that is busy with other things; default 1. */
  readonly patience?: number
  /** Told the number of each input before it is read, so that one that is never done with can be named. */
  readonly onInput?: (number: number) => void
}

/** Enough to mend something; what is broken everywhere need not be found a million times. */
const maxFinds = 20
const measuredAgain = 12
const shrinkingMs = 2000

export function inputOf(target: Target, seed: number, number: number): string {
  return target.make(new Random(seed, number))
}

/** Hands a target one input after the other until the time is up. */
export function attack(target: Target, { seed, milliseconds, patience = 1, onInput }: Campaign): Tally {
  const limitMs = target.limitMs * patience
  const finds = new Map<string, Find>()
  const random = new Random(seed, 0)
  const begun = performance.now()
  let slowestMs = 0
  let inputs = 0
  while (performance.now() - begun < milliseconds && finds.size < maxFinds) {
    onInput?.(inputs)
    random.restart(seed, inputs)
    const input = target.make(random)
    let { why, tookMs } = run(target, input)
    if (why === null && tookMs > slowestMs) {
      // Most of these are the machine's own doing: what counts is what the work takes at least.
      tookMs = Math.min(tookMs, leastTimeMs(target, input))
      slowestMs = Math.max(slowestMs, tookMs)
      if (tookMs > limitMs) why = `takes ${tookMs.toFixed(1)} ms`
    }
    if (why !== null && !finds.has(kindOf(why))) {
      finds.set(kindOf(why), {
        target: target.name,
        seed,
        number: inputs,
        input: shrunk(target, input, why),
        why,
      })
    }
    inputs += 1
  }
  const seconds = (performance.now() - begun) / 1000
  return { target: target.name, inputs, seconds, slowestMs, finds: [...finds.values()] }
}

/** Why an input is a find; `null` where all is well. */
export function faultOf(target: Target, input: string): string | null {
  return run(target, input).why
}

/** Of the runs the quickest, in ms: whatever else makes one slow, other processes and the collector of garbage, spares one. */
export function leastTimeMs(target: Target, input: string, runs = measuredAgain): number {
  return Math.min(...Array.from({ length: runs }, () => run(target, input).tookMs))
}

function run(target: Target, input: string): { readonly why: string | null; readonly tookMs: number } {
  let apartMs = 0
  const apart: Apart = (work) => {
    const clock = new Stopwatch()
    try {
      return work()
    } finally {
      apartMs += clock.readMs()
    }
  }
  let why: string | null = null
  const clock = new Stopwatch()
  try {
    target.check(input, apart)
  } catch (error) {
    why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
  return { why, tookMs: Math.max(0, clock.readMs() - apartMs) }
}

/**
 * What work took at most, in ms: the time that went by, in which others may have had the processor, or the processor's time
 * of this process, of which other threads may have had some, whichever is less.
 */
class Stopwatch {
  readonly #processor = process.cpuUsage()
  readonly #begun = performance.now()

  readMs(): number {
    const wentByMs = performance.now() - this.#begun
    const { user, system } = process.cpuUsage(this.#processor)
    return Math.min(wentByMs, (user + system) / 1000)
  }
}

/** The same fault over and over is one find. */
function kindOf(why: string): string {
  return why.replace(/".*"|\d+/gs, '…').slice(0, 60)
}

/** The least of an input that still has a fault of the same kind, as far as it can be found in a moment. */
function shrunk(target: Target, input: string, why: string): string {
  const kind = kindOf(why)
  const end = performance.now() + shrinkingMs
  let least = input
  // Whoever takes too long throws nothing.
  if (faultOf(target, input) === null) return input
  for (let size = Math.ceil(least.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < least.length && performance.now() < end;) {
      const shorter = least.slice(0, at) + least.slice(at + size)
      const fault = faultOf(target, shorter)
      if (fault !== null && kindOf(fault) === kind) least = shorter
      else at += size
    }
  }
  return least
}
