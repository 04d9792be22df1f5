import assert from 'node:assert/strict'
import { RedisStore } from '../../src/store/redis'
import { encode } from '../../src/store/codec'
import { settingsOf } from '../config/support'
import { evidenceOf, serverKey, serverRecord } from '../support/records'
import { startRedis, withClient, type RedisServer } from '../support/redis'

const key = serverKey('ex01.contoso.local')
const name = 'xe:{contoso}:server:ex01.contoso.local'
const record = serverRecord(key.server, { lastEvidence: evidenceOf() })

describe('Values in Redis', () => {
  let redis: RedisServer
  let store: RedisStore

  before(async () => {
    redis = await startRedis()
    const main = `[redis]\nhost=${redis.host}\nport=${redis.port}\n`
    store = new RedisStore({ settings: settingsOf({ main }).redis, timeoutMs: 2000 })
    await store.open()
  })

  after(async () => {
    await store.close()
    await redis.stop()
  })

  const get = (): Promise<string | null> => withClient(redis, (client) => client.get(name))
  const set = (text: string): Promise<unknown> => withClient(redis, (client) => client.set(name, text))

  it('are packed where they are long, and found again', async () => {
    assert.equal(await store.replace(key, 0, record, null), true)
    const text = await get()
    assert.match(text ?? '', /^[1-9]\d+ z1:[A-Za-z0-9+/=]+$/)
    const stored = await store.read(key)
    assert.deepEqual(stored.state === 'present' && stored.value, record)
    for await (const listed of store.list('server')) assert.equal(listed.state, 'present')
  })

  it('that an older version wrote, unpacked, are read, and packed at the next write', async () => {
    await set(`7 ${encode(key, record)}`)
    const stored = await store.read(key)
    assert.deepEqual(stored, { state: 'present', version: 7, value: record })
    assert.equal(await store.replace(key, 7, { ...record, stageSeen: 2 }, null), true)
    assert.match((await get()) ?? '', /^8 z1:/)
  })

  it('that are packed and damaged are left alone', async () => {
    const damaged = ((await get()) ?? '').slice(0, -20)
    await set(damaged)
    const stored = await store.read(key)
    assert.deepEqual(stored, { state: 'unreadable', version: -8, why: 'damaged: not JSON' })
    assert.equal(await store.replace(key, stored.version, record, null), false)
    assert.equal(await get(), damaged)
  })
})
