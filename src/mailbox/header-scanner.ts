import { MailDamage } from './damage'
import { maxSeparatorBytes, separationOf } from './separator'

/** No line of a header is read beyond this; a field that long is no evidence anyway (E7). */
const maxLineBytes = 64 * 1024
/** Of one header block no more is kept, in characters. */
const maxBlockLength = 1024 * 1024

/** What stands before the body of one message. */
export interface HeaderBlock {
  /** Raw fields, topmost first; the lines of a folded one are joined by a line feed. */
  readonly fields: readonly string[]
  /** The line that stands before the message in an mbox; `null` elsewhere. */
  readonly fromLine: string | null
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const colon = 0x3a
const newLineFrom = Buffer.from('\nFrom ')
/** A search that ends with the data must begin again so far before it: the mark but one byte, and the blank line before. */
const overlap = newLineFrom.length - 1 + 2

/**
 * Takes the header blocks out of one message or an mbox, as the bytes come in, and keeps nothing else. An mbox may be of any
 * kind: a `From ` line separates where a date is in it, a blank line before it and a field behind it; lines of that kind in
 * a body are text. The blank line may lack where the date is written in full.
 */
export class HeaderScanner {
  readonly #mustBeMbox: boolean
  #state: 'begin' | 'header' | 'body' = 'begin'
  #isMbox = false
  /** The first `From ` line names no date, so no other needs one. */
  #isDateless = false
  /** One for all chunks: thousands of large buffers would wait for the garbage collector. */
  #buffer = Buffer.alloc(0)
  /** The part of it that holds what was not consumed yet. */
  #data = this.#buffer
  /** Where `#data` begins in the file. */
  #base = 0
  #linesBefore = 0
  /** Of a line longer than is read the rest is passed over. */
  #isCutting = false
  /** Where in the file the blank line between header and body ends. */
  #blankAt = -1
  #fields: string[] = []
  #length = 0
  #fromLine: string | null = null

  /** `mustBeMbox`: what begins with a field is an mbox whose beginning is lost. */
  constructor(mustBeMbox = false) {
    this.#mustBeMbox = mustBeMbox
  }

  /** True once the rest of the file cannot hold another message. */
  get isDone(): boolean {
    return this.#state === 'body' && !this.#isMbox
  }

  /** The blocks that end in this chunk. The chunk may be used otherwise afterwards. Throws `MailDamage`. */
  push(chunk: Buffer): readonly HeaderBlock[] {
    this.#append(chunk)
    const found: HeaderBlock[] = []
    const done = this.#scan(found, false)
    this.#base += done
    this.#data = this.#data.subarray(done)
    return found
  }

  /** The block that the end of the file ends. Throws `MailDamage`. */
  end(): readonly HeaderBlock[] {
    const found: HeaderBlock[] = []
    this.#scan(found, true)
    if (this.#state === 'header') this.#finish(found)
    return found
  }

  #append(chunk: Buffer): void {
    const length = this.#data.length + chunk.length
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(length + maxLineBytes)
      this.#data.copy(larger)
      this.#buffer = larger
    } else this.#data.copy(this.#buffer)
    chunk.copy(this.#buffer, this.#data.length)
    this.#data = this.#buffer.subarray(0, length)
  }

  /** How many bytes are done with. */
  #scan(found: HeaderBlock[], isLast: boolean): number {
    const data = this.#data
    let at = 0
    while (at < data.length) {
      if (this.#state === 'body') {
        if (!this.#isMbox) return data.length
        const next = this.#nextMessage(at, isLast)
        if (next.headerAt === null) return next.keepFrom
        at = next.headerAt
        continue
      }
      const lineEnd = data.indexOf(lineFeed, at)
      if (lineEnd < 0 && !isLast && data.length - at <= maxLineBytes) return at
      const until = lineEnd < 0 ? data.length : lineEnd
      if (this.#isCutting) this.#isCutting = lineEnd < 0
      else {
        this.#line(at, Math.min(until, at + maxLineBytes), found)
        this.#isCutting = lineEnd < 0 && this.#state === 'header'
        // The search in the body begins with the end of the line before, which may be the blank one.
        if (this.#isInBody() && lineEnd >= 0) {
          at = lineEnd
          continue
        }
      }
      at = until + 1
    }
    return data.length
  }

  #isInBody(): boolean {
    return this.#state === 'body'
  }

  #line(at: number, until: number, found: HeaderBlock[]): void {
    const end = until > at && this.#data[until - 1] === carriageReturn ? until - 1 : until
    if (this.#state === 'begin') this.#begin(at, end)
    else this.#header(at, end, until, found)
  }

