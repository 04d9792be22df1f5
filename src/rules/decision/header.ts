import { dayMs } from '../time'
import type { Decision } from './decision'
import { isoSeconds } from './reply'

export const headerName = 'X-Exchange-Enforcement'

export interface HeaderFacts {
  readonly connector: string
  readonly server: string | null
  readonly build: string | null
  readonly verdict: string
  readonly reason: string
  readonly decision: Decision
}

/** The value of the reporting field (R1): `key=value` pairs; a key without a value is left out. */
export function headerValue(facts: HeaderFacts): string {
  const { decision } = facts
  const { stage, elapsedMs, action, nextStageAt } = decision
  return (
    'v=1' +
    pair('connector', facts.connector, maxNameOctets) +
    pair('server', facts.server, maxNameOctets) +
    pair('build', facts.build) +
    pair('verdict', facts.verdict) +
    pair('reason', facts.reason) +
    pair('stage', stage) +
    pair('day', stage === null ? null : Math.floor(elapsedMs / dayMs)) +
    pair('action', action) +
    pair('next', nextStageAt === null ? null : isoSeconds(nextStageAt))
  )
}

// So limited, the field stays below the 998 octets of a line (RFC 5322 2.1.1), whatever the values are.
const maxNameOctets = 255
const maxWordOctets = 64

function pair(key: string, value: string | number | null, maxOctets = maxWordOctets): string {
  return value === null ? '' : `; ${key}=${encode(String(value), maxOctets)}`
}

// A value can neither end its pair nor the field, whatever a host calls itself (S7).
function encode(value: string, maxOctets: number): string {
  if (/^[A-Za-z0-9._:*@+-]*$/.test(value)) return value.slice(0, maxOctets)
  let encoded = ''
  for (const character of value) {
    const next = /[A-Za-z0-9._:*@+-]/.test(character) ? character : percentEncode(character)
    if (encoded.length + next.length > maxOctets) break
    encoded += next
  }
  return encoded
}

function percentEncode(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}

const ourName = headerName.toLowerCase()
const unseen = /[\p{C}\p{Z}\p{M}\s]/gu

/**
 * Whether a raw header field bears our name, however it is written (R1): in any case, with blanks or a fold before the colon,
 * which Haraka's own removal misses; with characters in it that nobody sees, or with letters of other scripts in place of
 * some of ours. A name of a field is ASCII (RFC 5322, 2.2), so that nobody loses one that is not.
 */
export function isReportingField(field: string): boolean {
  const first = field.charCodeAt(0)
  // An X, or what might hide or stand for one: most fields are told apart here.
  if (first !== 0x58 && first !== 0x78 && isPlain(first)) return false
  // Then those of others, `X-MS-…`: a plain third letter with a plain one behind it stays what it is.
  const third = field.charCodeAt(2)
  if (
    field.charCodeAt(1) === 0x2d &&
    isPlain(third) &&
    isPlain(field.charCodeAt(3)) &&
    (third | 0x20) !== 0x65
  )
    return false
  const colon = field.indexOf(':')
  if (colon < 0) return false
  const written = field.slice(0, colon).replace(unseen, '')
  // A letter is two units long at most; some are one and read as two of ours (`㎋`: nF).
  if (written.length > 2 * ourName.length) return false
  const name = written.normalize('NFKC').replace(unseen, '').toLowerCase()
  return name === ourName || looksLikeOurs(name)
}

function isPlain(code: number): boolean {
  return code > 0x20 && code < 0x7f
}

function looksLikeOurs(name: string): boolean {
  if (name.length !== ourName.length) return false
  let equal = 0
  for (let at = 0; at < name.length; at += 1) {
    if (name[at] === ourName[at]) equal += 1
    else if (name.charCodeAt(at) < 0x80) return false
  }
  return equal >= ourName.length / 2
}
