import assert from 'node:assert/strict'
import { Administer } from '../../src/enforcement/administer'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { cached } from '../../src/store/cached'
import { newBuild, oldBuild, World, type Sender, type Told, type Worker } from './world'

const old: Sender = { server: 'ex01.contoso.local', build: oldBuild }
const patched: Sender = { ...old, build: newBuild }
const unspread = '[enforcement]\nspread = no\n'

function seen({ code, at }: Told): string {
  return `${code} ${at}`
}

/** Three sightings that span a day, so that the clock runs from the first of them. */
async function detect(world: World, worker: Worker, sender = old): Promise<void> {
  for (let sighting = 1; sighting <= 3; sighting += 1) {
    if (sighting > 1) world.time += 12 * hourMs
    await worker.send(sender)
  }
}

function administrator(world: World): Administer {
  return new Administer(cached(world.memory, { maxEntries: 100, ttlMs: 60_000 }), world.memory)
}

describe('one server over months', () => {
  it('is detected by the third of its outdated sightings that span 24 hours (C1)', async () => {
    const world = new World()
    const worker = await world.worker()
    const first = world.time
    await worker.send(old)
    world.time += 24 * hourMs - 1
    await worker.send(old)
    await worker.send(old)
    assert.equal((await world.server(old.server))?.clock.state, 'suspected')
    world.time += 1
    const { outcome } = await worker.send(old)
    assert.deepEqual(outcome.events, ['detected'])
    const clock = (await world.server(old.server))?.clock
    assert.deepEqual(clock?.state === 'running' && [clock.startedAt, clock.detectedAt], [first, world.time])
  })

  it('begins anew where a compliant sighting lies between the outdated ones (C1)', async () => {
    const world = new World()
    const worker = await world.worker()
    await worker.send(old)
    await worker.send(old)
    await worker.send(patched)
    world.time += 24 * hourMs
    assert.deepEqual((await worker.send(old)).outcome.events, [])
    const clock = (await world.server(old.server))?.clock
    assert.deepEqual(clock, { state: 'suspected', firstAt: world.time, sightings: 1 })
  })

  it('is deferred and refused by the stages of the schedule, to the millisecond (C6, W1)', async () => {
    const world = new World()
    // Nothing is spoken before DATA, so that every reply is by the message's own evidence.
    const worker = await world.worker(`${unspread}defer_at = data\n`)
    world.toMinute(0, 0)
    const startedAt = world.time
    await detect(world, worker)
    const day = (days: number, minute: number, ms = 0): number =>
      startedAt + days * dayMs + minute * minuteMs + ms
    const table: readonly (readonly [number, string, string])[] = [
      [day(30, 0, -1), '250', 'a millisecond before day 30 is stage 1'],
      [day(30, 0), '450 for 5 mins', 'day 30 to the millisecond is stage 2'],
      [day(30, 5, -1), '450 for 5 mins', 'the last millisecond of the window'],
      [day(30, 5), '250', 'after the window'],
      [day(40, 9), '450 for 10 mins', 'stage 3'],
      [day(40, 10), '250', 'stage 3, after its window'],
      [day(50, 19), '450 for 20 mins', 'stage 4'],
      [day(60, 29), '450 for 30 mins', 'stage 5 defers first'],
      [day(60, 30), '550 for 5 mins', 'stage 5 refuses right after'],
      [day(60, 35), '250', 'stage 5, after both'],
      [day(70, 39), '550 for 10 mins', 'stage 6'],
      [day(80, 49), '550 for 20 mins', 'stage 7'],
      [day(90, 0, -1), '250', 'a millisecond before day 90 is minute 59 of stage 7'],
      [day(90, 0), '550 for 60 mins', 'stage 8'],
      [day(400, 59), '550 for 60 mins', 'stage 8 has no end and no free minute'],
    ]
    for (const [at, expected, why] of table) {
      // A server that is never heard of is forgotten after 400 days; this one writes every few hours.
      while (at - world.time > 5 * dayMs) {
        world.time += 5 * dayMs - (world.time % hourMs) + 50 * minuteMs
        await worker.send(old)
        await worker.enforcement.flush()
      }
      world.time = at
      const { code, outcome } = await worker.send(old)
      const minutes = /for \d+ mins/.exec(outcome.reply?.text ?? '')?.[0]
      assert.equal([code, minutes].filter(Boolean).join(' '), expected, why)
    }
    const stages = (await world.server(old.server))?.events.map((event) =>
      event.kind === 'stage' ? event.stage : event.kind,
    )
    assert.deepEqual(stages, ['detected', 2, 3, 4, 5, 6, 7, 8])
  })

  it('is let in at once by a pause, an exemption or a recovery that another process wrote (S2, C2, C4, C5)', async () => {
    const world = new World()
    const [one, two] = [await world.worker(unspread), await world.worker(unspread)]
    await world.outdated(old.server, 95)
    const administer = administrator(world)
    assert.equal(seen(await one.send(old)), '550 data')
    assert.equal(seen(await two.send(old)), '550 data')

    const order = { tenant: 'contoso', days: 3, from: null, reason: 'patching', daysPerYear: 90, id: 'p1' }
    assert.ok((await administer.pause({ ...order, now: world.time })).ok)
    assert.equal(seen(await one.send(old)), '250 data', 'paused by another process')
    world.time += dayMs
    assert.ok((await administer.resume('contoso', world.time, false, 'done')).ok)
    // Memory may be out of date to accept by, for no longer than two lives of an entry.
    world.time += 121_000
    assert.equal(seen(await one.send(old)), '550 data', 'resumed early')

    const exemption = { id: 'e1', until: world.time + hourMs, reason: 'agreed', createdAt: world.time }
    for (const target of [
      { kind: 'tenant' },
      { kind: 'connector', connector: 'hybrid' },
      { kind: 'server', server: old.server },
    ] as const) {
      assert.ok((await administer.exempt('contoso', { ...exemption, target })).ok)
      assert.equal(seen(await two.send(old)), '250 data', target.kind)
      assert.ok((await administer.unexempt('contoso', target, world.time, 'over')).ok)
      world.time += 121_000
      assert.equal(seen(await two.send(old)), '550 data', `${target.kind}, no longer`)
    }
    const others = [
      { kind: 'connector', connector: 'partner' },
      { kind: 'server', server: 'ex02.contoso.local' },
    ] as const
    for (const target of others) {
      assert.ok((await administer.exempt('contoso', { ...exemption, until: world.time + hourMs, target })).ok)
      assert.equal(seen(await two.send(old)), '550 data', `exempts another ${target.kind}`)
    }

    assert.equal(seen(await one.send(patched)), '250 data')
    assert.equal((await world.server(old.server))?.clock.state, 'clear')
    assert.equal(seen(await two.send(old)), '250 data', 'recovered by the other worker')
  })

  it('stands still while paused, and goes on where it stood after a relapse (C3, C4)', async () => {
    const world = new World()
    const worker = await world.worker(`${unspread}defer_at = data\n`)
    world.toMinute(0, 0)
    await world.outdated(old.server, 29)
    const order = { tenant: 'contoso', days: 10, from: null, reason: 'moving', daysPerYear: 90, id: 'p1' }
    assert.ok((await administrator(world).pause({ ...order, now: world.time })).ok)
    world.time += 10 * dayMs
    assert.equal((await worker.send(old)).code, 250, 'day 29 still')
    world.time += dayMs
    assert.equal((await worker.send(old)).code, 450, 'day 30')
    assert.deepEqual((await worker.send(patched)).outcome.events, ['recovered'])
    world.time += 29 * dayMs
    await detect(world, worker)
    const clock = (await world.server(old.server))?.clock
    assert.deepEqual(clock?.state === 'running' && clock.carriedMs, 30 * dayMs)
    assert.deepEqual(
      (await world.server(old.server))?.events.map(({ kind }) => kind),
      ['paused', 'stage', 'recovered', 'relapsed', 'stage'],
    )
    world.toMinute(0, 1)
    assert.equal((await worker.send(old)).code, 450, 'day 31 of the clock that goes on')
  })

  it('keeps its stage when the clock of the host jumps back (F5)', async () => {
    const world = new World()
    const worker = await world.worker(`${unspread}refuse_at = data\n`)
    await world.outdated(old.server, 91)
    assert.equal((await worker.send(old)).code, 550)
    world.time -= 80 * dayMs
    const { code, outcome } = await worker.send(old)
    assert.deepEqual([code, outcome.decision.stage], [550, 8])
  })
})

