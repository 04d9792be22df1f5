import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerRecord } from '../../src/rules/clock/record'
import { formatKey } from '../../src/store/keys'
import type { RecordKey, RecordKind, Records, Store } from '../../src/store/store'
import { InvalidRecord } from '../../src/store/unavailable'
import {
  contactKey,
  contactRecord,
  pathKey,
  pathRecord,
  serverKey,
  serverRecord,
  tenantKey,
  tenantRecord,
} from '../support/records'
import { backends, type Backend } from './backends'
import { counted, raced, type Written } from './writer'

const hostileNames = [
  ['', 'nothing at all'],
  ['*', 'a wildcard of SCAN'],
  ['a:b:c', 'the separator of keys'],
  ['{other}', 'the hash tag of another tenant'],
  ['}{', 'braces the wrong way round'],
  ['%41~', 'the signs of our own escaping'],
  ['\0\x01\x7f\r\n\t ', 'control characters'],
  ['__proto__', 'a name that objects know'],
  ['[192.0.2.1]', 'an address literal'],
  ['Grüße.例え.テスト', 'beyond ASCII'],
  ['\ud800', 'half a surrogate pair'],
  ['x'.repeat(5000), 'longer than any key of LMDB'],
  ['x'.repeat(4999) + 'y', 'alike for its first thousands of bytes'],
  ['é'.repeat(2000), 'cut within an escaped character'],
] as const

