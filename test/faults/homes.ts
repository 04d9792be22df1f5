import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisSettings } from '../../src/config/settings'
import { createStore } from '../../src/store/create-store'
import type { Store } from '../../src/store/store'
import { startCluster, startRedis, startSentinels } from '../support/redis'
import type { Home, HomeKind } from './fault'
import { FaultyNetwork } from './proxy'

const sizes = { timeoutMs: 5000, maxClockSkewSeconds: 300, cacheMaxEntries: 100, cacheTtlSeconds: 60 }
const cacheLine = 'cache_ttl_seconds = 1\n'
const smallDisk = '8m'

async function openRedis(topology: RedisSettings['topology']): Promise<Store> {
  const rest = { db: 0, username: null, password: null, tls: false, keyPrefix: 'xe' }
  const store = createStore({ backend: 'redis', path: '', ...sizes }, { topology, ...rest })
  await store.open()
  return store
}

/** Kept on disk after every write, as it must be where a crash of Redis shall lose nothing. */
async function redisHome(): Promise<Home> {
  const redis = await startRedis({
    config: ['appendonly yes', 'appendfsync always', 'enable-debug-command yes'],
  })
  const network = await FaultyNetwork.before(redis)
  return {
    kind: 'redis',
    redis,
    network,
    lines: `[store]\nbackend = redis\n${cacheLine}[redis]\nhost = 127.0.0.1\nport = ${network.port}\n`,
    open: () => openRedis({ kind: 'single', host: redis.host, port: redis.port }),
    stop: async () => {
      await network.stop()
      await redis.stop()
    },
  }
}

async function sentinelHome(): Promise<Home> {
  const group = await startSentinels()
  const sentinels = group.sentinels.map(({ host, port }) => ({ host, port }))
  const list = sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')
  return {
    kind: 'sentinel',
    group,
    lines: `[store]\nbackend = redis\n${cacheLine}[redis]\nsentinel_name = ${group.name}\nsentinels = ${list}\n`,
    open: () => openRedis({ kind: 'sentinel', name: group.name, sentinels }),
    stop: () => group.stop(),
  }
}

async function clusterHome(): Promise<Home> {
  const cluster = await startCluster({ replicas: true })
  const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
  const list = nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
  return {
    kind: 'cluster',
    cluster,
    lines: `[store]\nbackend = redis\n${cacheLine}[redis]\ncluster_nodes = ${list}\n`,
    open: () => openRedis({ kind: 'cluster', nodes }),
    stop: () => cluster.stop(),
  }
}

/** On a disk of its own where the system lets us make one, so that it can be filled. */
async function lmdbHome(): Promise<Home> {
  const disk = mkdtempSync(join(tmpdir(), 'xe-memory-'))
  const isDisk = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${smallDisk}`, 'tmpfs', disk]).status === 0
  const folder = join(disk, 'memory')
  return {
    kind: 'lmdb',
    folder,
    lines: `[store]\nbackend = lmdb\npath = ${folder}\n${cacheLine}`,
    open: async () => {
      const rest = { db: 0, username: null, password: null, tls: false, keyPrefix: 'xe' }
      const topology = { kind: 'single', host: '127.0.0.1', port: 6379 } as const
      const store = createStore({ backend: 'lmdb', path: folder, ...sizes }, { topology, ...rest })
      await store.open()
      return store
    },
    stop: async () => {
      if (isDisk) spawnSync('umount', [disk])
      rmSync(disk, { recursive: true, force: true })
    },
  }
}

export const homes: { readonly [K in HomeKind]: () => Promise<Home> } = {
  redis: redisHome,
  sentinel: sentinelHome,
  cluster: clusterHome,
  lmdb: lmdbHome,
}