  #begin(at: number, end: number): void {
    // Some editors begin a file with a byte order mark.
    const start = this.#base + at === 0 && this.#data.subarray(0, 3).equals(byteOrderMark) ? 3 : at
    if (end <= start) {
      this.#linesBefore += 1
      return
    }
    // The rest of a field whose name is lost may stand on top as well.
    const isField = isBlank(this.#data[start]) || fieldAt(this.#data, start, end) === 'yes'
    const line = this.#text(start, Math.min(end, start + maxSeparatorBytes))
    const separation = isField ? 'none' : separationOf(line)
    if (isField ? this.#mustBeMbox : separation === 'none') throw this.#damage(at, line)
    this.#state = 'header'
    this.#isMbox = !isField
    this.#isDateless = separation === 'dateless'
    if (isField) this.#header(start, end, end, [])
    else this.#fromLine = line
  }

  #damage(at: number, line: string): MailDamage {
    const ofMbox = "an mbox begins with a line 'From …'"
    const allowed = this.#mustBeMbox ? ofMbox : `a message begins with a field, ${ofMbox}`
    const shown = line.length > 40 ? `${line.slice(0, 40)}…` : line
    return new MailDamage(this.#linesBefore + 1, this.#base + at, `'${shown}' stands there`, allowed)
  }

  #header(at: number, end: number, until: number, found: HeaderBlock[]): void {
    if (end === at) {
      this.#blankAt = this.#base + until
      this.#finish(found)
      return
    }
    if (isBlank(this.#data[at])) {
      this.#continue(this.#text(at, end))
      return
    }
    if (fieldAt(this.#data, at, end) === 'yes') {
      this.#add(this.#text(at, end))
      return
    }
    const line = this.#text(at, Math.min(end, at + maxSeparatorBytes))
    // Some mail servers leave the mailbox's own line inside.
    if (line.startsWith('>From ')) return
    if (!line.startsWith('From ')) {
      this.#finish(found)
      return
    }
    const separates = this.#isMbox && this.#fields.length > 0 && this.#isSeparator(line, true)
    if (!separates) return
    this.#finish(found)
    this.#fromLine = line
    this.#state = 'header'
  }

  #isSeparator(line: string, isBehindBlank: boolean): boolean {
    const separation = separationOf(line)
    if (separation === 'certain') return true
    return isBehindBlank && (separation === 'dated' || this.#isDateless)
  }

  /** Searches a body for the line before the next message. */
  #nextMessage(
    from: number,
    isLast: boolean,
  ): { readonly headerAt: number } | { readonly headerAt: null; readonly keepFrom: number } {
    const data = this.#data
    for (let at = data.indexOf(newLineFrom, from); at >= 0; at = data.indexOf(newLineFrom, at + 1)) {
      const lineAt = at + 1
      const lineEnd = data.indexOf(lineFeed, lineAt)
      if ((lineEnd < 0 ? data.length : lineEnd) - lineAt > maxSeparatorBytes) continue
      const behind = lineEnd < 0 ? 'perhaps' : fieldAt(data, lineEnd + 1, data.length)
      if (behind === 'perhaps' && !isLast) return { headerAt: null, keepFrom: Math.max(0, at - 2) }
      if (behind !== 'yes') continue
      const end = data[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd
      const line = this.#text(lineAt, end)
      if (!this.#isSeparator(line, this.#isBlankBefore(at))) continue
      this.#fromLine = line
      this.#state = 'header'
      return { headerAt: lineEnd + 1 }
    }
    return { headerAt: null, keepFrom: isLast ? data.length : Math.max(from, data.length - overlap) }
  }

  /** Whether the line that ends at `at` is blank. */
  #isBlankBefore(at: number): boolean {
    if (this.#base + at === this.#blankAt) return true
    const before = this.#data[at - 1]
    return before === lineFeed || (before === carriageReturn && this.#data[at - 2] === lineFeed)
  }

  #text(from: number, until: number): string {
    return this.#data.toString('utf8', from, until)
  }

  #add(line: string): void {
    this.#length += line.length
    if (this.#length <= maxBlockLength) this.#fields.push(line)
  }

  #continue(line: string): void {
    this.#length += line.length + 1
    const last = this.#fields.length - 1
    if (last >= 0 && this.#length <= maxBlockLength) this.#fields[last] += `\n${line}`
  }

  #finish(found: HeaderBlock[]): void {
    if (this.#fields.length > 0) found.push({ fields: this.#fields, fromLine: this.#fromLine })
    this.#fields = []
    this.#length = 0
    this.#fromLine = null
    this.#state = 'body'
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Names of fields are shorter. */
const maxNameBytes = 1000

/** Whether a field begins at `at`, blanks before the colon or not (E2); `perhaps`: the data ends first. */
function fieldAt(data: Buffer, at: number, until: number): 'yes' | 'no' | 'perhaps' {
  let next = at
  const most = Math.min(until, at + maxNameBytes)
  while (next < most && isNameByte(data[next] ?? 0)) next++
  if (next === at && next < most) return 'no'
  while (next < most && isBlank(data[next])) next++
  if (next === most) return most === until ? 'perhaps' : 'no'
  return data[next] === colon ? 'yes' : 'no'
}

/** RFC 5322 2.2: printable ASCII but the colon. */
function isNameByte(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f && byte !== colon
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09
}
