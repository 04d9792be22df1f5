import type { Redis } from 'ioredis'
import { formatKey } from '../../src/store/keys'
import { withClient } from '../support/redis'
import type { Cast } from './cast'
import type { Fault } from './fault'
import { recordOfSchema1 } from './older-schema'
import type { RedisServer } from '../support/redis'

/** Keys so many, and so slow to load, that a restart takes some seconds. */
const slowKeys = 400
const slowKeyMicroseconds = 10_000

/** Newer than any that we write. */
const schemaOfTheFuture = Number.MAX_SAFE_INTEGER

const password = 'changed meanwhile'

/** Every setting that a fault here may have changed, back as it was. */
async function restore(client: Redis): Promise<void> {
  await client.config('SET', 'maxmemory', '0')
  await client.call('ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '&*', '+@all')
}

/** A connection that is already there keeps its rights: those that come next see the change. */
async function cutOff(client: Redis): Promise<void> {
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
}

async function serverKeys(client: Redis): Promise<string[]> {
  const keys = await client.keys('xe:*:server:*')
  if (keys.length === 0) throw new Error('memory holds no server')
  return keys
}

/** What memory held before it was damaged. */
const kept = new Map<RedisServer, Map<string, Buffer>>()

/** Replaces the value of every server's record by what `spoil` makes of it. */
async function spoilRecords(
  redis: RedisServer,
  spoil: (client: Redis, key: string) => Promise<unknown>,
): Promise<void> {
  await withClient(redis, async (client) => {
    const dumps = new Map<string, Buffer>()
    for (const key of await serverKeys(client)) {
      const dump = await client.dumpBuffer(key)
      if (dump) dumps.set(key, dump)
      await spoil(client, key)
    }
    kept.set(redis, dumps)
  })
}

async function bringBackRecords(redis: RedisServer): Promise<void> {
  await withClient(redis, async (client) => {
    for (const [key, dump] of kept.get(redis) ?? []) await client.restore(key, 0, dump, 'REPLACE')
  })
  kept.delete(redis)
}

/** One after the other, each at once, with the version after the last, as a host would that still writes schema 1. */
async function writeAsOlderHost(redis: RedisServer, { records }: Cast): Promise<void> {
  await withClient(redis, async (client) => {
    for (const record of records) {
      const key = formatKey('xe', { kind: 'server', tenant: record.tenant, server: record.server })
      await client.eval(writeNextVersion, 1, key, recordOfSchema1(record))
    }
  })
}

const writeNextVersion = `
local version = string.match(redis.call('GET', KEYS[1]), '^(%d+) ')
redis.call('SET', KEYS[1], string.format('%.0f', version + 1) .. ' ' .. ARGV[1])`

export const faultsOfRedis: readonly Fault[] = [
  {
    home: 'redis',
    name: 'redis-killed',
    title: 'Redis is killed, and started again',
    inflict: ({ home }) => home.redis.kill(),
    mend: ({ home }) => home.redis.restart(),
  },
  {
    home: 'redis',
    name: 'redis-frozen',
    title: 'Redis accepts connections and answers nothing',
    inflict: ({ home }) => home.redis.pause(),
    mend: ({ home }) => home.redis.resume(),
  },
  {
    home: 'redis',
    name: 'redis-slow-200ms',
    title: 'Every answer of Redis takes 200 ms',
    inflict: ({ home }) => home.network.slow(200),
    mend: ({ home }) => home.network.mend(),
  },
  {
    home: 'redis',
    name: 'redis-slow-2s',
    title: 'Every answer of Redis takes 2 s',
    forMs: 6000,
    inflict: ({ home }) => home.network.slow(2000),
    mend: ({ home }) => home.network.mend(),
  },
  {
    home: 'redis',
    name: 'redis-reset',
    title: 'Every connection to Redis is reset',
    inflict: ({ home }) => home.network.resetAll(),
    mend: ({ home }) => home.network.mend(),
  },
  {
    home: 'redis',
    name: 'redis-cut-off',
    title: 'The network to Redis swallows every packet',
    inflict: ({ home }) => home.network.dropAll(),
    mend: ({ home }) => home.network.mend(),
  },
  {
    home: 'redis',
    name: 'redis-half-open',
    title: 'Commands reach Redis and are carried out, but no answer comes back',
    inflict: ({ home }) => home.network.dropAnswers(),
    mend: ({ home }) => home.network.mend(),
  },
  {
    home: 'redis',
    name: 'redis-out-of-memory',
    title: 'Redis is out of memory and evicts nothing',
    inflict: ({ home }) =>
      withClient(home.redis, async (client) => void (await client.config('SET', 'maxmemory', '1'))),
    mend: ({ home }) => withClient(home.redis, restore),
  },
  {
    home: 'redis',
    name: 'redis-read-only',
    title: 'Redis has become a replica and takes no writes',
    inflict: ({ home }) =>
      // Of nobody: port 9 discards.
      withClient(home.redis, async (client) => void (await client.call('REPLICAOF', '127.0.0.1', '9'))),
    mend: ({ home }) =>
      withClient(home.redis, async (client) => void (await client.call('REPLICAOF', 'NO', 'ONE'))),
  },
  {
    home: 'redis',
    name: 'redis-flushed',
    title: 'Somebody empties Redis',
    losesMemory: true,
    inflict: ({ home }) => withClient(home.redis, async (client) => void (await client.flushall())),
    mend: () => undefined,
  },
  {
    home: 'redis',
    name: 'redis-loading',
    title: 'Redis starts again and takes seconds to load what it holds',
    forMs: 1000,
    inflict: async ({ home }) => {
      await withClient(home.redis, async (client) => {
        for (let key = 0; key < slowKeys; key += 1) await client.set(`slow:${key}`, key)
        await client.call('BGREWRITEAOF')
      })
      await home.redis.kill()
      await home.redis.restartSlowly([`key-load-delay ${slowKeyMicroseconds}`])
    },
    mend: ({ home }) => home.redis.answers(),
  },
  {
    home: 'redis',
    name: 'redis-wrong-password',
    title: 'The password of Redis is changed',
    inflict: ({ home }) =>
      withClient(home.redis, async (client) => {
        await client.call('ACL', 'SETUSER', 'default', 'resetpass', `>${password}`)
        await cutOff(client)
      }),
    mend: ({ home }) => withClient(home.redis, restore, password),
  },
  {
    home: 'redis',
    name: 'redis-no-right-to-write',
    title: "The user's right to write is taken away",
    inflict: ({ home }) =>
      withClient(
        home.redis,
        async (client) => void (await client.call('ACL', 'SETUSER', 'default', '-@write', '-@scripting')),
      ),
    mend: ({ home }) => withClient(home.redis, restore),
  },
  {
    home: 'redis',
    name: 'redis-damaged-records',
    title: 'The records of all servers are damaged',
    inflict: ({ home }) => spoilRecords(home.redis, (client, key) => client.setrange(key, 12, '\u0000"}{')),
    mend: ({ home }) => bringBackRecords(home.redis),
  },
  {
    home: 'redis',
    name: 'redis-older-schema',
    title: 'A host of the first release writes the records of all servers, in schema 1',
    unnoticed: true,
    inflict: ({ home, cast }) => writeAsOlderHost(home.redis, cast),
    // Again, over whatever was written in today's form meanwhile.
    mend: ({ home, cast }) => writeAsOlderHost(home.redis, cast),
  },
  {
    home: 'redis',
    name: 'redis-newer-schema',
    title: 'The records of all servers are of a schema newer than ours',
    inflict: ({ home }) =>
      spoilRecords(home.redis, (client, key) =>
        client.set(key, `1 {"s":${schemaOfTheFuture},"from":"the future"}`),
      ),
    mend: ({ home }) => bringBackRecords(home.redis),
  },
  {
    home: 'sentinel',
    name: 'sentinel-failover',
    title: 'The master dies, and the Sentinels choose another',
    inflict: ({ home }) => home.group.failover(),
    mend: () => undefined,
  },
  {
    home: 'sentinel',
    name: 'sentinel-all-frozen',
    title: 'Master and replica freeze, and come back',
    inflict: ({ home }) => home.group.pause(),
    mend: ({ home }) => home.group.resume(),
  },
  {
    home: 'cluster',
    name: 'cluster-failover',
    title: 'A master of the Cluster dies, and its replica takes over',
    inflict: ({ home }) => home.cluster.failover(),
    mend: () => undefined,
  },
  {
    home: 'cluster',
    name: 'cluster-all-frozen',
    title: 'All nodes of the Cluster freeze, and come back',
    inflict: ({ home }) => home.cluster.pause(),
    mend: ({ home }) => home.cluster.resume(),
  },
]
