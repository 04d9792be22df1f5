import assert from 'node:assert/strict'
import { Administer, daysLeft, type PauseOrder } from '../../src/enforcement/administer'
import type { Exemption } from '../../src/rules/clock/record'
import { dayMs, hourMs } from '../../src/rules/time'
import { cached } from '../../src/store/cached'
import { guarded } from '../../src/store/guarded'
import { start, World } from './world'

async function office(): Promise<{ world: World; administer: Administer }> {
  const world = new World()
  await world.outdated('ex01.contoso.local', 40)
  await world.outdated('ex02.contoso.local', 50)
  await world.outdated('ex01.fabrikam.local', 50, 'fabrikam')
  const guard = guarded(world.store, { timeoutMs: 100 })
  await guard.open()
  return { world, administer: new Administer(cached(guard, { maxEntries: 100, ttlMs: 60_000 }), guard) }
}

const order: PauseOrder = {
  tenant: 'contoso',
  days: 10,
  from: null,
  reason: 'moving',
  now: start,
  daysPerYear: 90,
  id: 'p1',
}

describe('pauses of a tenant (C4)', () => {
  it('begin now, on a future day or where the running one ends, and are noted with every server of the tenant', async () => {
    const { world, administer } = await office()
    const done = await administer.pause(order)
    assert.ok(done.ok)
    assert.deepEqual(done.value, {
      id: 'p1',
      from: start,
      until: start + 10 * dayMs,
      days: 10,
      reason: 'moving',
      createdAt: start,
    })
    assert.equal(done.warning, null)
    const next = await administer.pause({
      ...order,
      id: 'p2',
      days: 1,
      now: start + dayMs,
      from: start + 10 * dayMs,
    })
    assert.deepEqual(next.ok && next.value.from, start + 10 * dayMs)
    const planned = await administer.pause({ ...order, id: 'p3', days: 1, from: start + 30 * dayMs })
    assert.ok(planned.ok)
    for (const server of ['ex01.contoso.local', 'ex02.contoso.local']) {
      const events = (await world.server(server))?.events
      assert.deepEqual(
        events?.map((event) => event.kind),
        ['paused', 'paused', 'paused'],
      )
      assert.deepEqual(events?.[0], { at: start, kind: 'paused', reason: 'moving (10 days)' })
    }
    assert.deepEqual((await world.server('ex01.fabrikam.local', 'fabrikam'))?.events, [])
  })

  const refusals: readonly (readonly [string, Partial<PauseOrder>, RegExp])[] = [
    ['half a day', { days: 1.5 }, /whole number of days/],
    ['yesterday', { from: start - dayMs }, /cannot begin in the past/],
    ['over another', { from: start + 105 * dayMs }, /overlap the pause from 2026-06-1\d.* to 2026-06-2\d/],
    ['more than the year has', { days: 86 }, /86 of its days begin in 2026, for which 85 are left/],
  ]
  for (const [what, change, why] of refusals) {
    it(`are refused in words: ${what}`, async () => {
      const { administer } = await office()
      assert.ok((await administer.pause({ ...order, id: 'p0', days: 5, from: start + 105 * dayMs })).ok)
      const refused = await administer.pause({ ...order, ...change })
      assert.ok(!refused.ok)
      assert.match(refused.why, why)
    })
  }

  it('end early, with the days not begun given back', async () => {
    const { world, administer } = await office()
    await administer.pause(order)
    await administer.pause({ ...order, id: 'p2', from: start + 50 * dayMs })
    const now = start + 2 * dayMs + hourMs
    const ended = await administer.resume('contoso', now, false, 'done')
    assert.deepEqual(ended.ok && ended.value.map(({ id }) => id), ['p1'])
    const stored = await world.memory.read({ kind: 'tenant', tenant: 'contoso' })
    assert.ok(stored.state === 'present')
    assert.deepEqual(
      stored.value.pauses.map(({ until, days }) => [until, days]),
      [
        [now, 3],
        [start + 60 * dayMs, 10],
      ],
    )
    assert.equal(daysLeft(stored.value.pauses, 2026, 90), 77)
    assert.equal(daysLeft(stored.value.pauses, 2027, 90), 90)
    const none = await administer.resume('contoso', now, false, 'again')
    assert.deepEqual(none, { ok: false, why: 'no pause of contoso is running' })
    const all = await administer.resume('contoso', now, true, 'all of them')
    assert.deepEqual(all.ok && all.value.map(({ id }) => id), ['p2'])
    assert.deepEqual(
      (await world.server('ex01.contoso.local'))?.events.map(({ kind }) => kind),
      ['paused', 'paused', 'resumed', 'resumed'],
    )
  })
})

