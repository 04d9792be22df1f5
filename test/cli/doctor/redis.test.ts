import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { RedisStore } from '../../../src/store/redis'
import {
  startCluster,
  startRedis,
  startSentinels,
  withClient,
  type Address,
  type RedisServer,
  type ServerOptions,
} from '../../support/redis'
import { amiss, byAddress, circumstances, finds, findings, install, quiet, remove } from './support'

function settings({ host, port }: Address, more = ''): string {
  return `[store]\nbackend = redis\n[redis]\nhost = ${host}\nport = ${port}\n${more}\n${quiet}`
}

async function withInstall<T>(main: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await install({ settings: main })
  try {
    return await work(folder)
  } finally {
    remove(folder)
  }
}

async function withRedis(
  options: ServerOptions,
  work: (server: RedisServer) => Promise<void>,
): Promise<void> {
  const server = await startRedis(options)
  try {
    await work(server)
  } finally {
    await server.stop()
  }
}

const saving = (server: Address): Promise<unknown> =>
  withClient(server, (client) => client.call('config', 'set', 'save', '3600 1'))

/** Stands in front of a server and changes what it says, or when. */
async function proxyOf(server: Address, change: (text: string) => string, delayMs = 0): Promise<Server> {
  const open = new Set<Socket>()
  const proxy = createServer((socket) => {
    const upstream = connect(server.port, server.host)
    for (const each of [socket, upstream]) {
      open.add(each)
      each.on('error', () => undefined)
    }
    socket.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      setTimeout(() => socket.write(Buffer.from(change(chunk.toString('latin1')), 'latin1')), delayMs)
    })
    socket.once('close', () => upstream.destroy())
  })
  proxy.once('close', () => open.forEach((each) => each.destroy()))
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return proxy
}

function addressOf(server: Server): Address {
  const { port } = server.address() as AddressInfo
  return { host: '127.0.0.1', port }
}

