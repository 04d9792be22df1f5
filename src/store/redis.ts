import { createHash } from 'node:crypto'
import { Cluster, type Redis } from 'ioredis'
import type { RedisSettings } from '../config/settings'
import { decode, decodeListed, encode } from './codec'
import { checkPrefix, formatKey, tenantPart } from './keys'
import { packText, unpackText } from './packed-text'
import { createClient, describeTopology, explainRedisError, type RedisClient } from './redis-client'
import type { RecordKey, RecordKind, Records, Store, Stored } from './store'
import { InvalidRecord, StoreUnavailable } from './unavailable'
import { nextVersion, unversioned } from './version'

export interface RedisStoreOptions {
  readonly settings: RedisSettings
  /** Longest that a command may take. */
  readonly timeoutMs: number
  readonly now?: () => number
}

interface Script {
  readonly lua: string
  readonly sha: string
}

// A value is `version json`, the JSON packed where it is long: memory is dear here. One that does not begin so is nobody's and matches no version but 'damaged'.
const readVersion = `
local text = redis.call('GET', KEYS[1])
local version = '0'
if text then version = string.match(text, '^([1-9]%d*) ') or 'damaged' end
if version ~= ARGV[1] then return 0 end`

const replaceScript = script(`${readVersion}
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1`)
const removeScript = script(`${readVersion}
return redis.call('DEL', KEYS[1])`)

const openTimeoutMs = 2_000
const scanCount = 500
const usable = 'ready'

/** Memory shared by all hosts: one Redis, a master found by Sentinels, or a Cluster. */
export class RedisStore implements Store {
  readonly backend = 'redis'
  readonly #settings: RedisSettings
  readonly #timeoutMs: number
  readonly #prefix: string
  readonly #now: () => number
  readonly #where: string
  #client: RedisClient | null = null
  #lastError: Error | null = null

  constructor({ settings, timeoutMs, now }: RedisStoreOptions) {
    this.#settings = settings
    this.#timeoutMs = timeoutMs
    this.#prefix = checkPrefix(settings.keyPrefix)
    this.#now = now ?? Date.now
    this.#where = describeTopology(settings)
  }

