import assert from 'node:assert/strict'
import { formatBuild } from '../../src/rules/verdict/build'
import { newBuild, oldBuild, World, type Sender, type Worker } from './world'

const compliant: Sender = { server: 'ex01.contoso.com', build: newBuild }
const old: Sender = { ...compliant, build: oldBuild }

/** A worker that knows the server, and has it in its cache. */
async function acquainted(world: World): Promise<Worker> {
  const worker = await world.worker()
  await worker.send(compliant)
  world.time += 5_000
  await worker.send(compliant)
  await worker.enforcement.flush()
  await worker.send(compliant)
  return worker
}

async function version(world: World): Promise<number> {
  return (await world.memory.read({ kind: 'server', tenant: 'contoso', server: old.server })).version
}

describe('A compliant server that writes again within a second', () => {
  it('is told the very same, and counted each time', async () => {
    const world = new World()
    const worker = await acquainted(world)
    const before = worker.counted.length
    const first = await worker.send(compliant)
    world.time += 999
    const second = await worker.send(compliant)
    assert.equal(second.outcome, first.outcome)
    assert.equal(second.code, 250)
    const accepted = worker.counted.slice(before).filter(([name]) => name === 'decisions')
    assert.deepEqual(accepted, Array(2).fill(['decisions', { stage: 'none', action: 'accept', at: 'data' }]))
    await worker.enforcement.flush()
    const record = await world.server(compliant.server)
    assert.equal(record?.days['2026-03-04']?.accepted, 5)
    assert.equal(record?.lastSeenAt, world.time)
    assert.equal(record?.lastEvidence?.at, world.time)
  })

  it('is looked at anew after that second, and with a clock that went back', async () => {
    const world = new World()
    const worker = await acquainted(world)
    const first = await worker.send(compliant)
    world.time += 1_000
    const second = await worker.send(compliant)
    assert.notEqual(second.outcome, first.outcome)
    world.time -= 1
    assert.notEqual((await worker.send(compliant)).outcome, second.outcome)
  })

  it('has recovered where it was outdated in between (C2)', async () => {
    const world = new World()
    const worker = await acquainted(world)
    await worker.send(old)
    const suspected = await world.server(old.server)
    assert.equal(suspected?.clock.state, 'suspected')
    await worker.send(compliant)
    assert.equal((await world.server(old.server))?.clock.state, 'clear')
  })

  it('is waved through at MAIL, and met again at DATA where it became outdated in between (S2, S4)', async () => {
    const world = new World()
    const worker = await world.worker('[enforcement]\nspread = no\nrefuse_at = mail\n')
    const requests = (): number => worker.counted.filter(([name]) => name === 'cacheRequests').length
    await worker.send(compliant)
    await worker.send(compliant)
    const session = worker.session(compliant)
    const attribution = worker.ruleset.attribute(session)
    assert.ok(attribution.kind === 'connector')
    const before = requests()
    const told = await worker.enforcement.beforeData(session, attribution, 'mail')
    assert.equal(told.reply, null)
    assert.equal(requests(), before)
    await world.memory.remove({ kind: 'server', tenant: 'contoso', server: old.server }, await version(world))
    await world.outdated(old.server, 95)
    const seen = async (): Promise<string> => {
      const { code, at } = await worker.send(old)
      return `${code} ${at}`
    }
    assert.equal(await seen(), '250 data', 'memory is asked afresh to turn away only')
    assert.equal(await seen(), '550 data')
    world.time += 1_000
    assert.equal(await seen(), '550 mail')
  })

  const others: [what: string, change: (worker: Worker) => Sender][] = [
    ['comes from another address', () => ({ ...compliant, address: '192.0.2.11' })],
    ['calls itself otherwise', () => ({ ...compliant, ehlo: 'other.contoso.com' })],
    ['is judged by other rules', (worker) => (worker.reconfigure('[main]\nmode=report\n'), compliant)],
  ]
  for (const [what, change] of others) {
    it(`is looked at anew where it ${what}`, async () => {
      const world = new World()
      const worker = await acquainted(world)
      const first = await worker.send(compliant)
      assert.notEqual((await worker.send(change(worker))).outcome, first.outcome)
    })
  }

  it('is shown with the build of its own message', async () => {
    const world = new World()
    const worker = await acquainted(world)
    const newer = '15.1.2507.66'
    const { outcome } = await worker.send({ ...compliant, build: newer })
    const { connecting } = outcome.evidence ?? {}
    assert.equal(connecting?.kind === 'exchange' && connecting.build && formatBuild(connecting.build), newer)
    assert.match(outcome.header ?? '', /build=15\.1\.2507\.66/)
  })

  it('is not answered so while the clock is in doubt (F5)', async () => {
    const world = new World()
    const worker = await acquainted(world)
    const { outcome } = await worker.send(compliant)
    worker.trusted = false
    assert.notEqual((await worker.send(compliant)).outcome, outcome)
    assert.equal(worker.faults.get('sighting-dropped'), 1)
  })
})
