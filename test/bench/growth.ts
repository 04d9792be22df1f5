import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LmdbStore } from '../../src/store/lmdb'
import { RedisStore } from '../../src/store/redis'
import type { Store } from '../../src/store/store'
import { settingsOf } from '../config/support'
import { startRedis, withClient } from '../support/redis'
import type { RedisServer } from '../support/redis'
import { ratios, spreadOf } from './figure'
import type { Figure, Limit } from './figure'
import { InProcess, messageOf } from './in-process'
import { limits } from './limits'
import { compliantBuild } from './mail'
import type { KnownSender } from './mail'
import { knownPath, knownServer } from './memory-of'
import type { BenchOptions } from './options'
import { benchFolder } from './variants'

const group = 'Growth'
const serversPerTenant = 100
const connectorId = 'growth'
const connectorTenant = 'tenant0'

/** As many servers write as many messages as a busy host takes in a few seconds, between two writings of what was gathered. */
const activeServers = 1000
const messagesPerTurn = 5000

/** Server number `n` of a big provider: its tenant has a hundred of them. */
function senderOf(n: number): KnownSender {
  return {
    tenant: `tenant${String(Math.floor(n / serversPerTenant))}`,
    connector: connectorId,
    server: `ex${String(n)}.tenant${String(Math.floor(n / serversPerTenant))}.contoso.com`,
    address: `11.${String((n >>> 16) & 255)}.${String((n >>> 8) & 255)}.${String(n & 255)}`,
    build: compliantBuild,
  }
}

interface Held {
  readonly backend: 'lmdb' | 'redis'
  readonly store: Store
  /** Bytes that memory takes in all. */
  readonly bytes: () => Promise<number>
  readonly close: () => Promise<void>
}

interface Grown {
  readonly servers: number
  /** Processor time of one message, samples in µs; its server is one of a thousand, or any of all and not in the cache. */
  readonly active: number[]
  readonly cold: number[]
  readonly flushMs: number[]
}

const batch = 500

async function fill(held: Held, servers: number, what: 'server' | 'path'): Promise<void> {
  const now = Date.now()
  for (let first = 0; first < servers; first += batch) {
    const numbers = Array.from({ length: Math.min(batch, servers - first) }, (_, index) => first + index)
    await Promise.all(
      numbers.map(async (n) => {
        const sender = senderOf(n)
        const { tenant, connector, address, server } = sender
        const ttlMs = 30 * 86_400_000
        if (what === 'server') {
          await held.store.replace(
            { kind: 'server', tenant, server },
            0,
            knownServer(sender, null, now),
            ttlMs,
          )
          return
        }
        // Both that a message touches: as it is known at MAIL, and at connect, where the connector of the settings speaks.
        for (const of of [
          { tenant, ehlo: server },
          { tenant: connectorTenant, ehlo: null },
        ]) {
          const key = { kind: 'path', connector, address, ...of } as const
          await held.store.replace(key, 0, { ...knownPath(sender, now), ...of }, ttlMs)
        }
      }),
    )
  }
}

/** Processor microseconds of this process for one message, and how long the writing of what was gathered took. */
async function turn(
  worker: InProcess,
  pick: (message: number) => number,
  messages: number,
): Promise<{ messageUs: number; flushMs: number }> {
  const plan = Array.from({ length: messages }, (_, index) => {
    const sender = senderOf(pick(index))
    const { session, attributed } = worker.sessionOf(sender)
    const connector = { ...attributed.connector, tenant: sender.tenant }
    return {
      session,
      attributed: { ...attributed, connector },
      message: messageOf(sender.server, sender.build),
    }
  })
  const before = process.cpuUsage()
  for (const { session, attributed, message } of plan) {
    await worker.enforcement.beforeData(session, attributed, 'mail')
    await worker.enforcement.atData(session, attributed, message)
  }
  const used = process.cpuUsage(before)
  const begun = performance.now()
  await worker.enforcement.flush()
  return { messageUs: (used.user + used.system) / messages, flushMs: performance.now() - begun }
}

const settings = settingsOf({
  main: '[main]\nmode=enforce\n[store]\ncache_ttl_seconds=3600\n',
  connectors: `[${connectorId}]\ntenant=${connectorTenant}\naddresses=11.0.0.0/8\n`,
})

/** The sizes take turns, each with a store of its own, so that a slow minute touches all of them. */
async function measure(
  sizes: readonly { readonly held: Held; readonly grown: Grown }[],
  turns: number,
  messages: number,
): Promise<void> {
  const workers = await Promise.all(
    sizes.map(async ({ held, grown }) => ({
      grown,
      hot: await InProcess.open(settings, held.store),
      cold: await InProcess.open(settings, held.store, 1),
      next: 0,
    })),
  )
  // The first turns fill the cache and let the code be optimised.
  for (let done = -2; done < turns; done += 1) {
    for (const worker of workers) {
      const { grown, hot, cold } = worker
      const { servers } = grown
      const stride = Math.max(1, Math.floor(servers / activeServers))
      const active = await turn(hot, (message) => (message % activeServers) * stride, messages)
      // 7919 is a prime: the servers are visited all over memory.
      const pick = (): number => (worker.next = (worker.next + 7919) % servers)
      const strangers = await turn(cold, pick, Math.ceil(messages / 5))
      if (done < 0) continue
      grown.active.push(active.messageUs)
      grown.flushMs.push(active.flushMs)
      grown.cold.push(strangers.messageUs)
    }
  }
}

