import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStack } from '../../src/haraka/memory-stack'
import type { Settings } from '../../src/config/settings'
import { settingsOf } from '../config/support'
import { becomesTrue } from '../support/processes'
import { serverKey, serverRecord } from '../support/records'
import { countingObserver, fakePlugin } from './fakes'

describe('The store behind the hooks', () => {
  let folder = ''
  const stacks: MemoryStack[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'memory-stack-'))
  })

  afterEach(() => {
    for (const stack of stacks.splice(0)) stack.close()
    rmSync(folder, { recursive: true })
  })

  function made() {
    const { plugin, logged } = fakePlugin()
    const { observer, counted } = countingObserver()
    const stack = new MemoryStack(plugin, observer)
    stacks.push(stack)
    return { stack, logged, counted }
  }
  const settings = (main: string, path = folder): Settings => {
    const parsed = settingsOf({ main })
    return { ...parsed, store: { ...parsed.store, path } }
  }
  const key = serverKey('ex01.contoso.local')
  const record = serverRecord('ex01.contoso.local')
  const lmdb = '[store]\nbackend = lmdb'
  const inMemory = '[store]\nbackend = memory'

  it('knows nothing and takes nothing before it is told which, and when it is closed', async () => {
    const { stack } = made()
    const check = async (): Promise<void> => {
      const nothing = { values: [{ state: 'unknown' }], freshness: 'unavailable' }
      assert.deepEqual(await stack.recall([key]), nothing)
      assert.deepEqual(stack.peek([key]), nothing)
      assert.equal((await stack.update(key, () => record, null)).state, 'failed')
      assert.equal(await stack.time(), null)
      await stack.prune()
      await stack.opened(1000)
    }
    await check()
    stack.use(settings(inMemory))
    await stack.opened(1000)
    stack.close()
    await check()
  })

  it('keeps what it is told, over settings that name the same store', async () => {
    const { stack } = made()
    stack.use(settings(inMemory))
    await stack.opened(1000)
    assert.equal((await stack.update(key, () => record, null)).state, 'written')
    stack.use(settings(`${inMemory}\n[main]\nmode = enforce`))
    assert.deepEqual((await stack.recall([key], { fresh: true })).values, [
      { state: 'present', value: record },
    ])
    assert.deepEqual(stack.peek([key]).values, [{ state: 'present', value: record }])
    await stack.prune()
    stack.use(settings(`${inMemory}\ntimeout_ms = 300`))
    await stack.opened(1000)
    assert.deepEqual((await stack.recall([key])).values, [{ state: 'absent' }], 'another store')
  })

  it('opens none with mode = off, and closes the one it had (F6)', async () => {
    const { stack } = made()
    const off = settings(`${inMemory}\n[main]\nmode = off`)
    stack.use(off)
    assert.equal(stack.peek([key]).freshness, 'unavailable')
    stack.use(settings(inMemory))
    await stack.opened(1000)
    assert.equal((await stack.update(key, () => record, null)).state, 'written')
    stack.use(off)
    assert.equal((await stack.recall([key])).freshness, 'unavailable')
  })

  it('lets the first who ask wait for a store that is opening', async () => {
    const { stack } = made()
    stack.use(settings(`[store]\nbackend = lmdb\npath = ${join(folder, 'fresh')}\ntimeout_ms = 2000`))
    assert.equal((await stack.recall([key])).freshness, 'store')
  })

  it('makes no files where it may not, and opens those of others once they are there', async () => {
    const [master, worker] = [made().stack, made().stack]
    const apart = settings(`[store]\nbackend = lmdb\npath = ${join(folder, 'apart')}`)
    master.use(apart, false)
    assert.equal(existsSync(join(folder, 'apart')), false)
    assert.equal(master.isUp(), false)
    worker.use(apart)
    await worker.opened(2000)
    master.use(apart, false)
    await master.opened(2000)
    assert.equal(master.isUp(), true)
  })

  it('opens files that others have written', async () => {
    const [one, other] = [made().stack, made().stack]
    one.use(settings(lmdb))
    await one.opened(2000)
    assert.equal((await one.update(key, () => record, null)).state, 'written')
    other.use(settings(lmdb))
    await other.opened(2000)
    assert.deepEqual((await other.recall([key])).values, [{ state: 'present', value: record }])
    assert.equal(await other.time(), null)
  })

  it('says why it cannot open, though much else fails meanwhile, and each thing once', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const { stack, logged, counted } = made()
    stack.use(settings(lmdb, file))
    for (let each = 0; each < 20; each += 1) await stack.recall([key])
    assert.ok(await becomesTrue(() => logged.length > 1, 3000))
    assert.deepEqual(
      logged
        .map(
          ({ level, text }) =>
            `${level} ${text.replace(/:.*/s, '')} ${/\(([a-z-]+)\)/.exec(text)?.[1] ?? ''}`,
        )
        .sort(),
      ['error store denied', 'error store not-open'],
    )
    assert.match(
      logged.map(({ text }) => text).join('\n'),
      /open failed \(denied\): store path \S+\/file cannot be used/,
    )
    assert.deepEqual(
      new Set(counted.map((text) => text.replace(/ .*/, ''))),
      new Set(['storeErrors', 'faults', 'cacheRequests']),
    )
  })

  it('waits for the store to open no longer than it is told, and a hook half of its time', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    try {
      const address = silent.address()
      assert.ok(typeof address === 'object' && address !== null)
      const { stack } = made()
      stack.use(
        settings(
          `[store]\nbackend = redis\ntimeout_ms = 1000\n[redis]\nhost = 127.0.0.1\nport = ${address.port}`,
        ),
      )
      const took = async (wait: Promise<unknown>): Promise<number> => {
        const begun = performance.now()
        await wait
        return performance.now() - begun
      }
      const toldMs = await took(stack.opened(60))
      assert.ok(toldMs >= 55 && toldMs < 400, String(toldMs))
      const hookMs = await took(Promise.resolve(stack.recall([key])))
      assert.ok(hookMs >= 450 && hookMs < 900, String(hookMs))
    } finally {
      silent.close()
    }
  })

  it('lets nobody wait for a store that could not be opened', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const { stack, logged } = made()
    stack.use(settings(`${lmdb}\ntimeout_ms = 2000`, file))
    assert.equal((await stack.recall([key])).freshness, 'unavailable')
    assert.ok(logged.some(({ text }) => text.includes('open failed (denied)')))
    const begun = performance.now()
    for (let each = 0; each < 3; each += 1) await stack.recall([key])
    assert.ok(performance.now() - begun < 500)
  })

  it('does without a store that cannot even be named', async () => {
    const { stack, logged } = made()
    const parsed = settings('[store]\nbackend = redis')
    stack.use({ ...parsed, redis: { ...parsed.redis, keyPrefix: '' } })
    assert.deepEqual(
      logged.map(({ level }) => level),
      ['crit'],
    )
    assert.match(logged[0]?.text ?? '', /^store cannot be used: /)
    assert.equal((await stack.recall([key])).freshness, 'unavailable')
  })
})
