import assert from 'node:assert/strict'
import { cached } from '../../src/store/cached'
import type { CacheOptions } from '../../src/store/kind-cache'
import { formatKey } from '../../src/store/keys'
import { MemoryStore, type MemoryEntry } from '../../src/store/memory'
import type { RecordKey, RecordKind, Records, Stored } from '../../src/store/store'
import { StoreUnavailable } from '../../src/store/unavailable'
import { pathKey, serverKey, serverRecord } from '../support/records'

/** Counts what reaches it, fails when told to, and lets a test step in between. */
class CountingStore extends MemoryStore {
  reads = 0
  down = false
  beforeReplace: (() => Promise<void>) | null = null
  gate: Promise<void> | null = null

  override async read<K extends RecordKind>(key: RecordKey<K>): Promise<Stored<Records[K]>> {
    this.reads += 1
    this.#check()
    const stored = await super.read(key)
    await this.gate
    return stored
  }

  override async readAll<K extends RecordKind>(
    keys: readonly RecordKey<K>[],
  ): Promise<readonly Stored<Records[K]>[]> {
    this.reads += 1
    this.#check()
    const stored = await Promise.all(keys.map((key) => super.read(key)))
    await this.gate
    return stored
  }

  override async replace<K extends RecordKind>(
    key: RecordKey<K>,
    expected: number,
    value: Records[K],
    ttlMs: number | null,
  ): Promise<boolean> {
    const between = this.beforeReplace
    this.beforeReplace = null
    await between?.()
    this.#check()
    return super.replace(key, expected, value, ttlMs)
  }

  #check(): void {
    if (this.down) throw new StoreUnavailable('refused', 'down')
  }
}

const key = serverKey('a')
const ttlMs = 60_000

function setUp(options: Partial<CacheOptions> = {}) {
  const entries = new Map<string, MemoryEntry>()
  const store = new CountingStore({ entries })
  const time = { now: 1_000 }
  const requests: string[] = []
  const memory = cached(store, {
    maxEntries: 100,
    ttlMs,
    now: () => time.now,
    onRequest: (result) => requests.push(result),
    refreshDelayMs: 5,
    ...options,
  })
  const put = async (stageSeen: number): Promise<void> => {
    const { version } = await new MemoryStore({ entries }).read(key)
    assert.equal(
      await new MemoryStore({ entries }).replace(key, version, serverRecord('a', { stageSeen }), null),
      true,
    )
  }
  const recallStage = async (fresh = false): Promise<string> => {
    const { values, freshness } = await memory.recall([key], { fresh })
    const [known] = values
    return `${known?.state === 'present' ? known.value.stageSeen : known?.state} ${freshness}`
  }
  return { entries, store, time, requests, memory, put, recallStage }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** Longer than what is past its time waits for what else will be. */
const refreshed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))

