import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Names the file from which `shifted-clock.ts` reads by how much the clock is off. */
export const clockFileVariable = 'CLOCK_SHIFT_FILE'

const shiftedClock = join(__dirname, 'shifted-clock.js')

/** A clock of Haraka's processes that can be set. */
export class ClockFile {
  readonly #path: string

  constructor(folder: string) {
    this.#path = join(folder, 'clock-shift')
    this.shift(0)
  }

  shift(byMs: number): void {
    const unfinished = `${this.#path}.new`
    writeFileSync(unfinished, String(byMs))
    renameSync(unfinished, this.#path)
  }

  /** What a Node.js process needs to go by it. */
  environment(nodeOptions = ''): Record<string, string> {
    return {
      [clockFileVariable]: this.#path,
      NODE_OPTIONS: `${nodeOptions} --require ${shiftedClock}`.trim(),
    }
  }
}
