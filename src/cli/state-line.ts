import { z } from 'zod'
import { decode, encode } from '../store/codec'
import type { RecordKey, RecordKind, Records } from '../store/store'
import { schemaNumber } from '../store/wire-shape'
import { parseJson } from './json-lines'
import { safeJson } from './json-text'

/** One record with its key, whatever its kind. */
export type Entry = { readonly [K in RecordKind]: EntryOf<K> }[RecordKind]
interface EntryOf<K extends RecordKind> {
  readonly kind: K
  readonly key: RecordKey<K>
  readonly value: Records[K]
}

export type ReadLine =
  { readonly ok: true; readonly entry: Entry } | { readonly ok: false; readonly why: string }

const frame = z.strictObject({
  schema: z.number().int(),
  kind: z.enum(['server', 'path', 'tenant', 'contact']),
  record: z.looseObject({
    t: z.string(),
    n: z.string().optional(),
    conn: z.string().optional(),
    ip: z.string().optional(),
    ehlo: z.string().optional(),
    c: z.string().optional(),
  }),
})

/** `{"schema": 1, "kind": "server", "record": {…}}`; the record as memory keeps it. */
export function writeStateLine<K extends RecordKind>(key: RecordKey<K>, value: Records[K]): string {
  return safeJson(`{"schema":${schemaNumber},"kind":"${key.kind}","record":${encode(key, value)}}`)
}

/** Checks everything that memory would check when it reads the record. */
export function readStateLine(line: string): ReadLine {
  const json = parseJson(line)
  if (json === undefined) return { ok: false, why: 'not JSON' }
  const parsed = frame.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return {
      ok: false,
      why: issue ? `${issue.path.join('.') || 'line'}: ${issue.message}` : 'of another shape',
    }
  }
  const { schema, kind, record } = parsed.data
  if (schema !== schemaNumber) {
    const advice = schema > schemaNumber ? 'upgrade this host' : 'it was never in use'
    return { ok: false, why: `schema ${schema} is not ${schemaNumber}: ${advice}` }
  }
  const { t: tenant, n: server, conn: connector, ip: address, ehlo = null, c: contact } = record
  const text = JSON.stringify(record)
  switch (kind) {
    case 'tenant': {
      const key = { kind, tenant } as const
      return checked(decode<'tenant'>(key, 1, text), (value) => ({ kind, key, value }))
    }
    case 'server': {
      if (server === undefined) return { ok: false, why: 'record.n: the name of the server is missing' }
      const key = { kind, tenant, server } as const
      return checked(decode<'server'>(key, 1, text), (value) => ({ kind, key, value }))
    }
    case 'path': {
      if (connector === undefined || address === undefined) {
        return { ok: false, why: 'record.conn or record.ip is missing' }
      }
      const key = { kind, tenant, connector, address, ehlo } as const
      return checked(decode<'path'>(key, 1, text), (value) => ({ kind, key, value }))
    }
    case 'contact': {
      if (contact === undefined) return { ok: false, why: 'record.c: the address of the contact is missing' }
      const key = { kind, tenant, contact } as const
      return checked(decode<'contact'>(key, 1, text), (value) => ({ kind, key, value }))
    }
  }
}

function checked<T>(
  stored:
    | { readonly state: 'present'; readonly value: T }
    | { readonly state: 'absent' }
    | { readonly state: 'unreadable'; readonly why: string },
  entry: (value: T) => Entry,
): ReadLine {
  if (stored.state === 'present') return { ok: true, entry: entry(stored.value) }
  return { ok: false, why: stored.state === 'unreadable' ? stored.why : 'empty' }
}
