import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RedisSettings } from '../../src/config/settings'
import { RedisStore } from '../../src/store/redis'
import { runProgram, Place } from '../cli/support'
import { testCertificates, type TestCertificates } from '../support/certificates'
import { pathKey, pathRecord, serverKey, serverRecord, tenantKey, tenantRecord } from '../support/records'
import { freePort, startRedis, withClient, type RedisServer } from '../support/redis'

/** Compiled tests run from build/test/…; the documents stay where they are. */
const users = readFileSync(resolve(__dirname, '../../../docs/ops/redis.acl'), 'utf8').trimEnd().split('\n')
const name = 'exchange-enforcement'
const rights = (users.find((line) => line.startsWith(`user ${name} `)) ?? '').split(' ').slice(2)
const password = 'CHANGE-ME'

describe('A Redis user with the rights of docs/ops/redis.acl', function () {
  this.timeout(30_000)
  let redis: RedisServer

  before(async () => {
    redis = await startRedis({ config: [...users, 'user admin on >admin ~* &* +@all'] })
  })
  after(() => redis.stop())

  async function asAdmin(...command: [string, ...string[]]): Promise<unknown> {
    return withClient(redis, async (client) => {
      await client.call('auth', 'admin', 'admin')
      return client.call(...command)
    })
  }

  function storeAs(change: Partial<RedisSettings> = {}): RedisStore {
    const { host, port } = redis
    const topology = { kind: 'single', host, port } as const
    const settings = { topology, db: 0, username: name, password, tls: false, keyPrefix: 'xe', ...change }
    return new RedisStore({ settings, timeoutMs: 2000 })
  }

  /** Everything that a store ever asks of Redis, scripts that it does not know yet included. */
  async function useAll(change: Partial<RedisSettings> = {}): Promise<void> {
    await asAdmin('script', 'flush')
    const store = storeAs(change)
    try {
      await store.open()
      await store.time()
      await store.prune()
      for (const [key, record] of [
        [serverKey('ex01.contoso.local'), serverRecord('ex01.contoso.local')],
        [pathKey('ex01.contoso.local'), pathRecord('ex01.contoso.local')],
        [tenantKey('contoso'), tenantRecord('contoso')],
      ] as const) {
        for (const ttlMs of [60_000, null]) {
          const { version } = await store.read(key)
          assert.ok(await store.replace(key, version, record, ttlMs))
        }
        assert.equal((await store.readAll([key]))[0]?.state, 'present')
        for await (const each of store.list(key.kind)) assert.equal(each.state, 'present')
        assert.ok(await store.remove(key, (await store.read(key)).version))
      }
    } finally {
      await store.close()
    }
  }

  it('does all that a store does, and is denied nothing', async () => {
    await asAdmin('acl', 'log', 'reset')
    await useAll()
    assert.deepEqual(await asAdmin('acl', 'log'), [])
  })

  // PING is what `doctor` begins with, and CLIENT SETNAME is lost without a word.
  const ofNoStore = ['+ping', '+client|setname']
  for (const right of rights.filter((each) => each.startsWith('+') && !ofNoStore.includes(each))) {
    it(`needs ${right}`, async () => {
      await asAdmin('acl', 'log', 'reset')
      await asAdmin('acl', 'setuser', name, right.replace('+', '-'))
      try {
        await useAll().catch(() => undefined)
        assert.notDeepEqual(await asAdmin('acl', 'log'), [], 'it was asked for')
      } finally {
        await asAdmin('acl', 'setuser', name, right)
      }
    })
  }

  it('gets at no other keys, and at no other commands', async () => {
    await assert.rejects(useAll({ keyPrefix: 'other' }), /NOPERM.*check username and password/s)
    await withClient(redis, async (client) => {
      await client.call('auth', name, password)
      for (const command of [
        'flushall',
        'keys *',
        'config get *',
        'acl list',
        'shutdown',
        'slowlog get',
        'publish a b',
      ]) {
        const [first = '', ...rest] = command.split(' ')
        await assert.rejects(client.call(first, ...rest), /NOPERM/, command)
      }
    })
  })

  it('is the only way in: without a name and a password there is none', async () => {
    await assert.rejects(useAll({ username: null, password: null }), /NOAUTH|WRONGPASS|NOPERM/)
  })
})

describe('TLS to Redis', function () {
  this.timeout(40_000)
  let made: TestCertificates
  let redis: RedisServer
  let tlsPort = 0

  before(async () => {
    made = await testCertificates()
    tlsPort = await freePort()
    redis = await startRedis({
      config: [
        `tls-port ${tlsPort}`,
        `tls-cert-file ${made.server.cert}`,
        `tls-key-file ${made.server.key}`,
        'tls-auth-clients no',
      ],
    })
  })
  after(() => redis.stop())

  const attempts: readonly (readonly [
    what: string,
    identity: 'server' | 'both-purposes',
    trust: 'ca' | 'other-ca' | null,
    code: 0 | 1,
    said: RegExp,
  ])[] = [
    ['an authority that is trusted, and the right name', 'server', 'ca', 0, /^$/],
    ['an authority that nobody trusts', 'server', null, 1, /unable to verify|self.signed|unable to get/],
    ['another authority', 'server', 'other-ca', 1, /unable to verify|self.signed|unable to get/],
    ['a certificate for another name', 'both-purposes', 'ca', 1, /altnames|does not match/],
  ]
  for (const [what, identity, trust, code, said] of attempts) {
    it(`${code === 0 ? 'is spoken' : 'is refused, and memory not used,'} with ${what}`, async () => {
      const { key, cert } = identity === 'server' ? made.server : made.clients[identity]
      await withClient(redis, (client) =>
        client.call('config', 'set', 'tls-key-file', key, 'tls-cert-file', cert),
      )
      const place = new Place({
        'config/exchange-enforcement.ini': `[store]\nbackend = redis\ntimeout_ms = 2000\n[redis]\nhost = 127.0.0.1\nport = ${tlsPort}\ntls = yes\n`,
        'config/exchange-enforcement.connectors.ini': '[contoso]\naddresses = 192.0.2.0/28\n',
      })
      const extra = trust && made.authorities[trust].cert
      const environment = extra === null ? {} : { NODE_EXTRA_CA_CERTS: extra }
      const ran = await runProgram(['--config', place.config, 'pause', 'contoso', '--days', '1', '--json'], {
        environment,
      })
      place.remove()
      assert.equal(ran.code, code, ran.stderr)
      assert.match(ran.stderr, said)
      const keys = await withClient(redis, (client) => client.keys('*'))
      assert.deepEqual(keys, code === 0 ? ['xe:{contoso}:tenant'] : [])
      await withClient(redis, (client) => client.flushall())
    })
  }
})
