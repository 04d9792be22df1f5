import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { dayMs } from '../../src/rules/time'
import { MemoryStore, type MemoryEntry } from '../../src/store/memory'
import { migrate, type Migration, type MigrationResult } from '../../src/store/migrate'
import { MigrationJournal } from '../../src/store/migration-journal'
import type { RecordKind, Store } from '../../src/store/store'
import {
  evidenceOf,
  pathKey,
  pathRecord,
  serverKey,
  serverRecord,
  tenantKey,
  tenantRecord,
} from '../support/records'
import { clockRules, t0 } from '../rules/clock/given'

/** The same store, which writes otherwise. */
function withReplace(store: Store, replace: Store['replace']): Store {
  return {
    backend: store.backend,
    open: () => store.open(),
    read: (key) => store.read(key),
    readAll: (keys) => store.readAll(keys),
    replace,
    remove: (key, expected) => store.remove(key, expected),
    list: (kind, tenant) => store.list(kind, tenant),
    lifetime: (key) => store.lifetime(key),
    time: () => store.time(),
    prune: (now) => store.prune(now),
    close: () => store.close(),
  }
}

describe('migrate', () => {
  let folder: string
  let entries: Map<string, MemoryEntry>
  let held: Map<string, MemoryEntry>
  let source: Store
  let target: Store

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'xe-migrate-'))
    entries = new Map()
    held = new Map()
    source = new MemoryStore({ entries })
    target = new MemoryStore({ entries: held })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const journal = (between = 'a to b'): MigrationJournal => new MigrationJournal(folder, between)
  const run = (change: Partial<Migration> = {}): Promise<MigrationResult> =>
    migrate({ source, target, journal: journal(), clock: clockRules, schedule: defaultSchedule, ...change })
  const counted = ({ counts }: MigrationResult, kind: RecordKind = 'server'): string =>
    Object.entries(counts.get(kind) ?? {})
      .flatMap(([outcome, count]) => (count === 0 ? [] : `${outcome} ${count}`))
      .join(', ')

  /** Writes over whatever is there. */
  const put = async (
    store: Store,
    name: string,
    change: object = {},
    ttlMs: number | null = dayMs,
  ): Promise<void> => {
    const { version } = await store.read(serverKey(name))
    assert.ok(await store.replace(serverKey(name), version, serverRecord(name, change), ttlMs))
  }
  /** What tells one state of a record from another, and is merged to the higher one. */
  const counts = (accepted: number) => ({ days: { '2026-11-22': { accepted, deferred: 0, refused: 0 } } })
  const countIn = async (store: Store, name = 'a'): Promise<number | string> => {
    const stored = await store.read(serverKey(name))
    return stored.state === 'present' ? (stored.value.days['2026-11-22']?.accepted ?? 0) : stored.state
  }
  const seen = (at: number) => ({
    lastSeenAt: at,
    lastEvidence: evidenceOf({ at, verdict: { status: 'compliant', reason: 'no-floor' } }),
  })

  it('brings every kind over with what is left of its lifetime, and nothing twice', async () => {
    await put(source, 'a', counts(3), 5 * dayMs)
    await source.replace(pathKey('x'), 0, pathRecord('x'), 7 * dayMs)
    await source.replace(tenantKey('contoso'), 0, tenantRecord('contoso'), null)
    const first = await run()
    assert.deepEqual(
      (['server', 'path', 'tenant'] as const).map((kind) => counted(first, kind)),
      ['copied 1', 'copied 1', 'copied 1'],
    )
    assert.deepEqual([first.missing, first.leftAlone], [[], []])
    assert.ok(Math.abs(((await target.lifetime(serverKey('a'))) ?? 0) - 5 * dayMs) < 5000)
    assert.ok(Math.abs(((await target.lifetime(pathKey('x'))) ?? 0) - 7 * dayMs) < 5000)
    assert.equal(await target.lifetime(tenantKey('contoso')), null)
    const before = JSON.stringify([...held])
    assert.equal(counted(await run()), 'unchanged 1')
    assert.equal(JSON.stringify([...held]), before)
    assert.equal(entries.size, 3, 'the source keeps all')
  })

  type Step = (name: 'source' | 'target', count: number) => Promise<void>
  const histories: readonly (readonly [
    why: string,
    steps: (change: Step) => Promise<void>,
    result: string,
    count: number,
  ])[] = [
    ['only the source has changed since', (change) => change('source', 4), 'updated 1', 4],
    ['only the target has changed since', (change) => change('target', 5), 'kept 1', 5],
    ['neither has', async () => undefined, 'unchanged 1', 3],
    [
      'both have changed to the same',
      async (change) => {
        await change('source', 6)
        await change('target', 6)
      },
      'unchanged 1',
      6,
    ],
    [
      'the target, and in a later run the source: merged, not overwritten',
      async (change) => {
        await change('target', 5)
        assert.equal(counted(await run()), 'kept 1')
        await change('source', 4)
      },
      'kept 1',
      5,
    ],
  ]
  for (const [why, steps, result, count] of histories) {
    it(`knows which side is newer: ${why}`, async () => {
      await put(source, 'a', { ...counts(3), ...seen(t0) })
      await run()
      const at = { source: t0 + 1000, target: t0 + 2000 }
      await steps((name, count) =>
        put(name === 'source' ? source : target, 'a', {
          ...counts(count),
          ...seen(count === 6 ? t0 + 3000 : at[name]),
        }),
      )
      assert.equal(counted(await run()), result)
      assert.equal(await countIn(target), count)
    })
  }

  it('merges what both have changed, so that no clock is lost', async () => {
    const clock = { state: 'running', startedAt: t0, detectedAt: t0 + dayMs, carriedMs: 0, reachedMs: 0 }
    const suspected = { state: 'suspected', firstAt: t0, sightings: 2 }
    const seen = (at: number) => ({ lastSeenAt: at, lastEvidence: evidenceOf({ at }) })
    await put(source, 'a', { clock: suspected, ...seen(t0 + 1000) })
    await run()
    await put(source, 'a', { clock, ...seen(t0 + dayMs) })
    await put(target, 'a', { clock: { ...suspected, sightings: 3 }, ...seen(t0 + dayMs + 1000) })
    assert.equal(counted(await run()), 'merged 1')
    const stored = await target.read(serverKey('a'))
    assert.ok(stored.state === 'present' && stored.value.clock.state === 'running')
    assert.equal(stored.value.clock.startedAt, t0)
    assert.equal(stored.value.lastEvidence?.at, t0 + dayMs + 1000)
    assert.equal(counted(await run()), 'kept 1', 'and is content afterwards')
  })

  it('merges where nothing is known of an earlier run, as with two hosts into one Redis', async () => {
    await put(source, 'a', { firstSeenAt: t0 - 5000, ...seen(t0) })
    await put(target, 'a', { firstSeenAt: t0 - 1000, ...seen(t0 + 1000) }, null)
    assert.equal(counted(await run()), 'merged 1')
    const stored = await target.read(serverKey('a'))
    assert.equal(stored.state === 'present' && stored.value.firstSeenAt, t0 - 5000)
    assert.equal(await target.lifetime(serverKey('a')), null, 'the longer life')
  })

  it('knows nothing of runs between other stores', async () => {
    await put(source, 'a', { ...counts(3), ...seen(t0) })
    await run()
    await put(source, 'a', { ...counts(4), ...seen(t0 + 1000) })
    assert.equal(counted(await run({ journal: journal('a to c') })), 'merged 1')
  })

  it('takes a journal that was cut off, or is none, for what can be read of it', async () => {
    for (const name of ['a', 'b']) await put(source, name, { ...counts(3), ...seen(t0) })
    await run()
    const path = join(folder, 'migration.jsonl')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, text.lastIndexOf('["') + 20))
    appendFileSync(path, '\n5\n[1,2,3]\n')
    for (const name of ['a', 'b']) await put(source, name, { ...counts(4), ...seen(t0 + 1000) })
    assert.equal(counted(await run()), 'updated 1, merged 1')
    assert.deepEqual([await countIn(target, 'a'), await countIn(target, 'b')], [4, 4])
    writeFileSync(path, Buffer.from([0, 255, 10, 10]))
    assert.equal(counted(await run()), 'unchanged 2')
  })

  it('goes on where it was broken off', async () => {
    for (let at = 0; at < 300; at += 1) await put(source, `s${at}`)
    const stop = async (done: number): Promise<void> => {
      if (done > 100) throw new Error('broken off')
    }
    await assert.rejects(run({ onProgress: stop }), /broken off/)
    assert.ok(held.size > 100 && held.size < 300)
    const rest = await run()
    const copied = rest.counts.get('server')?.copied ?? 0
    assert.ok(copied > 0 && copied < 200)
    assert.equal(held.size, 300)
    assert.deepEqual(rest.missing, [])
  })

  it('loses no write that the target makes meanwhile', async () => {
    await put(source, 'a', { firstSeenAt: t0 - 5000, ...seen(t0) })
    await put(target, 'a', { ...seen(t0 + 1000) })
    let writes = 0
    const busy = withReplace(target, async (...parameters) => {
      if ((writes += 1) < 4) await put(target, 'a', { ...counts(writes), ...seen(t0 + 1000 + writes) })
      return target.replace(...parameters)
    })
    assert.equal(counted(await run({ target: busy })), 'merged 1')
    assert.equal(writes, 4)
    const stored = await target.read(serverKey('a'))
    assert.ok(stored.state === 'present')
    assert.deepEqual([stored.value.firstSeenAt, stored.value.lastEvidence?.at], [t0 - 5000, t0 + 1003])
  })

  it('leaves alone, and names, what cannot be read on either side', async () => {
    entries.set('xe:{contoso}:server:bad', { version: 5, expiresAt: null, json: '{"s":1' })
    await put(source, 'good')
    await put(source, 'newer')
    held.set('xe:{contoso}:server:newer', { version: 5, expiresAt: null, json: '{"s":9}' })
    const result = await run()
    assert.deepEqual(result.leftAlone.map(({ side, key }) => `${side} ${key}`).sort(), [
      'source {contoso}:server:bad',
      'target {contoso}:server:newer',
    ])
    assert.equal(held.get('xe:{contoso}:server:newer')?.json, '{"s":9}')
    assert.equal(counted(result), 'copied 1')
  })

  it('says which records the target has lost', async () => {
    await put(source, 'a')
    const forgetful = withReplace(target, async () => true)
    assert.deepEqual((await run({ target: forgetful })).missing, ['{contoso}:server:a'])
  })

  it('brings no record back to life', async () => {
    let now = t0
    source = new MemoryStore({ entries, now: () => now })
    target = new MemoryStore({ entries: held, now: () => now })
    await put(source, 'a', {}, 1000)
    now += 2000
    assert.equal(counted(await run()), '')
    assert.equal(held.size, 0)
  })
})
