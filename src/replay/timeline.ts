import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One message, boiled down to numbers. */
export interface Moment {
  /** Epoch ms. */
  readonly at: number
  /** What arrived; the meaning is the caller's. */
  readonly what: number
  /** Of whom; the meaning is the caller's. */
  readonly who: number
  /** The same for all copies of a message. */
  readonly copy: number
}

/** Numbers kept of each. */
const width = 4
/** 8 MB in memory; more goes to a file. */
const defaultRunLength = 250_000
/** Of each part of the file so many are in memory while they are merged. */
const windowLength = 4096

/**
 * Puts messages in the order of their times; those of one time stay in the order in which they came. An archive of any size takes
 * the same memory: parts of it are sorted and laid into a file, which has no name any more and so is gone with the process.
 */
export class Timeline {
  readonly #runLength: number
  readonly #run: Float64Array
  #length = 0
  /** Of these, in memory. */
  #count = 0
  #file: number | null = null
  readonly #spilled: { readonly offset: number; readonly length: number }[] = []
  #end = 0

  /** `runLength`: messages kept in memory. */
  constructor(runLength = defaultRunLength) {
    this.#runLength = runLength
    this.#run = new Float64Array(runLength * width)
  }

  /** Messages added. */
  get length(): number {
    return this.#length
  }

  add({ at, what, who, copy }: Moment): void {
    if (this.#count === this.#runLength) this.#spill()
    this.#run.set([at, what, who, copy], this.#count * width)
    this.#count += 1
    this.#length += 1
  }

  /** Every message once. Nothing can be added afterwards. */
  *inOrder(): Generator<Moment> {
    const last = sorted(this.#run.subarray(0, this.#count * width))
    if (this.#spilled.length === 0) {
      for (let index = 0; index < last.length; index += width) yield momentAt(last, index)
      return
    }
    const parts = [...this.#spilled.map((part) => new SpilledPart(this.#openFile(), part)), new Part(last)]
    for (;;) {
      let first: Part | null = null
      // Of one time the part that was laid down before comes first.
      for (const part of parts) if (part.at < (first?.at ?? Infinity)) first = part
      if (!first) return
      yield first.take()
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }

  #spill(): void {
    const bytes = bytesOf(sorted(this.#run))
    writeSync(this.#openFile(), bytes, 0, bytes.length, this.#end)
    this.#spilled.push({ offset: this.#end, length: this.#count })
    this.#end += bytes.length
    this.#count = 0
  }

  #openFile(): number {
    if (this.#file !== null) return this.#file
    const folder = mkdtempSync(join(tmpdir(), 'exchange-enforcement-replay-'))
    try {
      this.#file = openSync(join(folder, 'timeline'), 'wx+', 0o600)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    return this.#file
  }
}

/** Messages in order, from memory. */
class Part {
  protected moments: Float64Array
  protected index = 0

  constructor(moments: Float64Array) {
    this.moments = moments
  }

  /** The time of the next one; `Infinity` at the end. */
  get at(): number {
    return this.moments[this.index] ?? Infinity
  }

  take(): Moment {
    const moment = momentAt(this.moments, this.index)
    this.index += width
    return moment
  }
}

/** Messages in order, from the file, some at a time. */
class SpilledPart extends Part {
  readonly #file: number
  #offset: number
  #left: number

  constructor(file: number, { offset, length }: { readonly offset: number; readonly length: number }) {
    super(new Float64Array())
    this.#file = file
    this.#offset = offset
    this.#left = length
    this.#refill()
  }

  override take(): Moment {
    const moment = super.take()
    if (this.index === this.moments.length) this.#refill()
    return moment
  }

  #refill(): void {
    this.moments = new Float64Array(Math.min(windowLength, this.#left) * width)
    const bytes = bytesOf(this.moments)
    if (readSync(this.#file, bytes, 0, bytes.length, this.#offset) !== bytes.length) {
      throw new Error('The file of the timeline ends too early')
    }
    this.#offset += bytes.length
    this.#left -= this.moments.length / width
    this.index = 0
  }
}

function momentAt(moments: Float64Array, index: number): Moment {
  const [at = 0, what = 0, who = 0, copy = 0] = moments.subarray(index, index + width)
  return { at, what, who, copy }
}

function sorted(moments: Float64Array): Float64Array {
  const order = new Uint32Array(moments.length / width).map((_, index) => index)
  order.sort((a, b) => (moments[a * width] ?? 0) - (moments[b * width] ?? 0) || a - b)
  const result = new Float64Array(moments.length)
  order.forEach((from, to) => result.set(moments.subarray(from * width, from * width + width), to * width))
  return result
}

function bytesOf(moments: Float64Array): Uint8Array {
  return new Uint8Array(moments.buffer, moments.byteOffset, moments.byteLength)
}
