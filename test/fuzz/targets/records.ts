import assert from 'node:assert/strict'
import { readStateLine, writeStateLine } from '../../../src/cli/state-line'
import { decode, encode } from '../../../src/store/codec'
import { formatKey, parseKey } from '../../../src/store/keys'
import type { RecordKey } from '../../../src/store/store'
import {
  evidenceOf,
  pathKey,
  pathRecord,
  serverKey,
  serverRecord,
  tenantKey,
  tenantRecord,
} from '../../support/records'
import { mutate } from '../mutation'
import { demand, demandClean, hostileLimitMs, type Target } from '../target'

const at = Date.UTC(2026, 10, 22, 12)
const server = 'ex01.contoso.local'
const events = [
  { at, kind: 'detected', build: '15.2.1118.7' },
  { at, kind: 'stage', stage: 2 },
  { at, kind: 'paused', reason: 'migration' },
] as const
const lines: readonly string[] = [
  writeStateLine(
    serverKey(server),
    serverRecord(server, {
      lastEvidence: evidenceOf(),
      events,
      days: { '2026-11-22': { accepted: 1, deferred: 2, refused: 3 } },
    }),
  ),
  writeStateLine(
    serverKey(server),
    serverRecord(server, {
      clock: { state: 'running', startedAt: at, detectedAt: at, carriedMs: 0, reachedMs: 0 },
    }),
  ),
  writeStateLine(
    pathKey('ex01.contoso.local'),
    pathRecord('ex01.contoso.local', { servers: { [server]: at } }),
  ),
  writeStateLine(
    tenantKey('contoso'),
    tenantRecord('contoso', {
      pauses: [{ id: 'a', from: at, until: at, days: 1, reason: 'x', createdAt: at }],
    }),
  ),
]
const words = [
  '"s":1',
  '"s":2',
  '"t":',
  '"n":',
  '"ev":',
  '"running":',
  '[[]]',
  '{}',
  '1e400',
  '"__proto__":',
  '\\u0000',
  '\\ud800',
]

/** What another process, another version or a damaged disk may have left in memory. */
export const records: Target = {
  name: 'records',
  what: 'records in memory and lines of `state import`: read whole, or not at all',
  limitMs: hostileLimitMs,
  make: (random) => mutate(random.pick(lines), random, words, lines),
  check: (line) => {
    const read = readStateLine(line)
    if (!read.ok) {
      demand(read.why !== '', 'a refusal without a reason')
      decode<'server'>(serverKey(server), 1, line)
      return
    }
    const { entry } = read
    switch (entry.kind) {
      case 'server':
        return demandSame(decode(entry.key, 1, encode(entry.key, entry.value)), entry.value)
      case 'path':
        return demandSame(decode(entry.key, 1, encode(entry.key, entry.value)), entry.value)
      case 'tenant':
        return demandSame(decode(entry.key, 1, encode(entry.key, entry.value)), entry.value)
    }
  },
  long: (length) =>
    `{"schema":1,"kind":"path","record":{"s":1,"t":"a","conn":"b","ip":"c","last":1,"seen":[${'["a",1],'.repeat(length / 8)}["a",1]]}}`,
}

function demandSame(stored: { readonly state: string; readonly value?: unknown }, value: unknown): void {
  demand(stored.state === 'present', 'a record that cannot be read again')
  assert.deepEqual(stored.value, value)
}

const keys: readonly RecordKey[] = [
  serverKey(server),
  pathKey(server),
  pathKey(null),
  pathKey(''),
  tenantKey('contoso'),
]
const names = keys.map((key) => formatKey('xe', key))

/** Keys that `list` finds in Redis, where others may write too. */
export const recordKeys: Target = {
  name: 'keys',
  what: 'names of keys in Redis and LMDB, whoever wrote them',
  limitMs: hostileLimitMs,
  make: (random) =>
    mutate(
      random.pick(names),
      random,
      ['~', '%7e', '%', ':', '{', '}:', '*', 'xe:{', ':server:', ':path:'],
      names,
    ),
  check: (name) => {
    const key = parseKey('xe', name)
    if (!key) return
    const again = formatKey('xe', key)
    demandClean(again, 1400, 'the key')
    const tenant = name.slice(0, name.indexOf('}:') + 2)
    demand(again.startsWith(tenant) || /[~%]/.test(tenant) || tenant.length > 300, 'a key of another tenant')
  },
  long: (length) => `xe:{contoso}:server:${'%41'.repeat(length / 3)}`,
}