  /** After a rejection the client goes on trying behind; a later `open` resolves as soon as it got through. */
  async open(): Promise<void> {
    const client = (this.#client ??= this.#connect())
    if (client.status === usable) return
    if (client.status === 'wait' || client.status === 'end') void client.connect().catch(() => undefined)
    await this.#untilReady(client)
  }

  async read<K extends RecordKind>(key: RecordKey<K>): Promise<Stored<Records[K]>> {
    const [text] = await this.#texts([formatKey(this.#prefix, key)])
    return this.#stored(key, text ?? null)
  }

  async readAll<K extends RecordKind>(keys: readonly RecordKey<K>[]): Promise<readonly Stored<Records[K]>[]> {
    const names = keys.map((key) => formatKey(this.#prefix, key))
    const texts = await this.#texts(names)
    return keys.map((key, i) => this.#stored(key, texts[i] ?? null))
  }

  async replace<K extends RecordKind>(
    key: RecordKey<K>,
    expected: number,
    value: Records[K],
    ttlMs: number | null,
  ): Promise<boolean> {
    const json = encode(key, value)
    if (expected < 0) return false
    const text = `${nextVersion(expected, this.#now())} ${packText(json)}`
    const ttl = ttlMs === null ? '' : String(Math.max(1, Math.ceil(ttlMs)))
    return this.#run(replaceScript, key, String(expected), text, ttl)
  }

  async remove(key: RecordKey, expected: number): Promise<boolean> {
    if (expected === 0) return false
    return this.#run(removeScript, key, expected === unversioned ? 'damaged' : String(Math.abs(expected)))
  }

  async *list<K extends RecordKind>(
    kind: K,
    tenant?: string,
  ): AsyncGenerator<Stored<Records[K]> & { readonly key: RecordKey<K> }> {
    const start = tenant === undefined ? `${this.#prefix}:{*}:` : tenantPart(this.#prefix, tenant)
    for (const node of this.#masters()) {
      let cursor = '0'
      do {
        const found = await this.#ask(() =>
          node.scan(cursor, 'MATCH', `${start}${kind}*`, 'COUNT', scanCount),
        )
        const names = found[1]
        cursor = found[0]
        const texts = await this.#texts(names)
        for (const [i, name] of names.entries()) {
          const text = texts[i]
          // Gone since the scan saw its key.
          if (text === null || text === undefined) continue
          const { version, json } = splitVersion(text)
          const listed = decodeListed(kind, this.#prefix, name, version, json)
          if (listed) yield listed
        }
      } while (cursor !== '0')
    }
  }

  async lifetime(key: RecordKey): Promise<number | null> {
    const left = await this.#ask(() => this.#opened().pttl(formatKey(this.#prefix, key)))
    return left < 0 ? null : Math.max(1, left)
  }

  async time(): Promise<number> {
    const [seconds, microseconds] = await this.#ask(() => this.#opened().time())
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
  }

  async prune(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = null
    client?.disconnect()
  }

  #connect(): RedisClient {
    const client = createClient(this.#settings, this.#timeoutMs)
    const remember = (error: Error): void => {
      // A Cluster only says that all nodes failed, and keeps what the last of them said.
      const beneath = 'lastNodeError' in error ? error.lastNodeError : null
      this.#lastError = beneath instanceof Error ? beneath : error
    }
    client.on('error', remember)
    client.on('node error', remember)
    client.on('ready', () => {
      this.#lastError = null
    })
    return client
  }

  #untilReady(client: RedisClient): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer)
        client.off('ready', settle)
        client.off('error', fail)
        client.off('end', fail)
        if (error) reject(explainRedisError(error, this.#lastError, this.#where))
        else resolve()
      }
      const fail = (error?: Error): void => settle(error ?? new Error('Connection is closed.'))
      const timer = setTimeout(() => settle(this.#lastError ?? new Error('connect timed out')), openTimeoutMs)
      client.once('ready', settle)
      client.once('end', fail)
      // Of several nodes the first error is not the last word.
      if (this.#settings.topology.kind === 'single') client.once('error', fail)
    })
  }

  #opened(): RedisClient {
    if (this.#client) return this.#client
    throw new StoreUnavailable('not-open', `${this.#where} is not open`)
  }

  #masters(): readonly Redis[] {
    const client = this.#opened()
    return client instanceof Cluster ? client.nodes('master') : [client]
  }

  #stored<K extends RecordKind>(key: RecordKey<K>, text: string | null): Stored<Records[K]> {
    if (text === null) return { state: 'absent', version: 0 }
    const { version, json } = splitVersion(text)
    return decode(key, version, json)
  }

  /** One MGET for each tenant, whose keys share a slot; in all common cases that is one. */
  async #texts(names: readonly string[]): Promise<readonly (string | null)[]> {
    const client = this.#opened()
    const groups = new Map<string, string[]>()
    for (const name of names) {
      const group = client instanceof Cluster ? name.slice(0, name.indexOf('}')) : ''
      const members = groups.get(group)
      if (members) members.push(name)
      else groups.set(group, [name])
    }
    const texts = new Map<string, string | null>()
    await Promise.all(
      [...groups.values()].map(async (group) => {
        const found = await this.#ask(() => client.mget(group))
        for (const [i, name] of group.entries()) texts.set(name, found[i] ?? null)
      }),
    )
    return names.map((name) => texts.get(name) ?? null)
  }

  async #run({ sha, lua }: Script, key: RecordKey, ...args: readonly string[]): Promise<boolean> {
    const client = this.#opened()
    const name = formatKey(this.#prefix, key)
    const done = await this.#ask(async () => {
      try {
        return await client.evalsha(sha, 1, name, ...args)
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return client.eval(lua, 1, name, ...args)
      }
    })
    return done === 1
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command()
    } catch (error) {
      if (error instanceof StoreUnavailable || error instanceof InvalidRecord) throw error
      throw explainRedisError(error, this.#lastError, this.#where)
    }
  }
}

function splitVersion(text: string): { readonly version: number; readonly json: string } {
  const found = /^([1-9]\d{0,15}) /.exec(text)
  return found
    ? { version: Number(found[1]), json: unpackText(text.slice(found[0].length)) }
    : { version: unversioned, json: '' }
}

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}
