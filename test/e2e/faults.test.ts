import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Administer } from '../../src/enforcement/administer'
import { dayMs } from '../../src/rules/time'
import { cached } from '../../src/store/cached'
import type { Store } from '../../src/store/store'
import { slowHooks, stopwatchName, stopwatchSource } from '../faults/stopwatch'
import type { RunningHaraka } from '../support/haraka'
import { becomesTrue, signalIfAlive } from '../support/processes'
import { startRedis, startSentinels } from '../support/redis'
import { NoReply } from '../support/smtp-client'
import {
  inParallel,
  lmdbHome,
  nameAtMinute,
  newBuild,
  oldBuild,
  opened,
  runningSince,
  send,
  sendOn,
  serverRecord,
  sleep,
  startFleet,
  tenant,
  writeServer,
  type Letter,
} from './fleet'

const watched = {
  plugins: ['exchange-enforcement', stopwatchName],
  pluginSources: { [stopwatchName]: stopwatchSource },
}
const hookLimitMs = 250

interface Entry {
  readonly kind: 'compliant' | 'refused' | 'deferred'
  /** `null`: the connection was lost before the reply. */
  readonly code: number | null
  readonly line: string
  readonly at: number
}

/** What the sending side knows of every message, by its subject. */
class Ledger {
  readonly entries = new Map<string, Entry>()

  /** Mail over one connection after the other until `until()` says so; a pause in between keeps the processor free. */
  async lane(
    haraka: RunningHaraka,
    kind: Entry['kind'],
    letter: Letter,
    until: () => boolean,
    pauseMs: number,
  ): Promise<void> {
    while (!until()) {
      const client = await haraka.connect({ proxyFrom: letter.address }).catch(() => null)
      if (!client) {
        await sleep(50)
        continue
      }
      try {
        await client.ehlo('mail.contoso.com')
        for (let message = 0; message < 10 && !until(); message += 1) {
          const subject = `${letter.server}/${this.entries.size}`
          this.entries.set(subject, { kind, code: null, line: '', at: Date.now() })
          const { code, line } = await sendOn(client, { ...letter, subject })
          this.entries.set(subject, { kind, code, line, at: Date.now() })
          await sleep(pauseMs)
        }
        await client.quit()
      } catch (error) {
        if (!(error instanceof NoReply)) throw error
      } finally {
        client.hangUp()
      }
    }
  }

  /** Every message is in the spool once if it was accepted, and not at all if it was turned away. */
  agreesWith(haraka: RunningHaraka): void {
    const spooled = new Map<string, number>()
    for (const { headers } of haraka.messages()) {
      const subject = headers.find((field) => field.startsWith('Subject: '))?.slice('Subject: '.length) ?? ''
      spooled.set(subject, (spooled.get(subject) ?? 0) + 1)
    }
    for (const [subject, { code, line }] of this.entries) {
      const copies = spooled.get(subject) ?? 0
      if (code === null) assert.ok(copies <= 1, subject)
      else assert.equal(copies, code === 250 ? 1 : 0, `${subject}: ${line}`)
    }
  }

  codes(kind: Entry['kind'], from = 0): ReadonlySet<number | null> {
    const entries = [...this.entries.values()].filter((entry) => entry.kind === kind && entry.at >= from)
    assert.ok(entries.length > 0, `no mail of ${kind} servers`)
    return new Set(entries.map(({ code }) => code))
  }
}

const lanes = (): readonly (readonly [Entry['kind'], Letter])[] => [
  ['compliant', { server: 'good1.contoso.local', build: newBuild, address: '8.8.1.1' }],
  ['compliant', { server: 'good2.contoso.local', build: newBuild, address: '8.8.1.2' }],
  ['refused', { server: 'full.contoso.local', build: oldBuild, address: '8.8.1.2' }],
  ['refused', { server: 'full.contoso.local', build: oldBuild, address: '8.8.1.3' }],
  ['deferred', { server: nameAtMinute(10, 'slow'), build: oldBuild, address: '8.8.1.4' }],
]

async function seed(store: Store, letters: readonly (readonly [Entry['kind'], Letter])[]): Promise<void> {
  for (const [kind, { server }] of letters) {
    const known = await store.read({ kind: 'server', tenant, server })
    if (known.state === 'present') continue
    const days = kind === 'refused' ? 95 : 55
    await writeServer(
      store,
      serverRecord(
        server,
        kind === 'compliant' ? { state: 'clear' } : runningSince(Date.now() - days * dayMs),
      ),
    )
  }
}

