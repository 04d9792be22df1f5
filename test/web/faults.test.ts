import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { runningServer } from '../cli/support'
import { becomesTrue } from '../support/processes'
import { startRedis, type RedisServer } from '../support/redis'
import { RedisStore } from '../../src/store/redis'
import { Office } from './office'
import type { Visitor } from './visitor'

describe('The page in trouble', function () {
  this.timeout(90_000)
  let office: Office
  let redis: RedisServer | null = null

  afterEach(async () => {
    await office.remove()
    await redis?.stop()
    redis = null
  })

  const shows = (visitor: Visitor, path: string, what: RegExp): Promise<boolean> =>
    becomesTrue(async () => what.test((await visitor.get(path)).text), 30_000, 200)

  it('says that nothing is stored yet, makes no store of its own, and shows one as soon as there is', async () => {
    office = new Office()
    await office.open()
    const visitor = await office.loggedIn()
    for (const path of ['/', '/servers', '/tenants', '/tenants/contoso', '/tenants/contoso/pause']) {
      const answer = await visitor.get(path)
      assert.equal(answer.status, 503, path)
      assert.match(
        answer.text,
        /Memory was not read yet[^]*|nothing is stored yet: there is no LMDB store in/,
      )
    }
    assert.match((await visitor.get('/')).text, /Memory cannot be read since .*: nothing is stored yet/)
    assert.equal((await visitor.get('/catalogue')).status, 200)
    assert.equal((await visitor.get('/servers.json')).status, 503)
    await office.place.put(runningServer('ex01.contoso.com', 65, Date.now()))
    assert.ok(await shows(visitor, '/servers', /ex01\.contoso\.com/))
    assert.doesNotMatch((await visitor.get('/')).text, /Memory cannot be read/)
  })

  it('shows what it has read last when the store is down, refuses orders, and goes on when it is back', async () => {
    redis = await startRedis()
    const { host, port } = redis
    office = new Office()
    office.place.write(
      'config/exchange-enforcement.ini',
      `[main]\nmode = enforce\n[store]\nbackend = redis\n[redis]\nhost = ${host}\nport = ${port}\n[web]\ntoken_file = token\n`,
    )
    const settings = {
      topology: { kind: 'single', host, port },
      db: 0,
      username: null,
      password: null,
      tls: false,
      keyPrefix: 'xe',
    } as const
    const record = runningServer('ex01.contoso.com', 65, Date.now())
    const fill = async (): Promise<void> => {
      const store = new RedisStore({ settings, timeoutMs: 5_000 })
      await store.open()
      await store.replace({ kind: 'server', tenant: 'contoso', server: record.server }, 0, record, null)
      await store.close()
    }
    await fill()
    await office.open()
    const visitor = await office.loggedIn()
    assert.match((await visitor.get('/servers')).text, /ex01\.contoso\.com/)

    await redis.kill()
    const fault =
      /role="alert"[^>]*>\s*Memory cannot be read since \d{4}-[^:]*:\d\d UTC: .* What is shown is as of \d{4}-/
    assert.ok(await shows(visitor, '/servers', fault))
    const list = await visitor.get('/servers')
    assert.equal(list.status, 200)
    assert.match(list.text, /ex01\.contoso\.com/)
    const page = await visitor.get('/servers/contoso/ex01.contoso.com')
    assert.equal(page.status, 503)
    assert.match(
      page.text,
      /All that is known of ex01\.contoso\.com cannot be read now:[^]*This is what the list holds/,
    )
    const order = await visitor.submit('/tenants/contoso/pause', { days: '1', reason: 'x' })
    assert.equal(order.status, 422)
    assert.match(order.text, /Memory cannot be read: /)

    await redis.restart()
    await fill()
    assert.ok(await becomesTrue(async () => !fault.test((await visitor.get('/')).text), 30_000, 200))
    assert.equal((await visitor.get('/servers/contoso/ex01.contoso.com')).status, 200)
    assert.match(office.lines.join('\n'), /event=memory-unreadable why=[^]*event=memory-readable/)
  })

  it('follows its files, and says what is wrong in them while the last good ones hold', async () => {
    office = new Office()
    await office.place.put(runningServer('ex01.contoso.com', 65, Date.now()))
    await office.open()
    const visitor = await office.loggedIn()
    const file = 'config/exchange-enforcement.ini'
    const text = (mode: string) =>
      `[main]\nmode = ${mode}\n[store]\npath = store\n[web]\ntoken_file = token\n`
    office.place.write(file, text('enforced'))
    assert.ok(
      await shows(
        visitor,
        '/',
        /The configuration is refused, the last good one holds: .*\[main\] mode: &#39;enforced&#39;/,
      ),
    )
    assert.match((await visitor.get('/configuration')).text, /mode[^]{0,200}enforce</)
    office.place.write(file, text('report'))
    assert.ok(await shows(visitor, '/configuration', /mode[^]{0,200}report</))
    assert.doesNotMatch((await visitor.get('/')).text, /is refused/)
    assert.match(office.lines.join('\n'), /event=configuration-refused why=[^]*event=configuration-loaded/)

    office.place.write('config/exchange-enforcement.catalogue.json', '{"as_of":')
    assert.ok(await shows(visitor, '/', /The catalogue is refused, the last good one holds: .*is not JSON/))
  })

  it('shows memory of another place when another is configured', async () => {
    office = new Office()
    await office.place.put(runningServer('ex01.contoso.com', 65, Date.now()))
    await office.open()
    const visitor = await office.loggedIn()
    const file = 'config/exchange-enforcement.ini'
    office.place.write(file, `[store]\npath = elsewhere\n[web]\ntoken_file = token\n`)
    assert.ok(await shows(visitor, '/', /nothing is stored yet: there is no LMDB store in \S+elsewhere/))
    await office.close()
    renameSync(join(office.place.folder, 'store'), join(office.place.folder, 'elsewhere'))
    await office.open()
    assert.match((await (await office.loggedIn()).get('/servers')).text, /ex01\.contoso\.com/)
  })
})