for (const [name, start] of backends) {
  describe(`Store contract: ${name}`, function () {
    this.timeout(30_000)
    let backend: Backend
    let store: Store
    before(async () => {
      backend = await start()
      store = await backend.connect()
    })
    after(async () => {
      await store.close()
      await backend.stop()
    })

    const create = async <K extends RecordKind>(key: RecordKey<K>, value: Records[K]): Promise<number> => {
      assert.equal(await store.replace(key, 0, value, null), true)
      const { state, version } = await store.read(key)
      assert.equal(state, 'present')
      return version
    }

    it('says that a record which was never written is absent, at version 0', async () => {
      assert.deepEqual(await store.read(serverKey('never')), { state: 'absent', version: 0 })
      assert.equal(await store.remove(serverKey('never'), 0), false)
    })

    it('gives back what was written, of every kind', async () => {
      const path = pathRecord('ex01.contoso.local', { servers: { 'ex01.contoso.local': 5, __proto__x: 6 } })
      await create(serverKey('kept'), serverRecord('kept', { stageSeen: 3 }))
      await create(pathKey('ex01.contoso.local'), path)
      await create(tenantKey('fabrikam'), tenantRecord('fabrikam'))
      const told = contactRecord('it@contoso.com', {
        letters: [{ id: 'l', madeAt: 1, state: 'sent', at: 2 }],
        notices: [{ kind: 'detection', server: 'kept', mark: '0', until: 3, letter: 'l' }],
      })
      await create(contactKey('it@contoso.com'), told)
      const contact = await store.read(contactKey('IT@contoso.com'))
      assert.deepEqual(contact.state === 'present' && contact.value, told)
      const [server, other] = [
        await store.read(serverKey('kept')),
        await store.read(pathKey('ex01.contoso.local')),
      ]
      assert.deepEqual(server.state === 'present' && server.value, serverRecord('kept', { stageSeen: 3 }))
      assert.deepEqual(other.state === 'present' && other.value, path)
      assert.equal((await store.read(tenantKey('fabrikam'))).state, 'present')
    })

    it('keeps the path of any EHLO name apart from that of one', async () => {
      await create(pathKey(null), pathRecord(null, { lastEvidenceAt: 1 }))
      await create(pathKey('*'), pathRecord('*', { lastEvidenceAt: 2 }))
      const [any, star] = await store.readAll([pathKey(null), pathKey('*')])
      assert.equal(any?.state === 'present' && any.value.lastEvidenceAt, 1)
      assert.equal(star?.state === 'present' && star.value.lastEvidenceAt, 2)
    })

    it('finds a server in any case of its name', async () => {
      await create(serverKey('MiXed.contoso.local'), serverRecord('MiXed.contoso.local'))
      const found = await store.read(serverKey('mixed.CONTOSO.local'))
      assert.equal(found.state === 'present' && found.value.server, 'MiXed.contoso.local')
    })

    it('replaces only at the version that was read, and each version only once', async () => {
      const key = serverKey('versions')
      const first = await create(key, serverRecord('versions'))
      assert.equal(await store.replace(key, 0, serverRecord('versions'), null), false, 'it is there already')
      assert.equal(await store.replace(key, first + 5, serverRecord('versions'), null), false, 'never read')
      assert.equal(await store.replace(key, first, serverRecord('versions', { stageSeen: 1 }), null), true)
      assert.equal(await store.replace(key, first, serverRecord('versions', { stageSeen: 9 }), null), false)
      const now = await store.read(key)
      assert.equal(now.state === 'present' && now.value.stageSeen, 1)
      assert.ok(now.version > first)
    })

    it('does not take the version of a former life for that of a new one', async () => {
      const key = serverKey('reborn')
      const first = await create(key, serverRecord('reborn'))
      assert.equal(await store.remove(key, first), true)
      await delay(2)
      await create(key, serverRecord('reborn'))
      assert.equal(await store.replace(key, first, serverRecord('reborn'), null), false)
      assert.equal(await store.remove(key, first), false)
    })

    it('removes only at the version that was read', async () => {
      const key = serverKey('removed')
      const version = await create(key, serverRecord('removed'))
      assert.equal(await store.remove(key, version + 1), false)
      assert.equal(await store.remove(key, version), true)
      assert.equal((await store.read(key)).state, 'absent')
      assert.equal(await store.remove(key, version), false)
    })

    it('tells how long a record still lives, which may be for ever', async () => {
      const [brief, lasting] = [serverKey('fleeting'), serverKey('enduring')]
      assert.equal(await store.replace(brief, 0, serverRecord('fleeting'), 60_000), true)
      await create(lasting, serverRecord('enduring'))
      const left = await store.lifetime(brief)
      assert.ok(left !== null && left > 30_000 && left <= 60_000, String(left))
      assert.equal(await store.lifetime(lasting), null)
      assert.equal(await store.lifetime(serverKey('never')), null)
    })

    it('forgets a record when its time is over, and a later write without ttl keeps it', async () => {
      const [brief, kept] = [serverKey('brief'), serverKey('prolonged')]
      await store.replace(brief, 0, serverRecord('brief'), 150)
      await store.replace(kept, 0, serverRecord('prolonged'), 150)
      const { version } = await store.read(kept)
      assert.ok(version > 0)
      assert.equal(await store.replace(kept, version, serverRecord('prolonged'), null), true)
      await delay(200)
      assert.deepEqual(await store.read(brief), { state: 'absent', version: 0 })
      assert.equal((await store.read(kept)).state, 'present')
      const listed = await names(store)
      assert.equal(listed.includes('brief'), false)
      assert.equal(await store.replace(brief, 0, serverRecord('brief'), null), true, 'it can be made anew')
    })

    it('prunes what has expired and nothing else', async () => {
      await store.replace(serverKey('pruned'), 0, serverRecord('pruned'), 1000)
      const before = await names(store)
      const pruned = await store.prune(Date.now() + 2000)
      if (backend.ourClock) assert.equal(pruned, 1)
      else assert.equal(pruned, 0, 'Redis does so by itself')
      const left = before.filter((each) => each !== 'pruned')
      assert.deepEqual(
        (await names(store)).filter((each) => each !== 'pruned'),
        left,
      )
    })

    it('reads several records of a tenant in the order asked', async () => {
      await create(serverKey('b'), serverRecord('b'))
      await create(serverKey('a'), serverRecord('a'))
      const all = await store.readAll([serverKey('b'), serverKey('missing'), serverKey('a'), serverKey('b')])
      assert.deepEqual(
        all.map((each) => (each.state === 'present' ? each.value.server : each.state)),
        ['b', 'absent', 'a', 'b'],
      )
      assert.deepEqual(await store.readAll([]), [])
    })

    it('lists every record of a kind, of one tenant or of all', async () => {
      for (let i = 0; i < 450; i += 1) {
        const tenant = `t${i % 3}`
        const server = `s${i}`
        await store.replace(serverKey(server, tenant), 0, serverRecord(server, { tenant }), null)
      }
      const mine = new Set<string>()
      for await (const { key, state } of store.list('server', 't1')) {
        assert.equal(key.tenant, 't1')
        assert.equal(state, 'present')
        mine.add(key.server)
      }
      assert.equal(mine.size, 150)
      const all = new Set<string>()
      for await (const { key } of store.list('server')) if (/^t\d$/.test(key.tenant)) all.add(key.server)
      assert.equal(all.size, 450)
      const tenants: string[] = []
      for await (const { key } of store.list('tenant', 'fabrikam')) tenants.push(key.tenant)
      assert.deepEqual(tenants, ['fabrikam'])
    })

    for (const [hostile, why] of hostileNames) {
      it(`keeps a server and an EHLO name apart from all others: ${why}`, async () => {
        const tenant = `hostile-${hostileNames.findIndex(([each]) => each === hostile)}`
        const key = serverKey(hostile, tenant)
        await create(key, serverRecord(hostile, { tenant }))
        const path: RecordKey<'path'> = {
          kind: 'path',
          tenant,
          connector: hostile,
          address: '::1',
          ehlo: hostile,
        }
        await create(path, {
          ...pathRecord(hostile),
          tenant,
          connector: hostile,
          address: '::1',
          servers: { [hostile]: 1 },
        })
        for await (const listed of store.list('server', tenant)) {
          assert.equal(listed.state, 'present')
          assert.deepEqual(await store.read(listed.key), await store.read(key))
        }
        const [stored] = await store.readAll([path])
        assert.deepEqual(stored?.state === 'present' && Object.keys(stored.value.servers), [hostile])
        assert.equal((await names(store, tenant)).length, 1)
      })
    }

    it('keeps tenants apart whatever their names', async () => {
      for (const tenant of ['a}:server:b', 'a', '{a}', 'A', 'a:server']) {
        assert.equal(await store.replace(tenantKey(tenant), 0, tenantRecord(tenant), null), true)
        assert.deepEqual(await names(store, tenant), [])
      }
    })

    const unreadable = [
      ['newer', '{"s":2,"t":"contoso","n":"newer"}', /newer/, 'a schema that is not known yet'],
      ['cut', '{"s":1,"t":"contoso","n":"cu', /not JSON/, 'a text that was cut short'],
      ['half', '{"s":1,"t":"contoso","n":"half"}', /first/, 'fields that are missing'],
      [
        'moved',
        '{"s":1,"t":"contoso","n":"else","first":1,"last":1}',
        /another key/,
        'the record of another key',
      ],
    ] as const
    for (const [server, json, why, reason] of unreadable) {
      it(`calls unreadable, and never overwrites, ${reason}`, async () => {
        const key = serverKey(server)
        await backend.plant(formatKey('xe', key), 7, json)
        const stored = await store.read(key)
        assert.equal(stored.state, 'unreadable')
        assert.match(stored.state === 'unreadable' ? stored.why : '', why)
        for (const version of [0, stored.version, -stored.version + 1]) {
          assert.equal(await store.replace(key, version, serverRecord(server), null), false)
        }
        assert.deepEqual(await store.read(key), stored)
        assert.equal(await store.remove(key, stored.version), true, 'the operator may remove it')
        assert.equal((await store.read(key)).state, 'absent')
      })
    }

    it('calls unreadable, and never overwrites, what is no value of ours', async () => {
      const key = serverKey('garbage')
      await backend.plantGarbage(formatKey('xe', key))
      const stored = await store.read(key)
      assert.equal(stored.state, 'unreadable')
      for (const version of [0, stored.version]) {
        assert.equal(await store.replace(key, version, serverRecord('garbage'), null), false)
      }
      assert.deepEqual(await store.read(key), stored)
      assert.equal(await store.remove(key, stored.version), true)
    })

    it('refuses to write what it could not read again', async () => {
      const wrong: readonly ServerRecord[] = [
        serverRecord('invalid', { firstSeenAt: NaN }),
        serverRecord('invalid', { stageSeen: 0.5 }),
        serverRecord('somebody else'),
      ]
      for (const value of wrong) {
        await assert.rejects(store.replace(serverKey('invalid'), 0, value, null), InvalidRecord)
      }
      assert.equal((await store.read(serverKey('invalid'))).state, 'absent')
    })

    it('has one winner among calls of one process at once', async () => {
      const key = serverKey('raced')
      const tries = Array.from({ length: 50 }, () => store.replace(key, 0, serverRecord('raced'), null))
      assert.equal((await Promise.all(tries)).filter(Boolean).length, 1)
    })

    it('tells the time of its own clock, if it has one', async () => {
      const time = await store.time()
      if (store.backend === 'redis') assert.ok(Math.abs((time ?? 0) - Date.now()) < 1000)
      else assert.equal(time, null)
    })

    it('loses no write and lets nobody win twice when four processes write at once', async function () {
      const { place } = backend
      if (!place) {
        const other = await backend.connect()
        assert.equal(await other.replace(serverKey('shared'), 0, serverRecord('shared'), null), true)
        assert.equal(await store.replace(serverKey('shared'), 0, serverRecord('shared'), null), false)
        return
      }
      const children = Array.from({ length: 4 }, () =>
        fork(join(__dirname, 'writer.js'), [JSON.stringify(place)], { execArgv: [] }),
      )
      await Promise.all(children.map((child) => once(child, 'message')))
      const results = children.map(async (child): Promise<Written> => {
        const [message] = await once(child, 'message')
        return message
      })
      const exits = children.map((child) => once(child, 'exit'))
      for (const child of children) child.send('go')
      const written = await Promise.all(results)
      await Promise.all(exits)
      assert.deepEqual(
        written.flatMap(({ failures }) => failures),
        [],
      )
      const counter = await store.read(serverKey('counter'))
      assert.equal(counter.state === 'present' && counter.value.stageSeen, 4 * counted)
      const winners = written.flatMap(({ won }) => won).sort((a, b) => a - b)
      assert.deepEqual(winners, [...Array(raced).keys()])
    })
  })
}

async function names(store: Store, tenant = 'contoso'): Promise<string[]> {
  const found = new Set<string>()
  for await (const { key } of store.list('server', tenant)) found.add(key.server)
  return [...found].sort()
}