function longestHook(haraka: RunningHaraka): number {
  return slowHooks(haraka.log())[0] ?? 0
}

describe('faults of the store under traffic, with two workers', () => {
  let endings: (() => Promise<unknown>)[] = []
  /** Whatever happens, the last one started is ended first. */
  function started<T>(what: T, end: (what: T) => Promise<unknown>): T {
    endings.unshift(() => end(what))
    return what
  }
  afterEach(async function () {
    this.timeout(20_000)
    const all = endings
    endings = []
    for (const end of all) await end()
  })

  it('a Redis that freezes, fails over, and comes back costs no mail and turns nobody away wrongly', async () => {
    const group = started(await startSentinels(), (all) => all.stop())
    const sentinels = group.sentinels.map(({ host, port }) => ({ host, port }))
    const topology = { kind: 'sentinel', name: group.name, sentinels } as const
    const lines = `[store]\nbackend = redis\ncache_ttl_seconds = 1\n[redis]\nsentinel_name = ${group.name}\nsentinels = ${sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')}\n`
    let store = started(await opened('redis', '', topology), (each) => each.close())
    const letters = lanes()
    await seed(store, letters)
    const haraka = started(await startFleet(lines, watched), (server) => server.stop())
    const ledger = new Ledger()
    const workers = haraka.workers()
    let over = false
    try {
      for (const [, letter] of letters)
        for (let message = 0; message < 6; message += 1) await send(haraka, letter)
      const traffic = Promise.all(
        letters.map(([kind, letter]) => ledger.lane(haraka, kind, letter, () => over, 25)),
      )
      const checked = traffic.catch((error: unknown) => error)
      await sleep(500)
      group.pause()
      await sleep(1500)
      group.resume()
      await sleep(1500)
      await group.failover()
      const mended = Date.now()
      await store.close()
      store = started(await opened('redis', '', topology), (each) => each.close())
      const administer = new Administer(cached(store, { maxEntries: 10, ttlMs: 1 }), store)
      const order = { tenant, days: 1, from: null, reason: 'proof', daysPerYear: 90, id: 'p1' }
      assert.ok((await administer.pause({ ...order, now: Date.now() })).ok)
      const full = letters[2]![1]
      const obeyed = await becomesTrue(
        async () => {
          const answers = await inParallel(
            4,
            Array.from({ length: 4 }, () => () => send(haraka, full)),
          )
          return answers.every(({ code }) => code === 250)
        },
        mended + 10_000 - Date.now(),
        200,
      )
      assert.ok(obeyed, 'both workers read the new master within 10 s')
      assert.ok((await administer.resume(tenant, Date.now(), false, 'proof')).ok)
      await sleep(2500)
      const resumedAt = Date.now()
      await sleep(1000)
      await becomesTrue(() => ledger.entries.size >= 2000, 15_000)
      over = true
      const failure = await checked
      if (failure instanceof Error) throw failure

      assert.ok(ledger.entries.size >= 2000, `${ledger.entries.size} messages`)
      ledger.agreesWith(haraka)
      assert.deepEqual(ledger.codes('compliant'), new Set([250]))
      assert.ok([...ledger.codes('refused')].every((code) => code === 550 || code === 250))
      assert.ok([...ledger.codes('deferred')].every((code) => code === 450 || code === 250))
      assert.deepEqual(
        [...ledger.codes('refused', resumedAt), ...ledger.codes('deferred', resumedAt)],
        [550, 450],
      )
      assert.deepEqual(haraka.workers(), workers, 'no worker was restarted')
      assert.ok(longestHook(haraka) <= hookLimitMs, `a hook took ${longestHook(haraka)} ms`)
      assert.match(haraka.log(), /store: \w+ failed/)
      const known = await store.read({ kind: 'server', tenant, server: full.server })
      assert.equal(known.state === 'present' && known.value.clock.state, 'running')
    } finally {
      over = true
    }
  }).timeout(60_000)

  it('a Redis that is not there at the start, goes away and comes back is waited for by nobody', async () => {
    const redis = started(await startRedis(), (server) => server.stop())
    const topology = { kind: 'single', host: redis.host, port: redis.port } as const
    await redis.kill()
    const haraka = started(
      await startFleet(
        `[store]\nbackend = redis\ncache_ttl_seconds = 1\n[redis]\nhost = ${redis.host}\nport = ${redis.port}\n`,
        watched,
      ),
      (server) => server.stop(),
    )
    const letters = lanes()
    const early = await inParallel(
      4,
      letters.map(
        ([, letter]) =>
          () =>
            send(haraka, letter),
      ),
    )
    assert.deepEqual(
      early.map(({ code }) => code),
      [250, 250, 250, 250, 250],
      'mail flows',
    )
    await haraka.logged(/store: \w+ failed/)
    for (const round of ['started', 'started again']) {
      await redis.restart()
      const store = await opened('redis', '', topology)
      await seed(store, letters)
      await store.close()
      const full = letters[2]![1]
      const works = await becomesTrue(
        async () => {
          const answers = await inParallel(
            4,
            Array.from({ length: 4 }, () => () => send(haraka, full)),
          )
          return answers.every(({ code }) => code === 550)
        },
        10_000,
        200,
      )
      assert.ok(works, `memory works once Redis is ${round}`)
      await redis.kill()
      const later = await inParallel(
        4,
        letters.map(
          ([, letter]) =>
            () =>
              send(haraka, letter),
        ),
      )
      assert.deepEqual(
        later.slice(0, 2).map(({ code }) => code),
        [250, 250],
      )
    }
    assert.ok(longestHook(haraka) <= hookLimitMs, `a hook took ${longestHook(haraka)} ms`)
  }).timeout(30_000)

  it('a worker that is killed leaves LMDB whole, and the next one goes on', async () => {
    const home = started(await lmdbHome(), (each) => each.stop())
    const store = started(await home.open(), (each) => each.close())
    const letters = lanes()
    await seed(store, letters)
    const haraka = started(await startFleet(home.lines, watched), (server) => server.stop())
    const ledger = new Ledger()
    let over = false
    try {
      const traffic = Promise.all(
        letters.map(([kind, letter]) => ledger.lane(haraka, kind, letter, () => over, 5)),
      )
      const checked = traffic.catch((error: unknown) => error)
      for (let kill = 0; kill < 2; kill += 1) {
        await sleep(700)
        const [victim = 0] = haraka.workers()
        signalIfAlive(victim, 'SIGKILL')
        assert.ok(
          await becomesTrue(() => haraka.workers().length === 2 && !haraka.workers().includes(victim), 8000),
        )
      }
      // A new worker lets mail in until it has opened its memory (F1).
      await sleep(1500)
      const settled = await inParallel(
        2,
        [...letters, ...letters].map(
          ([, letter]) =>
            () =>
              send(haraka, letter),
        ),
      )
      over = true
      const failure = await checked
      if (failure instanceof Error) throw failure
      ledger.agreesWith(haraka)
      assert.ok([...ledger.codes('compliant')].every((code) => code === 250 || code === null))
      assert.ok([...ledger.codes('refused')].every((code) => code !== 450))
      assert.ok([...ledger.codes('deferred')].every((code) => code !== 550))
      const expected = [250, 250, 550, 550, 450]
      assert.deepEqual(
        settled.map(({ code }) => code),
        [...expected, ...expected],
      )
      for (const [kind, { server }] of letters) {
        const stored = await store.read({ kind: 'server', tenant, server })
        assert.equal(
          stored.state === 'present' && stored.value.clock.state,
          kind === 'compliant' ? 'clear' : 'running',
        )
      }
    } finally {
      over = true
    }
  }).timeout(30_000)

  it('an LMDB folder that cannot be used is said, costs no mail, and is used once it can be', async () => {
    const parent = started(mkdtempSync(join(tmpdir(), 'xe-memory-')), async (folder) =>
      rmSync(folder, { recursive: true, force: true }),
    )
    const path = join(parent, 'memory')
    // A file in its place stops everyone, root too.
    writeFileSync(path, 'in the way')
    const letter: Letter = { server: 'full.contoso.local', build: oldBuild, address: '8.8.1.1' }
    const haraka = started(await startFleet(`[store]\nbackend = lmdb\npath = ${path}\n`), (server) =>
      server.stop(),
    )
    assert.equal((await send(haraka, letter)).code, 250)
    await haraka.logged(`store path ${path} cannot be used`)
    unlinkSync(path)
    const store = await opened('lmdb', path)
    await writeServer(store, serverRecord(letter.server, runningSince(Date.now() - 95 * dayMs)))
    await store.close()
    const works = await becomesTrue(
      async () => {
        const answers = await inParallel(2, [() => send(haraka, letter), () => send(haraka, letter)])
        return answers.every(({ code }) => code === 550)
      },
      10_000,
      200,
    )
    assert.ok(works)
  }).timeout(20_000)
})
