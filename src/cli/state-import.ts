import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import type { Settings } from '../config/settings'
import { contactTtlMs, pathTtlMs, serverTtlMs } from '../store/lifetime'
import { encode } from '../store/codec'
import { formatKey } from '../store/keys'
import type { RecordKey, RecordKind, Records, Store } from '../store/store'
import { refusal } from './failure'
import type { Invocation } from './invocation'
import { readLines } from './lines'
import { readStateLine, type Entry } from './state-line'

/** A record has a history of 200 events and 64 servers at most; pauses and exemptions add little. */
const maxLineBytes = 8 * 1024 * 1024
const atOnce = 64
const maxAttempts = 5

/** All records of a file, or of standard input (`-`). Throws `CliFailure` with the number of the first damaged line. */
export async function readEntries(name: string, invocation: Invocation): Promise<readonly Entry[]> {
  const chunks = name === '-' ? invocation.stdin : createReadStream(resolve(invocation.directory, name))
  const entries: Entry[] = []
  const lineOf = new Map<string, number>()
  const damaged = (number: number, why: string) =>
    refusal(`${name === '-' ? 'standard input' : name}: line ${number}: ${why}; nothing was written`)
  let number = 0
  try {
    for await (const lines of readLines(chunks, maxLineBytes)) {
      for (const { text, isCut } of lines) {
        number += 1
        if (isCut) throw damaged(number, `longer than ${maxLineBytes} bytes`)
        const read = readStateLine(text)
        if (!read.ok) throw damaged(number, read.why)
        const key = formatKey('', read.entry.key)
        const before = lineOf.get(key)
        if (before !== undefined) throw damaged(number, `the same record as line ${before}`)
        lineOf.set(key, number)
        entries.push(read.entry)
      }
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw refusal(`${name}: ${error.message}`, error)
    throw error
  }
  return entries
}

export interface ImportCounts {
  readonly read: number
  /** Were not there. */
  readonly written: number
  readonly replaced: number
  readonly unchanged: number
  /** Are there, differ, and were not to be replaced. */
  readonly kept: number
}

type Outcome = Exclude<keyof ImportCounts, 'read'>

export async function importEntries(
  entries: readonly Entry[],
  replace: boolean,
  settings: Settings,
  store: Store,
): Promise<ImportCounts> {
  const counts = { read: entries.length, written: 0, replaced: 0, unchanged: 0, kept: 0 }
  for (let from = 0; from < entries.length; from += atOnce) {
    const page = entries.slice(from, from + atOnce)
    for (const outcome of await Promise.all(page.map((entry) => put(entry, replace, settings, store)))) {
      counts[outcome] += 1
    }
  }
  return counts
}

function put(entry: Entry, replace: boolean, settings: Settings, store: Store): Promise<Outcome> {
  const { pathMemoryDays } = settings.enforcement
  switch (entry.kind) {
    case 'tenant':
      return write(entry.key, entry.value, null, replace, store)
    case 'server':
      return write(entry.key, entry.value, serverTtlMs(entry.key.tenant), replace, store)
    case 'path':
      return write(entry.key, entry.value, pathTtlMs(pathMemoryDays), replace, store)
    case 'contact':
      return write(entry.key, entry.value, contactTtlMs, replace, store)
  }
}

/** Compare-and-set: what another process writes meanwhile is looked at again, never lost. */
async function write<K extends RecordKind>(
  key: RecordKey<K>,
  value: Records[K],
  ttlMs: number | null,
  replace: boolean,
  store: Store,
): Promise<Outcome> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const stored = await store.read(key)
    if (stored.state === 'present' && encode(key, stored.value) === encode(key, value)) return 'unchanged'
    if (stored.state !== 'absent' && !replace) return 'kept'
    if (stored.state === 'unreadable') {
      if (!(await store.remove(key, stored.version))) continue
    }
    const expected = stored.state === 'present' ? stored.version : 0
    if (await store.replace(key, expected, value, ttlMs)) {
      return stored.state === 'absent' ? 'written' : 'replaced'
    }
  }
  throw refusal(`the record ${formatKey('', key).slice(1)} is being changed all the time; try again`)
}
