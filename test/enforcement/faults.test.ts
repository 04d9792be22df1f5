import assert from 'node:assert/strict'
import { Deadline } from '../../src/enforcement/deadline'
import type { Key } from '../../src/enforcement/memory'
import { Recall } from '../../src/enforcement/recall'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { formatKey } from '../../src/store/keys'
import { mainText, newBuild, oldBuild, World, type Sender, type Told, type Worker } from './world'

const old: Sender = { server: 'ex01.contoso.local', build: oldBuild }
const other: Sender = { server: 'ex02.contoso.local', build: newBuild }
const unspread = '[enforcement]\nspread = no\n'

function seen({ code, at }: Told): string {
  return `${code} ${at}`
}

async function blocked(more = unspread): Promise<{ world: World; worker: Worker }> {
  const world = new World()
  const worker = await world.worker(more)
  await world.outdated(old.server, 95)
  return { world, worker }
}

/** The longest of these, in ms. */
async function slowest(sends: readonly (() => unknown)[]): Promise<number> {
  const times = await Promise.all(
    sends.map(async (send) => {
      const begun = performance.now()
      await send()
      return performance.now() - begun
    }),
  )
  return Math.max(...times)
}

describe('a store in trouble', () => {
  it('lets all mail in where nothing is known in the process (F1)', async () => {
    const { world, worker } = await blocked()
    world.store.health = 'refusing'
    assert.equal(seen(await worker.send(old)), '250 data')
    assert.equal(worker.faults.get('sighting-dropped'), 1)
  })

  it('is answered for at DATA from what the process last knew, and never before (F1, S2)', async () => {
    const { world, worker } = await blocked('[enforcement]\nspread = no\nrefuse_at = connect\n')
    await worker.send(old)
    assert.equal(seen(await worker.send(old)), '550 connect')
    world.store.health = 'refusing'
    assert.equal(
      seen(await worker.send(other)),
      '250 data',
      'seen for the first time while the store is down',
    )
    const { outcome, ...told } = await worker.send(old)
    assert.deepEqual([told.code, told.at, outcome.freshness], [550, 'data', 'stale'])
    assert.equal((await worker.send({ ...old, build: newBuild })).code, 250, 'its own evidence decides')
  })

  it('that hangs is waited for no longer than the timeout by any hook (F1)', async () => {
    const { world, worker } = await blocked(
      '[enforcement]\nspread = no\nrefuse_at = connect\n[store]\ntimeout_ms = 100\n',
    )
    const stranger: Sender = { ...old, server: 'ex07.contoso.local', address: '192.0.2.77' }
    await worker.send(old)
    world.store.health = 'hanging'
    const session = worker.session(old)
    const attribution = worker.ruleset.attribute(session)
    assert.ok(attribution.kind === 'connector')
    for (const sender of [old, other, stranger, { ...old, build: null }]) {
      const longest = await slowest([
        () => worker.enforcement.beforeData(session, attribution, 'connect'),
        () => worker.enforcement.beforeData(session, attribution, 'mail'),
        () => worker.enforcement.atData(worker.session(sender), attribution, worker.message(sender)),
      ])
      assert.ok(longest < 150, `${longest} ms`)
    }
    assert.ok((worker.faults.get('deadline') ?? 0) > 0)
    assert.equal((await worker.send(stranger)).code, 250)
  })

  it('whose pauses cannot be read turns nobody away and moves no clock (C4, F1, F2)', async () => {
    const { world, worker } = await blocked()
    const key = formatKey('xe', { kind: 'tenant', tenant: 'contoso' })
    world.entries.set(key, { version: 1, expiresAt: null, json: '{"schema":999}' })
    assert.deepEqual(
      [seen(await worker.send(old)), seen(await worker.send({ ...old, build: null }))],
      ['250 data', '250 data'],
    )
    const clock = (await world.server(old.server))?.clock
    assert.deepEqual(clock?.state === 'running' && clock.reachedMs, 0)
    assert.equal((await worker.send({ ...old, build: newBuild })).code, 250)
    assert.equal((await world.server(old.server))?.clock.state, 'clear', 'recovery needs no pause')
    assert.equal((await world.server(old.server))?.recovery?.elapsedMs, 0)
  })

  it('that took the server but not the path does not lose the path: the next flush brings it (S2, F2)', async () => {
    const { world, worker } = await blocked('[enforcement]\nspread = no\nrefuse_at = mail\n')
    await worker.send(old)
    assert.equal(seen(await worker.send(old)), '550 mail')
    world.store.health = 'refusing'
    world.store.only = (operation, kind) => operation === 'replace' && kind === 'path'
    world.time += 5 * minuteMs + 1
    assert.equal(seen(await worker.send(other)), '250 data')
    assert.equal(seen(await worker.send(old)), '550 data')
    assert.equal(seen(await worker.send(other)), '250 data', 'this process knows who stands there')
    await worker.enforcement.flush()
    assert.equal(seen(await worker.send(other)), '250 data', 'after a flush that failed, too')
    world.store.health = 'up'
    await worker.enforcement.flush()
    const another = await world.worker('[enforcement]\nspread = no\nrefuse_at = mail\n')
    assert.equal(seen(await another.send(other)), '250 data', 'and so do the others')
    assert.equal(worker.faults.get('sighting-dropped'), undefined)
  })

  it('whose record is damaged is left alone, and the mail accepted (F1)', async () => {
    const { world, worker } = await blocked()
    await worker.send(old)
    for (const [key, entry] of world.entries) world.entries.set(key, { ...entry, json: '{' })
    const fresh = await world.worker(unspread)
    assert.equal(seen(await fresh.send(old)), '250 data')
    assert.equal(fresh.faults.get('sighting-dropped'), 3, 'the server, and its paths by EHLO and by address')
    assert.ok([...world.entries.values()].every(({ json }) => json === '{'))
    await fresh.enforcement.flush()
    assert.ok([...world.entries.values()].every(({ json }) => json === '{'))
  })

  it('whose record is damaged says so, once for each time that it was asked', async () => {
    const { world, worker } = await blocked()
    const key: Key<'server'> = { kind: 'server', tenant: 'contoso', server: old.server }
    const recall = new Recall(worker.around)
    const ask = () => recall.server(key, true, new Deadline(1000))
    await ask()
    assert.equal(worker.faults.get('unreadable-record'), undefined)
    world.entries.set(formatKey('xe', key), { version: 1, expiresAt: null, json: 'x' })
    assert.equal((await ask()).record, null)
    assert.equal(worker.faults.get('unreadable-record'), 1)
    await ask()
    assert.equal(worker.faults.get('unreadable-record'), 2)
  })

  it('gives back the path that was damaged after it was read to nobody, and says so (F2)', async () => {
    const { world, worker } = await blocked()
    await worker.send(old)
    await worker.send(old)
    for (const [key, entry] of world.entries) world.entries.set(key, { ...entry, json: '{' })
    await worker.enforcement.flush()
    assert.equal(worker.faults.get('sighting-dropped'), 3, 'counts of the server, times of its two paths')
    await worker.enforcement.flush()
    assert.equal(worker.faults.get('sighting-dropped'), 3, 'it is not tried again for ever')
  })

  it('does not use up the room for new servers by its outage (F2)', async () => {
    const { world, worker } = await blocked()
    world.store.health = 'refusing'
    for (let message = 0; message < 1100; message += 1) await worker.send(old)
    world.store.health = 'up'
    world.time += 2000
    await new Promise((resolve) => setTimeout(resolve, 1050))
    await worker.send(other)
    assert.equal((await world.server(other.server))?.clock.state, 'clear')
    assert.equal(worker.faults.get('newcomer-dropped'), undefined)
  })
})