describe('a path that memory speaks for', () => {
  const behind: Sender = { ...old, server: 'ex02.contoso.local' }
  const everywhere = ['connect', 'mail', 'data'] as const

  it('is told at MAIL only while its last evidence is at most recheck_minutes old (S2, S3)', async () => {
    const world = new World()
    const worker = await world.worker(unspread)
    await world.outdated(old.server, 55)
    world.toMinute(0, 1)
    assert.equal(seen(await worker.send(old)), '450 data', 'the path is new: its build is looked at')
    world.time += 5 * minuteMs
    assert.equal(seen(await worker.send(old)), '450 mail', 'five minutes old')
    world.time += 1
    assert.equal(seen(await worker.send(old)), '450 data', 'too old by a millisecond: looked at again')
    world.time += 1
    assert.equal(seen(await worker.send(old)), '450 mail', 'looked at a moment ago')
    assert.deepEqual(
      worker.counted.filter(([name]) => name === 'rechecks').map(([, { result }]) => result),
      ['still-outdated', 'still-outdated'],
    )
  })

  it('lets a patched server in with the first message that shows its new build, wherever refusals are spoken (S3)', async () => {
    for (const place of everywhere) {
      const world = new World()
      const worker = await world.worker(`${unspread}refuse_at = ${place}\n`)
      await world.outdated(old.server, 95)
      assert.equal(seen(await worker.send(old)), '550 data', 'a new path')
      assert.equal(seen(await worker.send(old)), `550 ${place}`)
      world.time += 5 * minuteMs + 1
      assert.equal(seen(await worker.send(patched)), '250 data', `refuse_at = ${place}`)
      assert.equal(seen(await worker.send(patched)), '250 data')
      assert.equal((await world.server(old.server))?.clock.state, 'clear')
    }
  })

  it('never turns the compliant one of two servers away, in any stage, minute and place, with two workers', async () => {
    const compliant: Sender = { ...behind, build: newBuild }
    for (const [days, minute] of [
      [35, 1],
      [45, 1],
      [55, 1],
      [65, 1],
      [65, 31],
      [75, 31],
      [85, 31],
      [95, 1],
    ] as const) {
      for (const deferAt of everywhere) {
        for (const refuseAt of everywhere) {
          const world = new World()
          const text = `${unspread}defer_at = ${deferAt}\nrefuse_at = ${refuseAt}\n`
          const workers = [await world.worker(text), await world.worker(text)]
          world.toMinute(0, minute)
          await world.outdated(old.server, days)
          for (const sender of [compliant, old, compliant]) await workers[0]?.send(sender)
          for (const worker of workers) {
            assert.notEqual((await worker.send(old)).code, 250)
            assert.equal(
              seen(await worker.send(compliant)),
              '250 data',
              `day ${days}, ${deferAt}, ${refuseAt}`,
            )
          }
        }
      }
    }
  })

  it('remembers a server for path_memory_days (S2)', async () => {
    const world = new World()
    const worker = await world.worker(unspread)
    world.toMinute(0, 1)
    await world.outdated(old.server, 55)
    await worker.send({ ...behind, build: newBuild })
    world.time += 7 * dayMs - 1
    await worker.send(old)
    assert.equal(seen(await worker.send(old)), '450 data', 'the other was seen seven days ago')
    world.time += minuteMs
    assert.equal(seen(await worker.send(old)), '450 mail', 'the other is forgotten')
  })

  it('is not spoken for by what another worker has seen and this one cannot know from its cache (S2)', async () => {
    const world = new World()
    const [one, two] = [await world.worker(unspread), await world.worker(unspread)]
    world.toMinute(0, 1)
    await world.outdated(old.server, 55)
    await one.send(old)
    await two.send(old)
    assert.equal(seen(await two.send(old)), '450 mail')
    assert.equal(
      seen(await one.send({ ...behind, build: newBuild, ehlo: 'MAIL.contoso.com' })),
      '450 mail',
      'not seen before',
    )
    world.time += 5 * minuteMs
    await two.enforcement.flush()
    world.time += 1
    assert.equal(seen(await one.send({ ...behind, build: newBuild })), '250 data')
    assert.equal(seen(await two.send(old)), '450 data', 'memory now knows of two')
  })

  it('knows at connect the servers from before refusals were moved there (S2, S6)', async () => {
    const world = new World()
    const worker = await world.worker(unspread)
    await world.outdated(old.server, 95)
    await worker.send({ ...behind, build: newBuild, ehlo: 'other.contoso.com' })
    worker.reconfigure(
      `[main]\nmode = enforce\n[policy]\npreset = custom\nfloors = ${newBuild}\n${unspread}refuse_at = connect\n`,
    )
    assert.equal(seen(await worker.send(old)), '550 data')
    assert.equal(
      seen(await worker.send({ ...behind, build: newBuild, ehlo: 'other.contoso.com' })),
      '250 data',
    )
    assert.equal(seen(await worker.send(old)), '550 mail', 'known by its EHLO name, not by its address alone')
  })

  it('knows at connect the servers that another connector claimed by certificate (S6)', async () => {
    const world = new World()
    const connectors =
      '[hybrid]\ntenant = contoso\naddresses = 192.0.2.0/24\n[other]\ntenant = fabrikam\ntls_certificate_name = ex.fabrikam.com\n'
    const worker = await world.worker(`${unspread}refuse_at = connect\n`, connectors)
    await world.outdated(old.server, 95)
    await worker.send(old)
    const sender: Sender = { server: 'ex01.fabrikam.local', build: newBuild }
    const session = worker.session(sender)
    const facts = {
      ...session.facts,
      certificate: { names: ['ex.fabrikam.com'], trustedBy: new Set(['system']) },
    }
    const attribution = worker.ruleset.attribute({ ...session, facts })
    assert.ok(attribution.kind === 'connector' && attribution.connector.id === 'other')
    assert.equal(seen(await worker.send(old)), '550 connect')
    await worker.enforcement.atData({ ...session, facts }, attribution, worker.message(sender))
    assert.equal(seen(await worker.send(old)), '550 mail')
  })

  it('treats mail without evidence as its servers, where all are to be turned away now, and else accepts it (S4)', async () => {
    const world = new World()
    const worker = await world.worker(`${unspread}defer_at = data\n`)
    world.toMinute(0, 1)
    await world.outdated(old.server, 65)
    const silent: Sender = { server: '', build: null }
    assert.equal((await worker.send(silent)).code, 250, 'nothing is known of the path')
    await worker.send(old)
    assert.equal((await worker.send(silent)).code, 450)
    await world.outdated(behind.server, 95)
    await worker.send(behind)
    assert.equal((await worker.send(silent)).code, 450, 'of a deferral and a refusal the milder')
    await worker.send({ server: 'ex03.contoso.local', build: newBuild })
    assert.equal((await worker.send(silent)).code, 250, 'one of three is compliant')
  })

  it('does not hold the path against a server that is new to it and whose build cannot be judged (S4, V4)', async () => {
    const world = new World()
    const worker = await world.worker(unspread)
    world.toMinute(0, 1)
    await world.outdated(old.server, 55)
    await worker.send(old)
    const field = `Received: from x (192.0.2.1) by ex09.contoso.local (192.0.2.2) with Microsoft SMTP Server; Wed, 4 Mar 2026 09:00:00 +0000`
    world.time += 5 * minuteMs + 1
    const { outcome, ...told } = await worker.send({ server: '', build: null, field })
    assert.deepEqual([outcome.verdict?.status, told.code], ['undetermined', 250])
    await worker.send(old)
    assert.equal(seen(await worker.send(old)), '450 data', 'two servers stand there now')
    assert.equal((await worker.send({ server: '', build: null, field })).code, 250)
  })

  it('lets Exchange Online pass, and partners and mode = report', async () => {
    const world = new World()
    const worker = await world.worker(unspread)
    await world.outdated(old.server, 95)
    await worker.send(old)
    const online =
      'Received: from a.prod.outlook.com (2603::1) by b.prod.outlook.com (2603::2) with Microsoft SMTP Server id 15.20.9000.1; Wed, 4 Mar 2026 09:00:00 +0000'
    assert.equal((await worker.send({ server: '', build: null, field: online })).code, 250)
    assert.equal((await worker.send({ ...old, address: '198.51.100.7' })).code, 250)
    worker.reconfigure(`[main]\nmode = report\n[policy]\npreset = custom\nfloors = ${newBuild}\n`)
    const { code, outcome } = await worker.send(old)
    assert.deepEqual([code, outcome.decision.demanded], [250, 'refuse'])
    assert.match(outcome.header ?? '', /stage=8; day=95; action=accept/)
    worker.reconfigure(`[main]\nmode = defer\n[policy]\npreset = custom\nfloors = ${newBuild}\n`)
    assert.equal((await worker.send(old)).code, 450)
  })
})
