import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green'

/** Where a command writes: waits for a slow reader, and colours only what a person looks at. */
export class Output {
  readonly #stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly #isDumb: boolean
  readonly #isColoured: boolean

  constructor(
    stream: Writable & { readonly isTTY?: boolean; readonly columns?: number },
    environment: NodeJS.ProcessEnv,
  ) {
    this.#stream = stream
    this.#isDumb = environment['TERM'] === 'dumb'
    const plain = (environment['NO_COLOR'] ?? '') !== '' || this.#isDumb
    this.#isColoured = stream.isTTY === true && !plain
  }

  /** Characters that a line may have; a fixed number where nobody looks. */
  get columns(): number {
    const { isTTY, columns } = this.#stream
    return isTTY === true && columns !== undefined ? Math.max(40, columns) : 110
  }

  /** Whether a person looks on, and what was written can be written over. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true && !this.#isDumb
  }

  /** Resolves when more may be written. */
  async write(text: string): Promise<void> {
    if (text !== '' && !this.#stream.write(text)) await once(this.#stream, 'drain')
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`)
  }

  styled(style: Style, text: string): string {
    return this.#isColoured ? styleText(style, text, { validateStream: false }) : text
  }
}
