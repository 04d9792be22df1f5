import type { RootDatabase } from 'lmdb'
import { decode, decodeListed, encode } from './codec'
import { checkPrefix, formatKey, tenantPart } from './keys'
import { checkData, damagedFolder, prepareFolder, protectFiles } from './lmdb-folder'
import type { RecordKey, RecordKind, Records, Store, Stored } from './store'
import { StoreUnavailable } from './unavailable'
import { namesVersion, nextVersion, unversioned } from './version'

export interface LmdbStoreOptions {
  /** Absolute folder; made if it is missing. Not on a network file system. */
  readonly path: string
  readonly keyPrefix?: string
  readonly now?: () => number
  /** Opens only what is there, makes no file and mends none; writing is refused. */
  readonly readOnly?: boolean
}

/** A value begins with the moment at which it expires (0 = never); LMDB itself keeps the version. */
interface Entry {
  readonly name: string
  readonly version: number
  readonly expiresAt: number
  readonly json: string
}

const pageEntries = 200
const afterAnyKey = '\x7f'

/**
 * Memory in files of this host, shared by all its processes. Reads come from the mapped file at once; a write waits for
 * the one writer's lock in a thread of LMDB, never in ours, and is complete or absent whenever a process is killed.
 */
export class LmdbStore implements Store {
  readonly backend = 'lmdb'
  readonly #path: string
  readonly #prefix: string
  readonly #now: () => number
  readonly #readOnly: boolean
  #db: RootDatabase<string, string> | null = null

  constructor(options: LmdbStoreOptions) {
    this.#path = options.path
    this.#prefix = checkPrefix(options.keyPrefix ?? 'xe')
    this.#now = options.now ?? Date.now
    this.#readOnly = options.readOnly ?? false
  }