function bytesFigure(held: Held, servers: number, what: string, bytes: number, limit: Limit | null): Figure {
  return {
    group,
    name: `bytes in ${held.backend} for each of ${servers.toLocaleString('en')}: ${what}`,
    value: spreadOf([bytes]),
    unit: 'B',
    limit,
    note: '',
  }
}

function figuresOf(backend: string, sizes: readonly Grown[]): Figure[] {
  const [smallest] = sizes
  if (!smallest) return []
  return sizes.flatMap(({ servers, active, cold, flushMs }): Figure[] => {
    const name = `${backend}, ${servers.toLocaleString('en')} servers`
    const base = { group, unit: 'µs', limit: null, note: 'processor time of the worker, MAIL and DATA' }
    const own: Figure[] = [
      { ...base, name: `${name}: a message of one of 1,000 active`, value: spreadOf(active) },
      { ...base, name: `${name}: a message of one not in the cache`, value: spreadOf(cold) },
      {
        ...base,
        name: `${name}: writing what 1,000 active servers left`,
        value: spreadOf(flushMs),
        unit: 'ms',
        note: 'elapsed time; servers and paths',
      },
    ]
    if (servers === smallest.servers) return own
    const against = (samples: readonly number[], small: readonly number[], what: string): Figure => ({
      group,
      name: `${name} by ${smallest.servers.toLocaleString('en')}: ${what}`,
      value: spreadOf(ratios(samples, small)),
      unit: '',
      limit: servers >= 1_000_000 ? limits.growth : null,
      note: '',
    })
    return [
      ...own,
      against(active, smallest.active, 'a message of one of 1,000 active'),
      against(cold, smallest.cold, 'a message of one not in the cache'),
    ]
  })
}

async function growStores(
  open: () => Promise<Held>,
  options: BenchOptions,
  log: (text: string) => void,
): Promise<Figure[]> {
  const counts = [1000, 10_000, ...(options.quick ? [] : [100_000]), ...(options.full ? [1_000_000] : [])]
  const figures: Figure[] = []
  const sizes: { held: Held; grown: Grown }[] = []
  try {
    for (const servers of counts) {
      const held = await open()
      sizes.push({ held, grown: { servers, active: [], cold: [], flushMs: [] } })
      log(`growth: ${held.backend}, ${servers.toLocaleString('en')} servers`)
      const empty = await held.bytes()
      await fill(held, servers, 'server')
      const withServers = await held.bytes()
      await fill(held, servers, 'path')
      const withPaths = await held.bytes()
      const limit = held.backend === 'redis' ? limits.redisBytes : null
      figures.push(bytesFigure(held, servers, 'its record', (withServers - empty) / servers, limit))
      figures.push(bytesFigure(held, servers, 'its two paths', (withPaths - withServers) / servers, null))
    }
    log('growth: the sizes in turn')
    await measure(sizes, options.quick ? 2 : 9, options.quick ? 2000 : messagesPerTurn)
    const [first] = sizes
    return first
      ? [
          ...figures,
          ...figuresOf(
            first.held.backend,
            sizes.map(({ grown }) => grown),
          ),
        ]
      : []
  } finally {
    for (const { held } of sizes) await held.close()
  }
}

async function redisBytes(redis: RedisServer): Promise<number> {
  return withClient(redis, async (client) => {
    const found = /^used_memory:(\d+)/m.exec(await client.info('memory'))
    return Number(found?.[1] ?? Number.NaN)
  })
}

async function openLmdb(): Promise<Held> {
  const folder = benchFolder()
  const store = new LmdbStore({ path: folder })
  await store.open()
  return {
    backend: 'lmdb',
    store,
    bytes: async () => statSync(join(folder, 'data.mdb')).size,
    close: async () => {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function openRedis(): Promise<Held> {
  const server = await startRedis()
  const main = `[redis]\nhost=${server.host}\nport=${String(server.port)}\n`
  const store = new RedisStore({ settings: settingsOf({ main }).redis, timeoutMs: 10_000 })
  await store.open()
  return {
    backend: 'redis',
    store,
    bytes: () => redisBytes(server),
    close: async () => {
      await store.close()
      await server.stop()
    },
  }
}

export async function benchGrowth(options: BenchOptions, log: (text: string) => void): Promise<Figure[]> {
  return [...(await growStores(openLmdb, options, log)), ...(await growStores(openRedis, options, log))]
}