describe('a clock that is not trusted', () => {
  it('enforces nothing and writes nothing (F5)', async () => {
    const { world, worker } = await blocked()
    await worker.send(old)
    await worker.send(old)
    await worker.enforcement.flush()
    worker.trusted = false
    const before = JSON.stringify([...world.entries])
    assert.equal(seen(await worker.send(old)), '250 data')
    assert.equal(seen(await worker.send({ ...old, build: newBuild })), '250 data')
    const field =
      'Received: from x (192.0.2.1) by ex09.contoso.local (192.0.2.2) with Microsoft SMTP Server; Wed, 4 Mar 2026 09:00:00 +0000'
    assert.equal(seen(await worker.send({ server: '', build: null, field })), '250 data')
    await worker.enforcement.flush()
    assert.equal(JSON.stringify([...world.entries]), before)
    assert.equal(worker.faults.get('sighting-dropped'), 2)
    worker.trusted = true
    assert.equal((await worker.send(old)).code, 550)
  })

  it('throws away what was gathered when it is found out, since its times may be wrong', async () => {
    const { world, worker } = await blocked()
    await worker.send(old)
    await worker.send(old)
    worker.trusted = false
    await worker.enforcement.flush()
    worker.trusted = true
    const before = JSON.stringify([...world.entries])
    await worker.enforcement.flush()
    assert.equal(JSON.stringify([...world.entries]), before)
    assert.equal(worker.faults.get('sighting-dropped'), 3)
  })
})