  async open(): Promise<void> {
    if (this.#db) return
    await (this.#readOnly ? checkData(this.#path) : prepareFolder(this.#path))
    // Only who uses it needs the binary that fits this system.
    const { open } = await import('lmdb').catch((cause: unknown) => {
      throw new StoreUnavailable(
        'failed',
        'The package lmdb has no binary for this system: use Redis instead',
        {
          cause,
        },
      )
    })
    if (this.#db) return
    try {
      const db = open<string, string>({
        path: this.#path,
        encoding: 'string',
        useVersions: true,
        // Else each batch has a promise of its own, which nobody can hear of: a full disk would end the process.
        eventTurnBatching: false,
        ...(this.#readOnly && { readOnly: true }),
      })
      // Slots of processes that were killed would keep old pages alive for ever.
      if (!this.#readOnly) db.readerCheck()
      this.#db = db
    } catch (error) {
      throw damagedFolder(this.#path, error)
    }
    if (!this.#readOnly) await protectFiles(this.#path)
  }

  async read<K extends RecordKind>(key: RecordKey<K>): Promise<Stored<Records[K]>> {
    const entry = this.#live(formatKey(this.#prefix, key))
    return entry ? decode(key, entry.version, entry.json) : { state: 'absent', version: 0 }
  }

  readAll<K extends RecordKind>(keys: readonly RecordKey<K>[]): Promise<readonly Stored<Records[K]>[]> {
    return Promise.all(keys.map((key) => this.read(key)))
  }

  async replace<K extends RecordKind>(
    key: RecordKey<K>,
    expected: number,
    value: Records[K],
    ttlMs: number | null,
  ): Promise<boolean> {
    const db = this.#opened()
    const json = encode(key, value)
    const name = formatKey(this.#prefix, key)
    const now = this.#now()
    const entry = this.#entry(name)
    if (expected < 0 || (this.#isLive(entry) ? entry.version : 0) !== expected) return false
    const text = `${ttlMs === null ? 0 : Math.ceil(now + ttlMs)} ${json}`
    const version = nextVersion(expected, now)
    // What has expired lies there still: it is absent to callers and a version to LMDB.
    if (entry) return this.#committed(db.put(name, text, version, entry.version))
    return this.#committed(
      db.ifNoExists(name, () => {
        // What becomes of it the condition's own promise tells.
        db.put(name, text, version).catch(() => undefined)
      }),
    )
  }

  async remove(key: RecordKey, expected: number): Promise<boolean> {
    const db = this.#opened()
    const name = formatKey(this.#prefix, key)
    const entry = this.#live(name)
    if (!entry || !namesVersion(expected, entry.version)) return false
    return this.#committed(entry.version === unversioned ? db.remove(name) : db.remove(name, entry.version))
  }

  async *list<K extends RecordKind>(
    kind: K,
    tenant?: string,
  ): AsyncGenerator<Stored<Records[K]> & { readonly key: RecordKey<K> }> {
    const start = tenant === undefined ? `${this.#prefix}:{` : tenantPart(this.#prefix, tenant) + kind
    for await (const entry of this.#range(start)) {
      if (!this.#isLive(entry)) continue
      const listed = decodeListed(kind, this.#prefix, entry.name, entry.version, entry.json)
      if (listed) yield listed
    }
  }

  async lifetime(key: RecordKey): Promise<number | null> {
    const expiresAt = this.#live(formatKey(this.#prefix, key))?.expiresAt ?? 0
    return expiresAt === 0 ? null : Math.max(1, expiresAt - this.#now())
  }

  async time(): Promise<null> {
    return null
  }

  async prune(now: number): Promise<number> {
    const db = this.#opened()
    let pruned = 0
    for await (const { name, version, expiresAt } of this.#range(`${this.#prefix}:{`)) {
      const expired = expiresAt !== 0 && expiresAt <= now
      if (!expired || version === unversioned) continue
      if (await this.#committed(db.remove(name, version))) pruned += 1
    }
    return pruned
  }

  async close(): Promise<void> {
    const db = this.#db
    this.#db = null
    await db?.close()
  }

  /** Where a commit fails, as on a full disk, LMDB says why in a second promise: unheard it would end the process. */
  async #committed(write: Promise<boolean>): Promise<boolean> {
    try {
      return await write
    } catch (error) {
      const cause = await causeOf(error)
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new StoreUnavailable(
        'failed',
        `store path ${this.#path} could not be written (${why}): look for a full or faulty disk`,
        { cause },
      )
    }
  }

  #opened(): RootDatabase<string, string> {
    if (this.#db) return this.#db
    throw new StoreUnavailable('not-open', `store path ${this.#path} is not open`)
  }

  #entry(name: string): Entry | undefined {
    const db = this.#opened()
    // Else a loop of compare-and-sets would read the same old snapshot again.
    db.resetReadTxn()
    const found = db.getEntry(name)
    return found && parseEntry(name, found.version, found.value)
  }

  #live(name: string): Entry | undefined {
    const entry = this.#entry(name)
    return this.#isLive(entry) ? entry : undefined
  }

  #isLive(entry: Entry | undefined): entry is Entry {
    return entry !== undefined && (entry.expiresAt === 0 || entry.expiresAt > this.#now())
  }

  /** Page by page, so that neither the event loop nor a snapshot is held for long. */
  async *#range(prefix: string): AsyncGenerator<Entry> {
    const end = prefix + afterAnyKey
    let after: string | null = null
    for (;;) {
      const db = this.#opened()
      const page: Entry[] = []
      const from: { start: string; exclusiveStart: boolean } = {
        start: after ?? prefix,
        exclusiveStart: after !== null,
      }
      for (const { key, value, version } of db.getRange({
        ...from,
        end,
        limit: pageEntries,
        versions: true,
      })) {
        page.push(parseEntry(key, version, value))
      }
      yield* page
      const last = page.at(-1)
      if (!last || page.length < pageEntries) return
      after = last.name
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error
  const said = Promise.resolve(error.commitError).then(
    () => error,
    (cause: unknown) => cause,
  )
  // It is rejected in the same turn; should it ever not be, nobody waits for it.
  return Promise.race([said, new Promise((resolve) => setImmediate(() => resolve(error)))])
}

function parseEntry(name: string, version: number | undefined, text: unknown): Entry {
  const found = typeof text === 'string' ? /^(\d{1,16}) /.exec(text) : null
  const [head, expiresAt] = found ?? ['', '0']
  return {
    name,
    version: version !== undefined && version > 0 ? version : unversioned,
    expiresAt: Number(expiresAt),
    // Without its head it is no JSON either, and so unreadable.
    json: found && typeof text === 'string' ? text.slice(head.length) : '',
  }
}
