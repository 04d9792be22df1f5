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

// Any case, and blanks or a fold before the colon, which Haraka's own removal misses.
const ourField = /^x-exchange-enforcement\s*:/i

/** Whether a raw header field bears our name, however it is written (R1). */
export function isReportingField(field: string): boolean {
  // Asked of every field of every message, and hardly one of them begins with `x-e`.
  return (field.charCodeAt(2) | 0x20) === 0x65 && ourField.test(field)
}
