import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from '../cli/support'
import type { ServerRecord } from '../../src/rules/clock/record'
import { dayMs, hourMs } from '../../src/rules/time'
import type { Store } from '../../src/store/store'
import type { RunningHaraka } from '../support/haraka'
import { becomesTrue } from '../support/processes'
import { startRedis, type RedisServer } from '../support/redis'
import {
  lmdbHome,
  newBuild,
  oldBuild,
  opened,
  runningSince,
  send,
  serverRecord,
  settingsOf,
  startFleet,
  tenant,
  writeServer,
  type Home,
} from './fleet'

describe('state migrate beside a Haraka with two workers under traffic', () => {
  let home: Home
  let redis: RedisServer
  let haraka: RunningHaraka
  let lmdb: Store
  let shared: Store
  let traffic = true
  let ended: Promise<number> = Promise.resolve(0)

  const startedAt = Date.now() - 20 * dayMs
  const firstAt = Date.now() - 25 * hourMs
  const address = (server: string): string => `8.8.7.${(server.charCodeAt(0) % 100) + 1}`
  const sends = (server: string, build: string) => send(haraka, { server, build, address: address(server) })
  const migrate = () => runProgram(['state', 'migrate', '--config', join(haraka.folder, 'config'), '--json'])
  const recordIn = async (store: Store, server: string): Promise<ServerRecord | null> => {
    const stored = await store.read({ kind: 'server', tenant, server })
    return stored.state === 'present' ? stored.value : null
  }

  before(async function () {
    this.timeout(60_000)
    home = await lmdbHome()
    redis = await startRedis()
    lmdb = await home.open()
    shared = await opened('redis', '', { kind: 'single', host: redis.host, port: redis.port })
    for (const server of ['running', 'recovers', 'steady', 'both']) {
      await writeServer(lmdb, serverRecord(server, runningSince(startedAt)))
    }
    for (const server of ['detected-before', 'detected-after']) {
      await writeServer(lmdb, serverRecord(server, { state: 'suspected', firstAt, sightings: 2 }))
    }
    haraka = await startFleet(`${home.lines}[redis]\nhost = ${redis.host}\nport = ${redis.port}\n`, {
      patienceMs: 20_000,
    })
    ended = keepSending()
  })
  after(async () => {
    traffic = false
    await ended
    await haraka.stop()
    await Promise.all([lmdb.close(), shared.close()])
    await Promise.all([home.stop(), redis.stop()])
  })

  /** A server that never stops sending; gives how many of its messages were not accepted. */
  async function keepSending(): Promise<number> {
    let refused = 0
    for (; traffic; await sleep(50)) if ((await sends('steady', oldBuild)).code !== 250) refused += 1
    return refused
  }

  it('loses and moves no clock, on whichever side of the switch something happened', async () => {
    const first = await migrate()
    assert.equal(first.code, 0, first.stdout + first.stderr)
    assert.deepEqual((await recordIn(shared, 'running'))?.clock, runningSince(startedAt))

    // What happens between the first run and the switch is in LMDB alone.
    await sends('detected-before', oldBuild)
    await sends('recovers', newBuild)
    await sends('new-before', oldBuild)
    await sends('both', oldBuild)
    const newBefore = await recordIn(lmdb, 'new-before')
    assert.ok(newBefore?.clock.state === 'suspected')

    const lines = `[store]\nbackend = redis\ncache_ttl_seconds = 1\npath = ${home.lines.match(/path = (.*)/)?.[1] ?? ''}\n`
    const offset = haraka.log().length
    haraka.reconfigure(
      'exchange-enforcement.ini',
      settingsOf(`${lines}[redis]\nhost = ${redis.host}\nport = ${redis.port}\n`),
    )
    // A server nobody knows shows which store each worker writes to.
    let probes = 0
    const switched = async (): Promise<boolean> => {
      const names = Array.from({ length: 6 }, () => `probe${(probes += 1)}`)
      await Promise.all(names.map((name) => sends(name, oldBuild)))
      const found = await Promise.all(names.map((name) => recordIn(shared, name)))
      return found.every((record) => record !== null)
    }
    assert.ok(await becomesTrue(switched, 20_000, 300), haraka.log().slice(offset))

    // And what happens behind it, before the second run, in Redis alone: to some servers that it knows nothing, or old things, of.
    await sends('detected-after', oldBuild)
    await sends('detected-before', oldBuild)
    await sends('new-before', oldBuild)
    await sends('both', newBuild)
    await sends('new-after', oldBuild)
    const newAfter = await recordIn(shared, 'new-after')

    const second = await migrate()
    assert.equal(second.code, 0, second.stdout + second.stderr)
    const clocks = new Map<string, ServerRecord>()
    for (const name of [
      'running',
      'steady',
      'recovers',
      'both',
      'detected-before',
      'detected-after',
      'new-before',
      'new-after',
    ]) {
      const record = await recordIn(shared, name)
      assert.ok(record, name)
      clocks.set(name, record)
    }
    const startOf = (name: string): number | null => {
      const clock = clocks.get(name)?.clock
      return clock?.state === 'running'
        ? clock.startedAt
        : clock?.state === 'suspected'
          ? clock.firstAt
          : null
    }
    assert.deepEqual(
      ['running', 'steady', 'detected-before', 'detected-after', 'recovers', 'both'].map((name) => [
        name,
        clocks.get(name)?.clock.state,
        startOf(name),
      ]),
      [
        ['running', 'running', startedAt],
        ['steady', 'running', startedAt],
        ['detected-before', 'running', firstAt],
        ['detected-after', 'running', firstAt],
        ['recovers', 'clear', null],
        ['both', 'clear', null],
      ],
    )
    assert.ok(clocks.get('recovers')?.recovery !== null && clocks.get('both')?.recovery !== null)
    assert.equal(startOf('new-before'), newBefore.clock.firstAt)
    assert.equal(startOf('new-after'), newAfter?.clock.state === 'suspected' && newAfter.clock.firstAt)
    assert.deepEqual(
      clocks.get('detected-before')?.events.map(({ kind }) => kind),
      ['detected'],
    )

    // Every probe is there, whichever store it was written to first, and a third run finds nothing left to do.
    for (let probe = 1; probe <= probes; probe += 1)
      assert.ok(await recordIn(shared, `probe${probe}`), `probe${probe}`)
    const third = await migrate()
    const { counts }: { counts: Record<string, Record<string, number>> } = JSON.parse(third.stdout)
    assert.deepEqual([counts['server']?.['copied'], counts['server']?.['updated']], [0, 0])
    traffic = false
    assert.equal(await ended, 0, 'every message was accepted')
  }).timeout(60_000)
})
