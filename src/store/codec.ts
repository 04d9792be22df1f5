import { formatKey, isKeyOf, parseKey } from './keys'
import type { RecordKey, RecordKind, Records, Stored } from './store'
import { InvalidRecord } from './unavailable'
import { unreadableVersion } from './version'
import { wires } from './wire'
import { schemaNumber } from './wire-shape'

/** JSON text of a record. Throws `InvalidRecord` where `decode` could not read it again under this key. */
export function encode<K extends RecordKind>(key: RecordKey<K>, value: Records[K]): string {
  const kind: K = key.kind
  const { pack, unpack } = wires[kind]
  const wire = pack(value)
  const check = unpack(wire)
  if ('why' in check) throw new InvalidRecord(`A ${kind} record that could not be read again: ${check.why}`)
  if (formatKey('', wires[kind].keyOf(value)) !== formatKey('', key)) {
    throw new InvalidRecord(`A ${kind} record may only be written under its own key`)
  }
  return JSON.stringify(wire)
}

/** Reads what `encode` wrote. Any other text is `unreadable`, with why: never a throw, never half a record. */
export function decode<K extends RecordKind>(
  key: RecordKey<K>,
  version: number,
  json: string,
): Stored<Records[K]> {
  const kind: K = key.kind
  const unreadable = (why: string): Stored<Records[K]> => ({
    state: 'unreadable',
    version: unreadableVersion(version),
    why,
  })
  const wire = parseJson(json)
  if (wire === undefined) return unreadable('damaged: not JSON')
  const schema = typeof wire === 'object' && wire !== null && 's' in wire ? wire.s : undefined
  if (typeof schema === 'number' && schema > schemaNumber) {
    return unreadable(`schema ${schema} is newer than ${schemaNumber}: upgrade this host`)
  }
  const read = wires[kind].unpack(wire)
  if ('why' in read) return unreadable(`damaged: ${read.why}`)
  const own = wires[kind].keyOf(read.value)
  // The name of a key read back from the store may be a shortened one; the record then speaks for itself.
  if (formatKey('', own) !== formatKey('', key) && !isShortened(key)) {
    return unreadable('damaged: belongs to another key')
  }
  return { state: 'present', version, value: read.value }
}

/** One record of a list; `null` where the text of the key is none of this kind. */
export function decodeListed<K extends RecordKind>(
  kind: K,
  prefix: string,
  keyText: string,
  version: number,
  json: string,
): (Stored<Records[K]> & { readonly key: RecordKey<K> }) | null {
  const key = parseKey(prefix, keyText)
  if (!key || !isKeyOf(key, kind)) return null
  const stored = decode<K>(key, version, json)
  const whole = stored.state === 'present' && isShortened(key) ? wires[kind].keyOf(stored.value) : key
  return { ...stored, key: whole }
}

function isShortened(key: RecordKey): boolean {
  return Object.values(key).some((part) => part !== null && /~[0-9a-f]{32}$/.test(part))
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
