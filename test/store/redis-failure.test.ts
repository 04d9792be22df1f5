import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { RedisSettings } from '../../src/config/settings'
import { guarded, type GuardedStore } from '../../src/store/guarded'
import { RedisStore } from '../../src/store/redis'
import { StoreUnavailable } from '../../src/store/unavailable'
import { placeOf } from '../contract/backends'
import { serverKey, serverRecord } from '../support/records'
import {
  freePort,
  startCluster,
  startRedis,
  startSentinels,
  until,
  withClient,
  type RedisServer,
} from '../support/redis'

const timeoutMs = 200
const graceMs = 50

describe('RedisStore when Redis fails', function () {
  this.timeout(40_000)
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  const connect = async (change: Partial<RedisSettings>): Promise<GuardedStore> => {
    const { redis } = placeOf('redis', change)
    const store = guarded(new RedisStore({ settings: redis, timeoutMs }), { timeoutMs })
    stops.push(() => store.close())
    await store.open()
    return store
  }
  const single = async (config: readonly string[] = []): Promise<RedisServer> => {
    const server = await startRedis({ config })
    stops.push(() => server.stop())
    return server
  }
  const at = ({ port }: { port: number }): Pick<RedisSettings, 'topology'> => ({
    topology: { kind: 'single', host: '127.0.0.1', port },
  })

  const answersAgain = (store: GuardedStore, withinMs: number): Promise<void> =>
    until(
      'the store to answer',
      async () => {
        await store.read(serverKey('a'))
        const { version } = await store.read(serverKey('back'))
        return store.replace(serverKey('back'), version, serverRecord('back'), null)
      },
      withinMs,
    )

  it('says within its time that nothing listens there, and what to check', async () => {
    const port = await freePort()
    const began = performance.now()
    await assert.rejects(connect(at({ port })), (error: unknown) => {
      assert.ok(error instanceof StoreUnavailable)
      assert.equal(error.reason, 'refused')
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED.*check`))
      return true
    })
    assert.ok(performance.now() - began < 2_500)
  })

  for (const kind of ['sentinel', 'cluster'] as const) {
    it(`does not hang in open when no ${kind} node is there`, async () => {
      const nodes = [{ host: '127.0.0.1', port: await freePort() }]
      const topology = kind === 'cluster' ? { kind, nodes } : { kind, name: 'xe', sentinels: nodes }
      const began = performance.now()
      await assert.rejects(connect({ topology }), (error: unknown) => {
        assert.ok(error instanceof StoreUnavailable)
        return error.reason === 'refused'
      })
      assert.ok(performance.now() - began < 2_500)
    })
  }

  it('opens in the background as soon as Redis is there, and turns calls away till then', async () => {
    const server = await single()
    await server.kill()
    const store = guarded(new RedisStore({ settings: placeOf('redis', at(server)).redis, timeoutMs }), {
      timeoutMs,
    })
    stops.push(() => store.close())
    store.openInBackground()
    await assert.rejects(store.read(serverKey('a')), { name: 'StoreUnavailable', reason: 'not-open' })
    await delay(600)
    await server.restart()
    await answersAgain(store, 10_000)
    assert.deepEqual(store.state, { opened: true, breaker: 'closed' })
  })

  it('fails at once when Redis is killed, and works again by itself when it is back', async () => {
    const server = await single()
    const store = await connect(at(server))
    await store.replace(serverKey('a'), 0, serverRecord('a'), null)
    await server.kill()
    for (let i = 0; i < 8; i += 1) {
      const began = performance.now()
      await assert.rejects(store.read(serverKey('a')), StoreUnavailable)
      assert.ok(performance.now() - began <= timeoutMs + graceMs)
    }
    assert.equal(store.state.breaker, 'open')
    await server.restart()
    await answersAgain(store, 10_000)
  })

  it('answers in time when Redis is frozen, and works again when it thaws', async () => {
    const server = await single()
    const store = await connect(at(server))
    server.pause()
    const slowest: number[] = []
    for (let i = 0; i < 7; i += 1) {
      const began = performance.now()
      await assert.rejects(store.read(serverKey('a')), StoreUnavailable)
      slowest.push(performance.now() - began)
    }
    server.resume()
    assert.ok(Math.max(...slowest) <= timeoutMs + graceMs, `took ${Math.max(...slowest)} ms`)
    await answersAgain(store, 10_000)
  })

  it('gives up a connection that has gone silent and connects anew', async () => {
    const server = await single()
    const store = await connect(at(server))
    server.pause()
    await until('the breaker to open', async () => {
      await assert.rejects(store.read(serverKey('a')))
      return store.state.breaker === 'open'
    })
    await delay(1_500)
    server.resume()
    await answersAgain(store, 10_000)
    const clients = await withClient(server, async (client) => String(await client.call('client', 'list')))
    assert.equal(clients.split('\n').filter((line) => line.includes('name=exchange-enforcement')).length, 1)
  })

  it('says so when the password is refused', async () => {
    const server = await single(['requirepass secret'])
    for (const password of ['wrong', null]) {
      await assert.rejects(connect({ ...at(server), password }), (error: unknown) => {
        assert.ok(error instanceof StoreUnavailable)
        assert.equal(error.reason, 'denied')
        assert.match(error.message, /check username and password/)
        assert.doesNotMatch(error.message, /wrong,|secret/)
        return true
      })
    }
    const store = await connect({ ...at(server), password: 'secret' })
    assert.equal(await store.replace(serverKey('a'), 0, serverRecord('a'), null), true)
  })

  it('needs no more rights than docs/ops/redis.acl names', async () => {
    const file = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'ops', 'redis.acl'), 'utf8')
    const listed = /^user .* ~xe:\* (.+)$/m.exec(file)?.[1]
    assert.ok(listed)
    const server = await single([`user mail on >secret ~xe:* ${listed}`])
    const store = await connect({ ...at(server), username: 'mail', password: 'secret' })
    assert.equal(await store.replace(serverKey('a'), 0, serverRecord('a'), 60_000), true)
    const { version } = await store.read(serverKey('a'))
    const listedNames: string[] = []
    for await (const { key } of store.list('server')) listedNames.push(key.server)
    assert.deepEqual(listedNames, ['a'])
    assert.ok(await store.time())
    assert.equal(await store.remove(serverKey('a'), version), true)
    await withClient(server, async (client) => {
      await client.call('auth', 'mail', 'secret')
      await assert.rejects(client.set('other', '1'), /NOPERM/)
    })
  })

  it('reads from a replica, refuses to write there and says why', async () => {
    const master = await single()
    const replica = await single([`replicaof 127.0.0.1 ${master.port}`])
    await until('replication', () =>
      withClient(replica, async (client) => (await client.info('replication')).includes('link_status:up')),
    )
    const store = await connect(at(replica))
    assert.equal((await store.read(serverKey('a'))).state, 'absent')
    await assert.rejects(store.replace(serverKey('a'), 0, serverRecord('a'), null), {
      name: 'StoreUnavailable',
      reason: 'read-only',
    })
  })

  it('leaves a key of another type alone', async () => {
    const server = await single()
    const store = await connect(at(server))
    await withClient(server, (client) => client.hset('xe:{contoso}:server:hash', 'a', 'b'))
    await assert.rejects(store.replace(serverKey('hash'), 0, serverRecord('hash'), null), StoreUnavailable)
    assert.equal(await withClient(server, (client) => client.hget('xe:{contoso}:server:hash', 'a')), 'b')
  })

  it('follows a failover of the Sentinels without help', async () => {
    const group = await startSentinels()
    stops.push(() => group.stop())
    const sentinels = group.sentinels.map(({ host, port }) => ({ host, port }))
    const store = await connect({ topology: { kind: 'sentinel', name: group.name, sentinels } })
    await answersAgain(store, 1_000)
    const began = Date.now()
    const done = group.failover()
    await answersAgain(store, 10_000)
    await done
    assert.ok(Date.now() - began < 10_000)
  })

  it('follows a failover away from a master that is only frozen', async () => {
    const group = await startSentinels()
    stops.push(() => group.stop())
    const sentinels = group.sentinels.map(({ host, port }) => ({ host, port }))
    const store = await connect({ topology: { kind: 'sentinel', name: group.name, sentinels } })
    await answersAgain(store, 1_000)
    const master = await group.master()
    master.pause()
    await answersAgain(store, 10_000)
    assert.notEqual((await group.master()).port, master.port)
  })

  it('leaves nothing behind that keeps the process, though its Cluster is asked for something just then', async () => {
    const cluster = await startCluster()
    stops.push(() => cluster.stop())
    const leaver = spawn(
      process.execPath,
      [join(__dirname, 'cluster-leaver.js'), ...cluster.nodes.map(({ port }) => String(port))],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    stops.push(async () => void leaver.kill('SIGKILL'))
    await once(leaver.stdout, 'data')
    cluster.pause()
    const [code] = await once(leaver, 'exit', { signal: AbortSignal.timeout(10_000) })
    assert.equal(code, 0)
  })

  it('says so when a Cluster refuses the password', async () => {
    const cluster = await startCluster()
    stops.push(() => cluster.stop())
    for (const node of cluster.nodes) {
      await withClient(node, (client) => client.config('SET', 'requirepass', 'secret'))
    }
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
    for (const password of ['wrong', null]) {
      await assert.rejects(connect({ topology: { kind: 'cluster', nodes }, password }), { reason: 'denied' })
    }
    const store = await connect({ topology: { kind: 'cluster', nodes }, password: 'secret' })
    await answersAgain(store, 1_000)
  })

  it('works again when a node of the Cluster that was killed is back', async () => {
    const cluster = await startCluster()
    stops.push(() => cluster.stop())
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
    const store = await connect({ topology: { kind: 'cluster', nodes } })
    await answersAgain(store, 1_000)
    const owner = await withClient(cluster.nodes[0]!, async (client) => {
      const slot = Number(await client.call('cluster', 'keyslot', 'xe:{contoso}:tenant'))
      return cluster.nodes[Math.floor((slot * 3) / 16384)]!
    })
    await owner.kill()
    const began = performance.now()
    await assert.rejects(store.read(serverKey('a')), StoreUnavailable)
    assert.ok(performance.now() - began <= timeoutMs + graceMs)
    await owner.restart()
    await answersAgain(store, 10_000)
  })
})