describe('exemptions (C5)', () => {
  const exemption: Exemption = {
    id: 'e1',
    target: { kind: 'server', server: 'ex01.contoso.local' },
    until: start + dayMs,
    reason: 'agreed',
    createdAt: start,
  }

  it('replace an earlier one of the same target, drop what has run out, and are noted with the servers they concern', async () => {
    const { world, administer } = await office()
    assert.ok((await administer.exempt('contoso', exemption)).ok)
    assert.ok(
      (
        await administer.exempt('contoso', {
          ...exemption,
          id: 'e2',
          target: { kind: 'connector', connector: 'hybrid' },
          until: start + hourMs,
        })
      ).ok,
    )
    assert.ok((await administer.exempt('contoso', { ...exemption, id: 'e3', target: { kind: 'tenant' } })).ok)
    assert.ok(
      (
        await administer.exempt('contoso', {
          ...exemption,
          id: 'e4',
          until: start + 9 * dayMs,
          createdAt: start + 2 * hourMs,
        })
      ).ok,
    )
    const stored = await world.memory.read({ kind: 'tenant', tenant: 'contoso' })
    assert.deepEqual(stored.state === 'present' && stored.value.exemptions.map(({ id }) => id), ['e3', 'e4'])
    assert.equal((await world.server('ex01.contoso.local'))?.events.length, 4)
    assert.equal((await world.server('ex02.contoso.local'))?.events.length, 2)
  })

  it('end when they are taken back, and cannot be over before they begin', async () => {
    const { world, administer } = await office()
    const over = await administer.exempt('contoso', { ...exemption, until: start })
    assert.deepEqual(over, { ok: false, why: 'the exemption would be over already' })
    await administer.exempt('contoso', exemption)
    const none = await administer.unexempt(
      'contoso',
      { kind: 'server', server: 'ex02.contoso.local' },
      start,
      'no',
    )
    assert.deepEqual(none, { ok: false, why: 'there is no such exemption' })
    const ended = await administer.unexempt('contoso', exemption.target, start + 1, 'no more')
    assert.deepEqual(ended.ok && ended.value.map(({ id }) => id), ['e1'])
    assert.deepEqual(
      (await world.server('ex01.contoso.local'))?.events.map(({ kind }) => kind),
      ['exempted', 'unexempted'],
    )
  })
})

describe('a store that fails under an administrative command', () => {
  it('is told of as a refusal where nothing was changed', async () => {
    const { world, administer } = await office()
    world.store.health = 'refusing'
    const answers = [
      await administer.pause(order),
      await administer.resume('contoso', start, true, 'x'),
      await administer.exempt('contoso', {
        id: 'e',
        target: { kind: 'tenant' },
        until: start + 1,
        reason: 'x',
        createdAt: start,
      }),
      await administer.unexempt('contoso', { kind: 'tenant' }, start, 'x'),
    ]
    for (const answer of answers) {
      assert.ok(!answer.ok)
      assert.match(answer.why, /memory could not be written/)
    }
  })

  it('is told of as a warning where the change holds and only a history lacks it', async () => {
    const { world, administer } = await office()
    world.store.health = 'refusing'
    world.store.only = (operation, kind) => operation === 'replace' && kind === 'server'
    world.store.listable = true
    const done = await administer.pause(order)
    assert.deepEqual(done.ok && done.warning, 'it could not be noted in the history of 2 server(s)')
    world.store.listable = false
    const second = await administer.resume('contoso', start + 1, true, 'x')
    assert.ok(second.ok)
    assert.match(second.warning ?? '', /could not be listed/)
    const stored = await world.memory.read({ kind: 'tenant', tenant: 'contoso' })
    assert.deepEqual(stored.state === 'present' && stored.value.pauses.map(({ until }) => until), [start + 1])
  })
})
