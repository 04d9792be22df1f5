import type { Random } from './random'

/**
 * One thing that reads what strangers write. Inputs are text, so that every target can be handed the bytes of another
 * fuzzer as they are: `check(Buffer.from(bytes).toString('latin1'))`. Where the input is binary, each character is a byte.
 */
export interface Target {
  readonly name: string
  /** What is read, in a few words. */
  readonly what: string
  /** An input of this kind, good or bad; the same for the same draws. */
  readonly make: (random: Random) => string
  /**
   * Reads it, and throws where it may not throw, or where what comes out may not come out. What it must do besides, and
   * which is not the work that is measured, it does `apart`.
   */
  readonly check: (input: string, apart: Apart) => void
  /** Longest that one input may take, in ms. */
  readonly limitMs: number
  /** A text that can be made as long as one likes, with which time must grow no faster than its length. */
  readonly long?: (length: number) => string
}

/** Does it outside of the time that counts. */
export type Apart = <T>(work: () => T) => T

/** Strangers may send these as often as they like. */
export const hostileLimitMs = 5

/** Only the operator writes these, and they are read when they change. */
export const operatorLimitMs = 100

/** What `check` found: an output that is wrong, as against an exception of what was called. */
export class Violation extends Error {}

export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Violation(otherwise)
}

const printable = /^[\x20-\x7e]*$/

/** S7: one line of printable ASCII, no longer than `maxLength`. */
export function demandClean(text: string, maxLength: number, what: string): void {
  demand(printable.test(text), `${what} is not clean: ${JSON.stringify(text)}`)
  demand(text.length <= maxLength, `${what} is ${text.length} characters long`)
}
