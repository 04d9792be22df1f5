export interface Line {
  readonly text: string
  /** It is longer than is read, and `text` only its beginning. */
  readonly isCut: boolean
}

const lineFeed = 0x0a

/** The lines of a stream, those that came with one chunk together; no line is held beyond `maxBytes`. */
export async function* readLines(
  chunks: AsyncIterable<Buffer | string>,
  maxBytes: number,
): AsyncGenerator<readonly Line[]> {
  const open = new OpenLine(maxBytes)
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    const lines: Line[] = []
    let from = 0
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, from)) {
      open.add(bytes.subarray(from, end))
      lines.push(open.finish())
      from = end + 1
    }
    open.add(bytes.subarray(from))
    if (lines.length > 0) yield lines
  }
  if (!open.isEmpty) yield [open.finish()]
}

class OpenLine {
  #parts: Buffer[] = []
  #size = 0
  #isCut = false

  constructor(private readonly maxBytes: number) {}

  get isEmpty(): boolean {
    return this.#size === 0 && !this.#isCut
  }

  add(part: Buffer): void {
    if (part.length === 0) return
    const room = this.maxBytes - this.#size
    if (part.length > room) this.#isCut = true
    if (room === 0) return
    const taken = part.subarray(0, room)
    this.#parts.push(taken)
    this.#size += taken.length
  }

  finish(): Line {
    const line = { text: Buffer.concat(this.#parts).toString('utf8'), isCut: this.#isCut }
    this.#parts = []
    this.#size = 0
    this.#isCut = false
    return line
  }
}
