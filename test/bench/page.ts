import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Figure } from './figure'
import type { Machine } from './machine'
import { markdownTable, summary } from './table'

/** Compiled, this file runs from build/test/bench. */
const page = resolve(__dirname, '../../../docs/performance.md')
const begin = '<!-- results: written by `npm run bench -- --write` -->'
const end = '<!-- end of results -->'

/** Replaces the results in docs/performance.md; what people wrote around them stays. */
export async function writeResults(figures: readonly Figure[], machine: Machine, how: string): Promise<void> {
  const text = readFileSync(page, 'utf8')
  const [from, until] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || until < from) throw new Error(`${page} has no place for results: "${begin}" … "${end}"`)
  const results = [
    begin,
    '',
    `\`npm run bench${how === '' ? '' : ` -- ${how}`}\``,
    '',
    markdownTable(figures, machine),
    '',
    '```',
    summary(figures),
    '```',
    '',
  ].join('\n')
  const { format, resolveConfig } = await import('prettier')
  const style = await resolveConfig(page)
  const whole = text.slice(0, from) + results + text.slice(until)
  writeFileSync(page, await format(whole, { ...style, filepath: page }))
}
