import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** This file runs compiled, in `build/test/support`. */
const docs = resolve(__dirname, '..', '..', '..', 'docs')

/** Replaces the results that a command writes into a page of `docs`; what people wrote around them stays. */
export async function writeResults(page: string, command: string, results: string): Promise<void> {
  const file = resolve(docs, page)
  const begin = `<!-- results: written by \`${command}\` -->`
  const end = '<!-- end of results -->'
  const text = readFileSync(file, 'utf8')
  const [from, until] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || until < from) throw new Error(`${file} has no place for results: "${begin}" … "${end}"`)
  const { format, resolveConfig } = await import('prettier')
  const style = await resolveConfig(file)
  const whole = `${text.slice(0, from)}${begin}\n\n${results}\n\n${text.slice(until)}`
  writeFileSync(file, await format(whole, { ...style, filepath: file }))
}
