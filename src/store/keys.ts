import { createHash } from 'node:crypto'
import { internetConnectorId } from '../rules/attribution/connector'
import { contactDays, serverDays, strangerDays } from './lifetime'
import type { RecordKey, RecordKind } from './store'

/** What is kept under which key: docs/redis.md shows this table and a test holds the two together. */
export interface KeyEntry {
  readonly kind: RecordKind
  readonly key: string
  readonly type: string
  readonly ttl: string
  readonly purpose: string
}

export const keyTable: readonly KeyEntry[] = [
  {
    kind: 'server',
    key: 'xe:{tenant}:server:name',
    type: 'string',
    ttl: `${serverDays} days after the last write, ${strangerDays} for the tenant \`${internetConnectorId}\``,
    purpose: 'Clock, last evidence, events and counts per day of one server',
  },
  {
    kind: 'path',
    key: 'xe:{tenant}:path:connector:address:ehlo',
    type: 'string',
    ttl: '`path_memory_days` after the last write',
    purpose: 'Servers seen behind one connector, address and EHLO name, and when',
  },
  {
    kind: 'tenant',
    key: 'xe:{tenant}:tenant',
    type: 'string',
    ttl: 'none',
    purpose: 'Pauses and exemptions of one tenant',
  },
  {
    kind: 'contact',
    key: 'xe:{tenant}:contact:address',
    type: 'string',
    ttl: `${contactDays} days after the last write`,
    purpose: 'Notices that one contact was told, and the letter under way',
  },
]

// Neither stands for itself in an escaped part: `~` marks what is empty or shortened, `*` is "any EHLO name".
const emptyPart = '~'
const anyEhlo = '*'
// A legal name has 255 bytes at most and is never shortened. Four parts and the prefix stay below
// the 1978 bytes that LMDB allows a key.
const maxPartBytes = 300
const keptBytes = 200
const maxKeyBytes = 1400
const prefixShape = /^[A-Za-z0-9_.:-]{1,64}$/

function escapePart(text: string): string {
  if (text === '') return emptyPart
  let escaped = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain =
      (byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x41 && byte <= 0x5a) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2d ||
      byte === 0x2e ||
      byte === 0x5f
    escaped += plain ? String.fromCharCode(byte) : '%' + byte.toString(16).padStart(2, '0')
  }
  if (escaped.length <= maxPartBytes) return escaped
  const hash = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32)
  return escaped.slice(0, keptBytes).replace(/%.?$/, '') + emptyPart + hash
}

/** What a part of a key says; a shortened one ends in `~` and a hash, and `null` is no part at all. */
function unescapePart(part: string): string | null {
  if (part === emptyPart) return ''
  const [kept = '', hash] = part.split(emptyPart)
  if (!/^(?:[A-Za-z0-9._-]|%[0-9a-f]{2})+$/.test(kept)) return null
  const bytes = Buffer.from(
    kept.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  )
  return bytes.toString('utf8') + (hash === undefined ? '' : emptyPart + hash)
}

/** Host names are alike in any case; names of tenants and connectors are the operator's own and kept. */
function foldedPart(text: string): string {
  return escapePart(text.toLowerCase())
}

/** The prefix stands before the hash tag, so a brace in it would move every key to another slot. */
export function checkPrefix(prefix: string): string {
  if (prefixShape.test(prefix)) return prefix
  throw new RangeError(
    `key_prefix ${JSON.stringify(prefix)}: 1 to 64 letters, digits, dots, colons, hyphens or underscores`,
  )
}

/** All keys of a tenant begin alike and, by the hash tag in braces, share one slot of a Redis Cluster. */
export function tenantPart(prefix: string, tenant: string): string {
  return `${prefix}:{${escapePart(tenant)}}:`
}

/** The text under which a record is kept: ASCII without blanks, 1400 bytes at most, whatever bytes the names hold. */
export function formatKey(prefix: string, key: RecordKey): string {
  const start = tenantPart(prefix, key.tenant) + key.kind
  switch (key.kind) {
    case 'tenant':
      return start
    case 'server':
      return `${start}:${foldedPart(key.server)}`
    case 'contact':
      return `${start}:${foldedPart(key.contact)}`
    case 'path': {
      const ehlo = key.ehlo === null ? anyEhlo : foldedPart(key.ehlo)
      return `${start}:${escapePart(key.connector)}:${foldedPart(key.address)}:${ehlo}`
    }
  }
}

/**
 * Alike for exactly the keys that are kept as one, as `formatKey` has it, at a fraction of its cost. Only the last part comes from
 * the network, so no line feed in it can pass for another part.
 */
export function nameOf(key: RecordKey): string {
  switch (key.kind) {
    case 'tenant':
      return key.tenant
    case 'server':
      return `${key.tenant}\n${key.server.toLowerCase()}`
    case 'contact':
      return `${key.tenant}\n${key.contact.toLowerCase()}`
    case 'path': {
      const start = `${key.tenant}\n${key.connector}\n${key.address.toLowerCase()}`
      return key.ehlo === null ? start : `${start}\n${key.ehlo.toLowerCase()}`
    }
  }
}

/**
 * The way back from `formatKey`; `null` where the text is no key of ours. Host names come back in lower case, and one
 * of more than 300 escaped bytes comes back as its beginning, `~` and a hash.
 */
export function parseKey(prefix: string, text: string): RecordKey | null {
  if (text.length > maxKeyBytes || !text.startsWith(`${prefix}:{`)) return null
  const close = text.indexOf('}:', prefix.length)
  if (close < 0) return null
  const tenant = unescapePart(text.slice(prefix.length + 2, close))
  if (tenant === null) return null
  const [kind, ...parts] = text.slice(close + 2).split(':')
  const names = parts.map((part) => (part === anyEhlo ? null : unescapePart(part)))
  const [first, address, ehlo] = names
  if (kind === 'tenant' && names.length === 0) return { kind, tenant }
  if (kind === 'server' && names.length === 1 && typeof first === 'string') {
    return { kind, tenant, server: first }
  }
  if (kind === 'contact' && names.length === 1 && typeof first === 'string') {
    return { kind, tenant, contact: first }
  }
  if (kind !== 'path' || names.length !== 3 || typeof first !== 'string' || typeof address !== 'string') {
    return null
  }
  if (typeof ehlo === 'string') return { kind, tenant, connector: first, address, ehlo }
  return parts[2] === anyEhlo ? { kind, tenant, connector: first, address, ehlo: null } : null
}

export function isKeyOf<K extends RecordKind>(key: RecordKey, kind: K): key is RecordKey<K> & RecordKey {
  return key.kind === kind
}