describe('what enforcement costs and keeps', () => {
  it('costs neither a read nor a write per message in steady state, and one write a record at a flush', async () => {
    const world = new World()
    const worker = await world.worker(unspread)
    const senders = [old, other, { ...other, server: 'ex03.contoso.local', address: '192.0.2.30' }]
    for (const sender of senders)
      for (let sighting = 0; sighting < 3; sighting += 1) await worker.send(sender)
    await worker.enforcement.flush()
    world.store.calls.length = 0
    for (let message = 0; message < 3000; message += 1) {
      world.time += 10
      await worker.send(senders[message % 3] ?? old)
    }
    assert.deepEqual(world.store.calls, [])
    await worker.enforcement.flush()
    // Three servers; two paths with EHLO names and two of addresses.
    assert.deepEqual([world.store.count('replace server'), world.store.count('replace path')], [3, 4])
    await worker.enforcement.flush()
    assert.equal(world.store.count('replace'), 7, 'nothing was gathered since')
    const record = await world.server(old.server)
    assert.deepEqual(record?.days, { '2026-03-04': { accepted: 1003, deferred: 0, refused: 0 } })
    assert.equal(record.lastSeenAt, world.time - 20)
    assert.equal(record.lastEvidence?.at, world.time - 20)
  })

  it('adds up the counts of several workers by day, and keeps the newest 120 days', async () => {
    const { world, worker } = await blocked()
    const second = await world.worker(unspread)
    for (let day = 0; day < 130; day += 1) {
      world.time += dayMs
      for (const each of [worker, second]) {
        await each.send(old)
        await each.enforcement.flush()
      }
    }
    const days = Object.entries((await world.server(old.server))?.days ?? {})
    assert.equal(days.length, 120)
    assert.ok(days.every(([, counts]) => counts.refused === 2))
  })

  it('remembers no more than 100 paths of one address in an hour, whatever it calls itself', async () => {
    const { world, worker } = await blocked()
    for (let name = 0; name < 10_000; name += 1) {
      const told = await worker.send({ ...other, ehlo: `h${name}.contoso.com` })
      assert.equal(told.code, 250)
    }
    const paths = [...world.entries.keys()].filter((key) => key.includes(':path:'))
    assert.equal(paths.length, 100, 'one of them that of the address')
    assert.ok((worker.faults.get('newcomer-dropped') ?? 0) >= 9900)
    world.time += hourMs
    await worker.send({ ...other, ehlo: 'later.contoso.com' })
    assert.equal([...world.entries.keys()].filter((key) => key.includes(':path:')).length, 101)
  })

  it('remembers no more than 1000 new servers of a tenant in an hour, and does not speak for a path they are on', async () => {
    const { world, worker } = await blocked('[enforcement]\nspread = no\nrefuse_at = mail\n')
    for (let name = 0; name < 1010; name += 1) {
      await worker.send({
        server: `h${name}.contoso.com`,
        build: newBuild,
        address: `192.0.2.${100 + (name % 100)}`,
      })
    }
    assert.equal([...world.entries.keys()].filter((key) => key.includes(':server:')).length, 1001)
    await worker.send(old)
    assert.equal(seen(await worker.send(old)), '550 mail')
    world.time += 5 * minuteMs + 1
    assert.equal(seen(await worker.send(other)), '250 data')
    assert.equal(await world.server(other.server), null)
    await worker.send(old)
    assert.equal(seen(await worker.send(other)), '250 data', 'memory knows that another server stands there')
  })

  it('does not speak for a crowded path, and writes nothing for each of its messages', async () => {
    const { world, worker } = await blocked('[enforcement]\nspread = no\nrefuse_at = data\n')
    for (let name = 0; name < 70; name += 1) {
      await world.outdated(`h${name}.contoso.com`, 95)
      await worker.send({ server: `h${name}.contoso.com`, build: oldBuild })
    }
    worker.reconfigure(mainText('[enforcement]\nspread = no\nrefuse_at = mail\n'))
    await worker.enforcement.flush()
    world.store.calls.length = 0
    for (let message = 0; message < 100; message += 1) {
      assert.equal(
        seen(await worker.send({ server: `h${message % 70}.contoso.com`, build: oldBuild })),
        '550 data',
      )
    }
    assert.equal(world.store.count('replace path'), 0)
  })
})