describe('The cache in front of a store', () => {
  it('asks the store once, also for what is absent, and then answers by itself', async () => {
    const { store, requests, put, recallStage } = setUp()
    assert.equal(await recallStage(), 'absent store')
    assert.equal(await recallStage(), 'absent cache')
    await put(1)
    assert.equal(await recallStage(), 'absent cache')
    assert.equal(await recallStage(true), '1 store')
    assert.equal(await recallStage(), '1 cache')
    assert.equal(store.reads, 2)
    assert.deepEqual(requests, ['miss', 'hit', 'hit', 'miss', 'hit'])
  })

  it('serves an entry just past its time at once and refreshes it behind, once', async () => {
    const { store, time, put, recallStage, requests } = setUp()
    await put(1)
    await recallStage()
    await put(2)
    time.now += ttlMs + 1
    assert.deepEqual(await Promise.all([recallStage(), recallStage()]), ['1 cache', '1 cache'])
    await settled()
    assert.equal(store.reads, 1)
    await refreshed()
    assert.equal(store.reads, 2)
    assert.equal(await recallStage(), '2 cache')
    assert.deepEqual(requests, ['miss', 'stale', 'stale', 'hit'])
  })

  it('refreshes in one call what grows old together, and no more than 200 of them', async () => {
    const { store, time, memory } = setUp({ maxEntries: 1000 })
    const keys = Array.from({ length: 450 }, (_, number) => serverKey(`s${number}`))
    await memory.recall(keys)
    assert.equal(store.reads, 1)
    time.now += ttlMs + 1
    for (const each of keys) await memory.recall([each])
    assert.equal(store.reads, 3, 'two calls of 200')
    await refreshed()
    assert.equal(store.reads, 4, 'and one of 50')
    await memory.recall(keys)
    await refreshed()
    assert.equal(store.reads, 4)
  })

  it('refreshes nothing once it is closed', async () => {
    const { store, time, memory, put, recallStage } = setUp()
    await put(1)
    await recallStage()
    time.now += ttlMs + 1
    await recallStage()
    memory.close()
    await refreshed()
    assert.equal(store.reads, 1)
  })

  it('refreshes nothing that was written or forgotten meanwhile', async () => {
    const { store, time, memory, put, recallStage } = setUp()
    await put(1)
    await recallStage()
    time.now += ttlMs + 1
    await recallStage()
    memory.forget(key)
    await refreshed()
    assert.equal(store.reads, 1)
  })

  it('waits for the store when an entry is long past its time', async () => {
    const { time, put, recallStage } = setUp()
    await put(1)
    await recallStage()
    await put(2)
    time.now += 2 * ttlMs + 1
    assert.equal(await recallStage(), '2 store')
  })

  it('gives what it last knew, marked stale, while the store is down, however old', async () => {
    const { store, time, put, recallStage, memory } = setUp()
    await put(1)
    await recallStage()
    store.down = true
    assert.equal(await recallStage(), '1 cache')
    assert.equal(await recallStage(true), '1 stale')
    time.now += 1000 * ttlMs
    assert.equal(await recallStage(), '1 stale')
    const both = await memory.recall([key, serverKey('never seen')])
    assert.deepEqual(
      both.values.map(({ state }) => state),
      ['present', 'unknown'],
    )
    assert.equal(both.freshness, 'unavailable')
    store.down = false
    assert.equal(await recallStage(), '1 store')
  })

  it('shares one call among all who ask at once', async () => {
    const { store, memory, recallStage } = setUp()
    await Promise.all(Array.from({ length: 1000 }, () => recallStage(true)))
    assert.equal(store.reads, 1)
    const keys = [serverKey('b'), key, serverKey('c')]
    const { values } = await memory.recall(keys)
    assert.equal(values.length, 3)
    assert.equal(store.reads, 2, 'the two that are missing in one call')
    assert.deepEqual(await memory.recall([]), { values: [], freshness: 'cache' })
  })

  it('does not keep an answer that a write has overtaken', async () => {
    const { store, memory, recallStage } = setUp()
    let release = (): void => undefined
    store.gate = new Promise((resolve) => (release = resolve))
    const early = recallStage(true)
    await settled()
    store.gate = null
    const update = await memory.update(key, () => serverRecord('a', { stageSeen: 5 }), null)
    assert.equal(update.state, 'written')
    release()
    assert.equal(await early, 'absent store')
    assert.equal(await recallStage(), '5 cache')
  })

  it('holds no more entries than it may', async () => {
    const { memory } = setUp({ maxEntries: 10 })
    for (let i = 0; i < 100; i += 1) await memory.recall([serverKey(`s${i}`)])
    await memory.recall([pathKey('x')])
    assert.equal(memory.size, 11)
  })

  it('asks the store again for what it was told to forget', async () => {
    const { put, memory, recallStage } = setUp()
    await recallStage()
    await put(3)
    memory.forget(key)
    assert.equal(await recallStage(), '3 store')
  })

  it('keeps nothing to itself with a ttl of 0', async () => {
    const { put, time, recallStage } = setUp({ ttlMs: 0 })
    await recallStage()
    await put(3)
    time.now += 3
    assert.equal(await recallStage(), '3 store')
  })
})

