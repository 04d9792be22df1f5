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
  const pairs: readonly (readonly [string, string | number | null])[] = [
    ['v', 1],
    ['connector', facts.connector],
    ['server', facts.server],
    ['build', facts.build],
    ['verdict', facts.verdict],
    ['reason', facts.reason],
    ['stage', decision.stage],
    ['day', decision.stage === null ? null : Math.floor(decision.elapsedMs / dayMs)],
    ['action', decision.action],
    ['next', decision.nextStageAt === null ? null : isoSeconds(decision.nextStageAt)],
  ]
  return pairs
    .filter(([, value]) => value !== null)
    .map(
      ([key, value]) => `${key}=${encode(String(value), longKeys.has(key) ? maxNameOctets : maxWordOctets)}`,
    )
    .join('; ')
}

// So limited, the field stays below the 998 octets of a line (RFC 5322 2.1.1), whatever the values are.
const longKeys: ReadonlySet<string> = new Set(['connector', 'server'])
const maxNameOctets = 255
const maxWordOctets = 64

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
  return ourField.test(field)
}