describe('The doctor, where the store is Redis', function () {
  this.timeout(60_000)
  let server: RedisServer

  before(async () => {
    server = await startRedis()
    await saving(server)
  })

  after(() => server.stop())

  it('finds nothing in a good one', () =>
    withInstall(settings(server), async (folder) => {
      assert.deepEqual(await amiss(circumstances(folder)), [])
      const told = await findings(circumstances(folder))
      const well = told
        .filter(({ area, severity }) => area === 'Redis' && severity === 'ok')
        .map(({ id }) => id)
      for (const id of [
        'redis-evicts',
        'redis-not-persistent',
        'redis-commands-denied',
        'redis-clock-skew',
        'redis-version',
      ]) {
        assert.ok(well.includes(id), id)
      }
      assert.doesNotMatch(JSON.stringify(told), /undefined/)
    }))

  it('finds one that evicts, keeps nothing on disk and is nearly full', () =>
    withRedis({ config: ['maxmemory-policy allkeys-lru'] }, async (bad) => {
      await withInstall(settings(bad), async (folder) => {
        const found = await finds(['redis-evicts', 'redis-not-persistent'], circumstances(folder))
        assert.match(found.message, /maxmemory-policy allkeys-lru, though no maxmemory yet$/)
        await withClient(bad, async (client) => {
          await client.call('config', 'set', 'maxmemory-policy', 'noeviction')
          await client.call('config', 'set', 'save', '3600 1')
          const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
          await client.call('config', 'set', 'maxmemory', String(Math.ceil(used * 1.02)))
        })
        await finds(['redis-memory-full'], circumstances(folder))
      })
    }))

  it('finds a replica in place of its master', () =>
    withRedis({ config: [`replicaof 127.0.0.1 ${server.port}`] }, async (replica) => {
      await saving(replica)
      await withInstall(settings(replica), async (folder) => {
        const found = await finds(['redis-replica'], circumstances(folder))
        assert.match(found.message, new RegExp(`is a replica of 127\\.0\\.0\\.1:${server.port}$`))
      })
    }))

  it('finds what the user may not do, and tells a wrong password from it', async () => {
    const users = [
      'user default on nopass ~* &* +@all',
      'user reader on >secret ~xe:* +@read +eval +evalsha +ping +info +time +config|get +client',
      'user stranger on >secret ~other:* +@all',
    ]
    await withRedis({ config: users }, async (guarded) => {
      await saving(guarded)
      const as = (user: string, password: string): string =>
        settings(guarded, `username = ${user}\npassword = ${password}`)
      await withInstall(as('reader', 'secret'), async (folder) => {
        assert.equal(
          (await finds(['redis-commands-denied'], circumstances(folder))).message,
          'not allowed: SET, DEL',
        )
      })
      await withInstall(as('stranger', 'secret'), async (folder) => {
        assert.match(
          (await finds(['redis-commands-denied'], circumstances(folder))).message,
          /NOPERM|not allowed/,
        )
      })
      await withInstall(as('reader', 'wrong'), async (folder) => {
        const found = await finds(['redis-denied'], circumstances(folder))
        assert.match(found.message, /WRONGPASS/)
        assert.doesNotMatch(JSON.stringify(found), /wrong'|"wrong"/)
      })
    })
  })

  it('finds one that does not answer, and one that is frozen, in time', async () => {
    const gone = await startRedis()
    await withInstall(settings(gone), async (folder) => {
      gone.pause()
      await finds(['redis-unreachable'], circumstances(folder))
      gone.resume()
      await gone.stop()
      const found = await finds(['redis-unreachable'], circumstances(folder))
      assert.match(found.message, /ECONNREFUSED/)
      assert.equal(found.evidence?.line, 4)
    })
  })

  it('finds one on another host without TLS and password', () =>
    withInstall(settings({ host: '0.0.0.0', port: server.port }), async (folder) => {
      await finds(['redis-cleartext', 'redis-no-password'], circumstances(folder))
    }))

  for (const [id, why, change, delayMs] of [
    [
      'redis-version',
      'older than what is tested',
      (text: string) => text.replace(/redis_version:\d/, 'redis_version:6'),
      0,
    ],
    [
      'redis-persistence-fails',
      'the last save came to nothing',
      (text: string) => text.replace('rdb_last_bgsave_status:ok', 'rdb_last_bgsave_status:er'),
      0,
    ],
    ['redis-slow', 'half of the patience is gone', (text: string) => text, 150],
  ] as const) {
    it(`finds ${id}: ${why}`, async () => {
      const proxy = await proxyOf(server, change, delayMs)
      try {
        await withInstall(settings(addressOf(proxy)), async (folder) => {
          await finds([id], circumstances(folder))
        })
      } finally {
        proxy.close()
        proxy.emit('close')
      }
    })
  }

  it('finds clocks that differ, by a little and by too much', () =>
    withInstall(settings(server), async (folder) => {
      const real = Date.now
      try {
        Date.now = () => real() + 10_000
        await finds(['redis-clock-drift'], circumstances(folder))
        Date.now = () => real() - 600_000
        await finds(['redis-clock-skew'], circumstances(folder))
      } finally {
        Date.now = real
      }
    }))

  it('finds connectors that were never matched there as well', async () => {
    const folder = await install({ settings: settings(server), connectors: byAddress })
    const store = new RedisStore({
      settings: {
        topology: { kind: 'single', host: server.host, port: server.port },
        ...{ db: 0, username: null, password: null, tls: false, keyPrefix: 'xe' },
      },
      timeoutMs: 1_000,
    })
    try {
      await store.open()
      const { runningServer } = await import('../support.js')
      const record = runningServer('ex01.contoso.com', 10, circumstances(folder).now)
      await store.replace({ kind: 'server', tenant: 'contoso', server: record.server }, 0, record, null)
      const found = await finds(['connector-unmatched'], circumstances(folder))
      assert.equal(found.evidence?.file, join(folder, 'config', 'exchange-enforcement.connectors.ini'))
    } finally {
      await withClient(server, (client) => client.flushall())
      await store.close()
      remove(folder)
    }
  })

  it('finds Sentinels without a quorum, and a master without a replica', async () => {
    const group = await startSentinels()
    try {
      await Promise.all(group.servers.map(saving))
      const list = group.sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')
      const main = `[store]\nbackend = redis\n[redis]\nsentinels = ${list}\nsentinel_name = ${group.name}\n${quiet}`
      await withInstall(main, async (folder) => {
        assert.deepEqual(await amiss(circumstances(folder)), [])
        const [, replica] = group.servers
        await withClient(replica!, (client) => client.call('replicaof', 'no', 'one'))
        await replica!.kill()
        await withClient(group.sentinels[2]!, (client) =>
          client.call('sentinel', 'set', group.name, 'quorum', '9'),
        )
        await finds(['redis-no-replica', 'redis-sentinel'], circumstances(folder))
      })
    } finally {
      await group.stop()
    }
  })

  it('finds a Cluster that does not serve all slots', async () => {
    const cluster = await startCluster()
    try {
      await Promise.all(cluster.nodes.map(saving))
      const list = cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
      const main = `[store]\nbackend = redis\n[redis]\ncluster_nodes = ${list}\n${quiet}`
      await withInstall(main, async (folder) => {
        // The masters of this test have none.
        await finds(['redis-no-replica'], circumstances(folder))
        await withClient(cluster.nodes[0]!, (client) => client.call('cluster', 'delslots', '0'))
        await finds(['redis-no-replica', 'redis-cluster-broken'], circumstances(folder))
      })
    } finally {
      await cluster.stop()
    }
  })
})
