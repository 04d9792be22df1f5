/** One element of DER: its tag, and where it lies in the bytes it was read from. */
export interface Element {
  readonly tag: number
  /** Where the element begins, tag and length included. */
  readonly outset: number
  /** Where its content begins and ends. */
  readonly start: number
  readonly end: number
}

/** The bytes are not the DER that was expected. */
export class DerError extends Error {}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** Reads one element at `at`, which must end at or before `limit`. Only DER: short tags, definite and minimal lengths. */
export function readElement(bytes: Uint8Array, at: number, limit: number): Element {
  const tag = byteAt(bytes, at, limit)
  if ((tag & 0x1f) === 0x1f) throw new DerError('long tag')
  const first = byteAt(bytes, at + 1, limit)
  let length = first
  let start = at + 2
  if (first >= 0x80) {
    const size = first & 0x7f
    if (size < 1 || size > 3) throw new DerError('length out of range')
    length = 0
    for (let index = 0; index < size; index++) length = length * 256 + byteAt(bytes, start + index, limit)
    start += size
    if (length < 0x80 || length < 256 ** (size - 1)) throw new DerError('length not minimal')
  }
  const end = start + length
  if (end > limit) throw new DerError('element longer than what holds it')
  return { tag, outset: at, start, end }
}

/** The elements within a constructed element. */
export function readChildren(bytes: Uint8Array, parent: Element): Element[] {
  const children: Element[] = []
  for (let at = parent.start; at < parent.end;) {
    const child = readElement(bytes, at, parent.end)
    children.push(child)
    at = child.end
  }
  return children
}

export function expectTag(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new DerError(`tag ${tag} expected`)
  return element
}

export function contentOf(bytes: Uint8Array, element: Element): Uint8Array {
  return bytes.subarray(element.start, element.end)
}

/** Dotted form, `2.5.29.17`. */
export function readOid(bytes: Uint8Array, element: Element | undefined): string {
  const arcs: number[] = []
  let arc = 0
  let complete = false
  for (const byte of contentOf(bytes, expectTag(element, tags.oid))) {
    arc = arc * 128 + (byte & 0x7f)
    complete = byte < 0x80
    if (!Number.isSafeInteger(arc)) throw new DerError('arc of an OID out of range')
    if (!complete) continue
    if (arcs.length > 0) arcs.push(arc)
    else {
      const root = Math.min(Math.floor(arc / 40), 2)
      arcs.push(root, arc - 40 * root)
    }
    arc = 0
  }
  if (!complete) throw new DerError('OID incomplete')
  return arcs.join('.')
}

export function readBoolean(bytes: Uint8Array, element: Element | undefined): boolean {
  const content = contentOf(bytes, expectTag(element, tags.boolean))
  if (content.length !== 1) throw new DerError('BOOLEAN of another size')
  return content[0] !== 0
}

/** A non-negative INTEGER; one too large for a number is `Infinity`. */
export function readCount(bytes: Uint8Array, element: Element | undefined): number {
  const content = contentOf(bytes, expectTag(element, tags.integer))
  if (content.length === 0 || (content[0] ?? 0) >= 0x80) throw new DerError('INTEGER negative or empty')
  return content.length > 6 ? Infinity : content.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** Whether a named bit is set; bit 0 is the first bit of the first byte. */
export function readBits(bytes: Uint8Array, element: Element | undefined): (bit: number) => boolean {
  const [unused, ...content] = contentOf(bytes, expectTag(element, tags.bitString))
  if (unused === undefined || unused > 7) throw new DerError('BIT STRING incomplete')
  return (bit) => (((content[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1
}

const longestTime = 'YYYYMMDDhhmmssZ'.length

/** Epoch ms. UTCTime and GeneralizedTime in the forms that RFC 5280 allows: with seconds, in UTC, without fractions. */
export function readTime(bytes: Uint8Array, element: Element | undefined): number {
  const long = element?.tag === tags.generalizedTime
  const content = contentOf(bytes, expectTag(element, long ? tags.generalizedTime : tags.utcTime))
  if (content.length > longestTime) throw new DerError('time in another form')
  const text = String.fromCharCode(...content)
  const century = Number(text.slice(0, 2)) >= 50 ? '19' : '20'
  const digits = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/.exec(
    long ? text : century + text,
  )
  if (digits === null) throw new DerError('time in another form')
  const [, year, month, day, hour, minute, second] = digits
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(time)) throw new DerError('no such time')
  return time
}

function byteAt(bytes: Uint8Array, at: number, limit: number): number {
  const byte = at < limit ? bytes[at] : undefined
  if (byte === undefined) throw new DerError('bytes end early')
  return byte
}
