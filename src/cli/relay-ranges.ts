import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCidr } from '../config/address'
import { parseIni } from '../config/ini'
import { yesNo } from '../config/values'
import type { CidrRange } from '../rules/attribution/address'
import { liesWithin } from '../rules/attribution/special-ranges'

/** One network whose sessions Haraka lets relay. */
export interface RelayingRange {
  readonly file: string
  readonly line: number
  readonly text: string
  readonly overlaps: (range: CidrRange) => boolean
}

const file = 'relay_acl_allow'

/** The networks of Haraka's plugin relay, where it is loaded and asked to look at them. */
export function relayingRanges(folder: string): readonly RelayingRange[] {
  const plugins = linesOf(join(folder, 'plugins')).map((line) => line.trim())
  if (!plugins.includes('relay') || isSwitchedOff(folder)) return []
  return linesOf(join(folder, file)).flatMap((line, at) => {
    const text = line.replace(/[#;].*$/, '').trim()
    const parsed = text === '' ? null : parseCidr(text)
    if (parsed === null || !parsed.ok) return []
    const { range } = parsed
    const overlaps = (other: CidrRange) => liesWithin(range, other) || liesWithin(other, range)
    return [{ file, line: at + 1, text, overlaps }]
  })
}

function isSwitchedOff(folder: string): boolean {
  const path = join(folder, 'relay.ini')
  const { sections } = parseIni({ path, text: linesOf(path).join('\n') }, { repeatedSections: 'join' })
  const written = sections.get('relay')?.values.get('acl')?.text ?? ''
  const read = yesNo.read(written)
  return read.ok && !read.value
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)
  } catch {
    return []
  }
}
