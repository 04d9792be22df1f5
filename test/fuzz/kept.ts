import { appendFileSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Find } from './campaign'

/** An input that was a find once, and why. */
export interface KeptCase {
  readonly target: string
  readonly why: string
  readonly input: string
}

/** Compiled files run from build/test/…; the fixtures stay where they are. */
const file = resolve(__dirname, '../../../test/fixtures/fuzz/kept.jsonl')

export function keptCases(): readonly KeptCase[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): KeptCase => JSON.parse(line))
}

/** From now on `npm test` reads them too. */
export function keep(finds: readonly Find[]): void {
  appendFileSync(
    file,
    finds.map(({ target, why, input }) => `${JSON.stringify({ target, why, input })}\n`).join(''),
  )
}
