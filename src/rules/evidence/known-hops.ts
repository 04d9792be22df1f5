import type { Hop } from './hop'

/** Fields longer than this are read anew each time, so that what is kept stays small. */
const maxFieldLength = 2000
const maxKept = 2000

/**
 * Hops read before, by the text in front of the date: a server of Exchange writes no number of the message into its fields, so
 * that in one message after the other they differ in their dates only. Others do, so they are not kept.
 */
export class KnownHops {
  private readonly hops = new Map<string, Hop>()

  find(field: string): Hop | undefined {
    return field.length > maxFieldLength ? undefined : this.hops.get(withoutDate(field))
  }

  keep(field: string, hop: Hop): void {
    if (hop.kind !== 'exchange' && hop.kind !== 'exchange-online') return
    const text = withoutDate(field)
    if (field.length > maxFieldLength || text.length === field.length || !standsAlone(text)) return
    if (this.hops.size >= maxKept) this.hops.clear()
    this.hops.set(text, hop)
  }
}

function withoutDate(field: string): string {
  const end = field.indexOf(';')
  return end < 0 ? field : field.slice(0, end)
}

/** Whether a text is read alike whatever follows its semicolon: nothing that opens in it closes behind it. */
function standsAlone(text: string): boolean {
  let depth = 0
  for (const [character] of text.matchAll(/["\\()]/g)) {
    if (character === '"' || character === '\\') return false
    depth += character === '(' ? 1 : -1
    if (depth < 0) return false
  }
  return depth === 0
}
