import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startRedis, type RedisServer } from '../support/redis'
import { pathRecord } from '../support/records'
import { call } from './in-process'
import { installed, runningServer, type Place } from './support'

const now = Date.UTC(2026, 10, 22, 12)

describe('state migrate', function () {
  this.timeout(30_000)
  let redis: RedisServer
  let place: Place

  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.stop())
  beforeEach(async () => {
    place = installed()
    place.write('config/exchange-enforcement.ini', settings('lmdb'))
    const client = new Redis(redis.port, redis.host)
    await client.flushall()
    client.disconnect()
  })
  afterEach(() => place.remove())

  const settings = (backend: string): string =>
    `[store]\nbackend = ${backend}\npath = store\n[redis]\nhost = ${redis.host}\nport = ${redis.port}\n`
  const at = (): readonly string[] => ['--config', place.config]
  const done = async (...parameters: string[]): Promise<string> => {
    const { code, stdout, stderr } = await call(['state', ...parameters, ...at()])
    assert.deepEqual([code, stderr], [0, ''])
    return stdout
  }
  const exported = (): Promise<string> => done('export')
  const fails = async (exitCode: number, message: RegExp, ...parameters: string[]): Promise<void> => {
    const { code, stderr } = await call(['state', 'migrate', ...parameters, ...at()])
    assert.match(stderr, message)
    assert.equal(code, exitCode)
  }

  const fill = (): Promise<void> =>
    place.put(
      runningServer('ex01.contoso.com', 65, now),
      runningServer('ex02.contoso.com', 5, now),
      runningServer(`${'long.'.repeat(200)}com`, 5, now),
      runningServer('Ünï\u202e 10', 5, now, { tenant: '7' }),
      pathRecord('ex01.contoso.com', { servers: { 'ex01.contoso.com': now } }),
      pathRecord(null),
      {
        tenant: 'contoso',
        pauses: [{ id: 'p', from: now, until: now + 86_400_000, days: 1, reason: 'a', createdAt: now }],
        exemptions: [],
      },
    )

  it('brings memory from LMDB to Redis and back, byte for byte', async () => {
    await fill()
    const lmdb = await exported()
    const said = await done('migrate')
    assert.match(said, /^KIND +COPIED +UPDATED +MERGED +KEPT +UNCHANGED\n/)
    assert.match(said, /^server +4 +0 +0 +0 +0$/m)
    assert.match(said, /the target has every record\n$/)
    place.write('config/exchange-enforcement.ini', settings('redis'))
    assert.equal(await exported(), lmdb)
    const again = await call(['state', 'migrate', '--json', ...at()])
    const counts: { ok: boolean; counts: { server: object } } = JSON.parse(again.stdout)
    assert.deepEqual(counts.counts.server, { copied: 0, updated: 0, merged: 0, kept: 0, unchanged: 4 })
    rmSync(join(place.folder, 'store'), { recursive: true })
    const back = await call(['state', 'migrate', '--from', 'redis', '--to', 'lmdb', ...at()])
    assert.equal(back.code, 0, back.stderr)
    place.write('config/exchange-enforcement.ini', settings('lmdb'))
    assert.equal(await exported(), lmdb)
  })

  it('keeps lifetimes, to the second', async () => {
    await place.withStore(async (store) => {
      const record = runningServer('ex03.contoso.com', 5, now)
      await store.replace({ kind: 'server', tenant: 'contoso', server: record.server }, 0, record, 100_000)
    })
    assert.equal((await call(['state', 'migrate', ...at()])).code, 0)
    const client = new Redis(redis.port, redis.host)
    const left = await client.pttl('xe:{contoso}:server:ex03.contoso.com')
    client.disconnect()
    assert.ok(left > 60_000 && left <= 100_000, String(left))
  })

  it('names what it had to leave alone, with exit code 1', async () => {
    await fill()
    const client = new Redis(redis.port, redis.host)
    await client.set('xe:{contoso}:server:ex01.contoso.com', '5 {"s":9}')
    client.disconnect()
    const ran = await call(['state', 'migrate', ...at()])
    assert.equal(ran.code, 1)
    assert.match(
      ran.stderr,
      /^left alone, since the target cannot be read: \{contoso\}:server:ex01\.contoso\.com: schema 9 is newer/,
    )
    assert.match(ran.stdout, /does not have every record; run it again\n$/)
  })

  it('is refused where a store cannot be used, and makes none to read from', async () => {
    await fails(1, /nothing is stored yet: there is no LMDB store/)
    await fill()
    place.write('config/exchange-enforcement.ini', settings('lmdb').replace(String(redis.port), '1'))
    await fails(1, /store: Redis 127\.0\.0\.1:1: .*ECONNREFUSED/)
    await fails(2, /--from and --to are both redis/, '--from', 'redis')
    await fails(2, /Allowed choices are lmdb, redis/, '--to', 'memory')
  })

  it('notes what it moved beside the LMDB store', async () => {
    await fill()
    await call(['state', 'migrate', ...at()])
    const journal = readFileSync(join(place.folder, 'store', 'migration.jsonl'), 'utf8')
    assert.match(journal, /^\{"format":1,"between":"LMDB .*store to Redis 127\.0\.0\.1:\d+\/0 xe"\}\n/)
    assert.equal(journal.trimEnd().split('\n').length, 8)
  })
})