describe('An update through the cache', () => {
  it('makes, changes and leaves alone', async () => {
    const { memory, recallStage } = setUp()
    const first = await memory.update(key, (now) => (now ? null : serverRecord('a', { stageSeen: 1 })), null)
    assert.deepEqual(first, { state: 'written', value: serverRecord('a', { stageSeen: 1 }) })
    const second = await memory.update(key, () => null, null)
    assert.deepEqual(second, { state: 'unchanged', value: serverRecord('a', { stageSeen: 1 }) })
    assert.equal(await recallStage(), '1 cache')
  })

  it('starts again from what another wrote in between', async () => {
    const { store, memory, put, recallStage } = setUp()
    await put(10)
    store.beforeReplace = () => put(20)
    const seen: number[] = []
    const result = await memory.update(
      key,
      (now) => {
        seen.push(now?.stageSeen ?? 0)
        return serverRecord('a', { stageSeen: (now?.stageSeen ?? 0) + 1 })
      },
      null,
    )
    assert.equal(result.state, 'written')
    assert.deepEqual(seen, [10, 20])
    assert.equal(await recallStage(true), '21 store')
  })

  it('gives up when others win every time', async () => {
    const { store, memory, put } = setUp({ updateTimeoutMs: 50, now: () => performance.now() })
    const interfere = async (): Promise<void> => {
      store.beforeReplace = interfere
      await put(1)
    }
    store.beforeReplace = interfere
    const result = await memory.update(key, () => serverRecord('a'), null)
    assert.deepEqual(result, { state: 'failed', reason: 'contended', error: null })
  })

  it('counts right when many of one process update one record at once', async () => {
    const { memory, store } = setUp()
    const add = (now: { stageSeen: number } | null) =>
      serverRecord('a', { stageSeen: (now?.stageSeen ?? 0) + 1 })
    const results = await Promise.all(Array.from({ length: 300 }, () => memory.update(key, add, null)))
    assert.ok(results.every(({ state }) => state === 'written'))
    const stored = await store.read(key)
    assert.equal(stored.state === 'present' && stored.value.stageSeen, 300)
  })

  it('does not wait for ever behind one that hangs', async () => {
    const { memory, store } = setUp({ updateTimeoutMs: 30, now: () => performance.now() })
    let release = (): void => undefined
    store.gate = new Promise((resolve) => (release = resolve))
    const first = memory.update(key, () => serverRecord('a'), null)
    const second = await memory.update(key, () => serverRecord('a'), null)
    assert.deepEqual(second, { state: 'failed', reason: 'contended', error: null })
    release()
    assert.equal((await first).state, 'written')
  })

  it('never overwrites what is unreadable', async () => {
    const { memory, entries, recallStage } = setUp()
    const planted: MemoryEntry = { version: 3, expiresAt: null, json: '{"s":9}' }
    entries.set(formatKey('xe', key), planted)
    const result = await memory.update(key, () => serverRecord('a'), null)
    assert.equal(result.state === 'failed' && result.reason, 'unreadable')
    assert.equal(entries.get(formatKey('xe', key)), planted)
    assert.equal(await recallStage(), 'unreadable cache')
  })

  it('fails without rejecting when the store is down, and keeps what the cache knows', async () => {
    const { memory, store, put, recallStage } = setUp()
    await put(1)
    await recallStage()
    store.down = true
    const result = await memory.update(key, () => serverRecord('a'), null)
    assert.equal(result.state === 'failed' && result.reason, 'refused')
    assert.equal(await recallStage(), '1 cache')
  })

  it('no longer trusts the cache when a write may or may not have been made', async () => {
    const { memory, store, put, recallStage } = setUp()
    await put(1)
    await recallStage()
    store.beforeReplace = async () => {
      store.down = true
    }
    const result = await memory.update(key, () => serverRecord('a'), null)
    assert.equal(result.state === 'failed' && result.reason, 'refused')
    assert.equal(await recallStage(), 'unknown unavailable')
  })

  it('reports a change that throws or gives what cannot be kept as our own fault', async () => {
    const { memory, store } = setUp()
    const thrown = await memory.update(
      key,
      () => {
        throw new Error('a bug')
      },
      null,
    )
    const invalid = await memory.update(key, () => serverRecord('a', { lastSeenAt: NaN }), null)
    assert.deepEqual(
      [thrown, invalid].map((each) => each.state === 'failed' && each.reason),
      ['fault', 'fault'],
    )
    assert.equal((await store.read(key)).state, 'absent')
  })
})
