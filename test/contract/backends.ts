import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster, Redis } from 'ioredis'
import { open } from 'lmdb'
import type { RedisSettings, StoreSettings } from '../../src/config/settings'
import { createStore } from '../../src/store/create-store'
import { MemoryStore, type MemoryEntry } from '../../src/store/memory'
import type { Store } from '../../src/store/store'
import { unversioned } from '../../src/store/version'
import { startCluster, startRedis, startSentinels } from '../support/redis'

/** How a process is told where the store is: JSON, so that it can be handed to a child. */
export interface Place {
  readonly store: StoreSettings
  readonly redis: RedisSettings
}

/** A backend that the contract is checked against. */
export interface Backend {
  /** A store of its own, open. */
  connect(now?: () => number): Promise<Store>
  /** Puts a text under a key, as a newer version or a damaged disk would. */
  plant(key: string, version: number, json: string): Promise<void>
  /** Puts what has not even the shape of a value. */
  plantGarbage(key: string): Promise<void>
  /** For other processes; `null` where there is nothing to share. */
  readonly place: Place | null
  /** Whether what expires is judged by the clock of `connect` and not by the backend's own. */
  readonly ourClock: boolean
  stop(): Promise<void>
}

export function placeOf(
  backend: StoreSettings['backend'],
  change: Partial<RedisSettings> = {},
  path = '',
): Place {
  return {
    store: {
      backend,
      path,
      timeoutMs: 2000,
      maxClockSkewSeconds: 300,
      cacheMaxEntries: 100,
      cacheTtlSeconds: 60,
    },
    redis: {
      topology: { kind: 'single', host: '127.0.0.1', port: 6379 },
      db: 0,
      username: null,
      password: null,
      tls: false,
      keyPrefix: 'xe',
      ...change,
    },
  }
}

async function connectTo({ store, redis }: Place, now?: () => number): Promise<Store> {
  const connected = createStore(store, redis, now)
  await connected.open()
  return connected
}

async function memory(): Promise<Backend> {
  const entries = new Map<string, MemoryEntry>()
  return {
    connect: async (now) => new MemoryStore({ entries, ...(now && { now }) }),
    plant: async (key, version, json) => void entries.set(key, { version, expiresAt: null, json }),
    plantGarbage: async (key) => void entries.set(key, { version: unversioned, expiresAt: null, json: '\0' }),
    place: null,
    ourClock: true,
    stop: async () => entries.clear(),
  }
}

async function lmdb(): Promise<Backend> {
  const path = await mkdtemp(join(tmpdir(), 'xe-lmdb-'))
  const place = placeOf('lmdb', {}, path)
  const put = async (key: string, text: string, version: number): Promise<void> => {
    const db = open<string, string>({ path, encoding: 'string', useVersions: true })
    await db.put(key, text, version)
    await db.close()
  }
  return {
    connect: (now) => connectTo(place, now),
    plant: (key, version, json) => put(key, `0 ${json}`, version),
    plantGarbage: (key) => put(key, 'no value of ours', 0),
    place,
    ourClock: true,
    stop: () => rm(path, { recursive: true, force: true }),
  }
}

function redisBackend(place: Place, client: Redis | Cluster, stop: () => Promise<void>): Backend {
  client.on('error', () => undefined)
  return {
    connect: (now) => connectTo(place, now),
    plant: async (key, version, json) => void (await client.set(key, `${version} ${json}`)),
    plantGarbage: async (key) => void (await client.set(key, 'no value of ours')),
    place,
    ourClock: false,
    stop: async () => {
      client.disconnect()
      await stop()
    },
  }
}

async function redisSingle(): Promise<Backend> {
  const server = await startRedis()
  const { host, port } = server
  const place = placeOf('redis', { topology: { kind: 'single', host, port } })
  return redisBackend(place, new Redis(port, host), () => server.stop())
}

async function redisSentinel(): Promise<Backend> {
  const group = await startSentinels()
  const sentinels = group.sentinels.map(({ host, port }) => ({ host, port }))
  const place = placeOf('redis', { topology: { kind: 'sentinel', name: group.name, sentinels } })
  return redisBackend(place, new Redis({ name: group.name, sentinels }), () => group.stop())
}

async function redisCluster(): Promise<Backend> {
  const cluster = await startCluster()
  const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
  const place = placeOf('redis', { topology: { kind: 'cluster', nodes } })
  return redisBackend(place, new Cluster(nodes), () => cluster.stop())
}

export const backends: readonly (readonly [string, () => Promise<Backend>])[] = [
  ['memory', memory],
  ['lmdb', lmdb],
  ['redis, single', redisSingle],
  ['redis, Sentinel', redisSentinel],
  ['redis, Cluster', redisCluster],
]
