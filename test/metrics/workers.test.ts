import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { counters, workerStates } from '../../src/metrics/catalogue'
import { Fleet } from '../../src/metrics/fleet'
import { together, type Health } from '../../src/metrics/health'
import { Recorder } from '../../src/metrics/recorder'
import { messageEvent } from '../../src/metrics/report'
import { slotName, Tally } from '../../src/metrics/tally'
import { WorkerReporter, type MasterChannel } from '../../src/metrics/worker-reporter'

const well: Health = { storeUp: true, configGood: true, catalogueTimestamp: 100 }

/** Master and workers in one process; what they send arrives a turn later, as it does between processes. */
class FakeCluster extends EventEmitter {
  workers: Record<number, FakeWorker> = {}

  forget(id: number): void {
    this.workers = Object.fromEntries(Object.entries(this.workers).filter(([each]) => Number(each) !== id))
  }
}

class FakeWorker extends EventEmitter {
  readonly tally = new Tally()
  readonly recorder = new Recorder(this.tally)
  readonly reporter: WorkerReporter
  health = well
  connected = true
  hung = false
  readonly questions: unknown[] = []
  /** Whether the channel takes messages off the sender's hands. */
  draining = true
  sent = 0

  constructor(
    readonly cluster: FakeCluster,
    readonly id: number,
  ) {
    super()
    const isConnected = (): boolean => this.connected
    const channel: MasterChannel = {
      get connected() {
        return isConnected()
      },
      send: (message, _handle, _options, callback) => {
        this.sent += 1
        const copy: unknown = structuredClone(message)
        if (!this.draining) return false
        setImmediate(() => {
          cluster.emit('message', this, copy)
          callback(null)
        })
        return true
      },
      on: (event, listener) => this.on(event, listener),
      off: (event, listener) => this.off(event, listener),
    }
    this.reporter = new WorkerReporter(this.tally, this.recorder, () => this.health, channel)
    cluster.workers[id] = this
  }

  isConnected(): boolean {
    return this.connected
  }

  send(message: unknown): boolean {
    this.questions.push(message)
    if (!this.hung) setImmediate(() => this.emit('message', structuredClone(message)))
    return true
  }

  /** As by kill -9: nothing more is heard of it. */
  die(): void {
    this.hung = true
    this.connected = false
    this.cluster.forget(this.id)
  }
}

describe('Master and workers', () => {
  let cluster: FakeCluster
  let tally: Tally
  let fleet: Fleet
  const started: FakeWorker[] = []

  const worker = (id: number): FakeWorker => {
    const made = new FakeWorker(cluster, id)
    started.push(made)
    made.reporter.start()
    return made
  }
  const total = (kind: string): number => tally.value(tally.slot(slotName(counters.sightings, [kind])))
  const states = (): number[] => workerStates.map((state) => fleet.states().get(state) ?? 0)

  beforeEach(() => {
    cluster = new FakeCluster()
    tally = new Tally()
    fleet = new Fleet(tally, cluster)
    fleet.start()
  })
  afterEach(() => {
    for (const each of started.splice(0)) each.reporter.stop()
    fleet.stop()
    assert.equal(cluster.listenerCount('message'), 0)
  })

  it('add up to the sum of what was counted, the last of it included', async () => {
    const [one, two] = [worker(1), worker(2)]
    await sleep(5)
    for (let i = 0; i < 3; i += 1) one.recorder.count('sightings', { kind: 'exchange' })
    two.recorder.count('sightings', { kind: 'exchange' })
    new Recorder(tally).count('sightings', { kind: 'exchange' })
    await fleet.gather(1000)
    assert.equal(total('exchange'), 5)
    await fleet.gather(1000)
    assert.equal(total('exchange'), 5)
    assert.deepEqual(states(), [0, 2, 0])
  })

  it('keep what a dead worker had told, and count its successor on top', async () => {
    const one = worker(1)
    await sleep(5)
    one.recorder.count('sightings', { kind: 'none' })
    await fleet.gather(1000)
    one.die()
    assert.equal(total('none'), 1)
    assert.deepEqual([states(), fleet.health()], [[0, 0, 0], []])
    const two = worker(2)
    await sleep(5)
    two.recorder.count('sightings', { kind: 'none' })
    await fleet.gather(1000)
    assert.equal(total('none'), 2)
  })

  it('wait for a hung worker once, and not again until it speaks', async () => {
    const [one, two] = [worker(1), worker(2)]
    await sleep(5)
    one.hung = true
    two.recorder.count('sightings', { kind: 'none' })
    const begun = performance.now()
    await fleet.gather(60)
    const first = performance.now() - begun
    assert.ok(first >= 55 && first < 500, String(first))
    assert.equal(total('none'), 1)
    assert.deepEqual(states(), [0, 1, 1])
    const again = performance.now()
    for (let i = 0; i < 20; i += 1) await fleet.gather(1000)
    assert.ok(performance.now() - again < 500)
    assert.equal(one.questions.length, 1)

    one.hung = false
    one.emit('message', one.questions[0])
    await sleep(5)
    assert.deepEqual(states(), [0, 2, 0])
  })

  it('take a worker that dies while it is asked for one that is gone', async () => {
    const one = worker(1)
    await sleep(5)
    one.hung = true
    const gathering = fleet.gather(50)
    one.die()
    await gathering
    assert.deepEqual(states(), [0, 0, 0])
  })

  it('call a worker starting until its plugin has reported, and do not ask it', async () => {
    const silent = new FakeWorker(cluster, 7)
    const begun = performance.now()
    await fleet.gather(1000)
    assert.ok(performance.now() - begun < 500)
    assert.deepEqual(states(), [1, 0, 0])
    assert.deepEqual(silent.questions, [])
  })

  it('hear every count of a worker that is shutting down while its sessions go on', async () => {
    const one = worker(1)
    await sleep(5)
    one.recorder.count('sightings', { kind: 'none' })
    one.reporter.stop()
    // The cluster module forgets a worker that it was told to disconnect.
    cluster.forget(1)
    for (let i = 0; i < 3; i += 1) {
      one.recorder.count('sightings', { kind: 'none' })
      one.recorder.decisionTook('data_post', 0.001)
      await sleep(5)
    }
    assert.equal(total('none'), 4)
    assert.deepEqual(fleet.health(), [])
  })

  it('get an answer to a question that crosses a report', async () => {
    const one = worker(1)
    await sleep(5)
    one.reporter.stop()
    one.reporter.start()
    one.recorder.count('sightings', { kind: 'none' })
    one.emit('message', { event: messageEvent, ask: true })
    one.recorder.count('sightings', { kind: 'none' })
    one.emit('message', { event: messageEvent, ask: true })
    const answers: unknown[] = []
    cluster.on('message', (_worker, message: { answer: boolean }) => answers.push(message.answer))
    await sleep(10)
    cluster.removeAllListeners('message')
    assert.deepEqual([answers, total('none')], [[true, true], 2])
  })

  it('do not pile up messages in the channel to a master that is hung', () => {
    const one = worker(1)
    one.draining = false
    const before = one.sent
    for (let i = 0; i < 100; i += 1) {
      one.recorder.count('sightings', { kind: 'none' })
      one.emit('message', { event: messageEvent, ask: true })
    }
    assert.ok(one.sent - before <= 1)
  })

  it('pass over messages that are not theirs, or of another version', () => {
    const strange: unknown[] = [
      null,
      7,
      'text',
      [],
      {},
      { event: 'outbound.flush_queue' },
      { event: messageEvent },
      { event: messageEvent, health: 5 },
      {
        event: messageEvent,
        health: {},
        changes: { nothing: 3, [slotName(counters.sightings, ['none'])]: 'x' },
      },
      { event: messageEvent, health: {}, changes: { [slotName(counters.sightings, ['none'])]: -1 } },
      { event: messageEvent, health: {}, changes: { [slotName(counters.sightings, ['none'])]: NaN } },
      {
        event: messageEvent,
        health: {},
        changes: { [slotName(counters.sightings, ['none'])]: 2, new_total: 1 },
      },
    ]
    for (const message of strange) cluster.emit('message', { id: 9 }, message)
    assert.equal(total('none'), 2)
  })

  it('lose and invent nothing, however the counts fall between the reports', () => {
    const kinds = ['exchange', 'exchange-online', 'not-exchange', 'none'] as const
    fc.assert(
      fc.property(fc.array(fc.option(fc.constantFrom(...kinds), { nil: null })), (steps) => {
        const [master, own] = [new Tally(), new Tally()]
        const recorder = new Recorder(own)
        for (const step of steps) {
          if (step) recorder.count('sightings', { kind: step })
          else master.addChanges(own.takeChanges() ?? {})
        }
        master.addChanges(own.takeChanges() ?? {})
        assert.equal(own.takeChanges(), null)
        for (const kind of kinds) {
          const slot = master.slot(slotName(counters.sightings, [kind]))
          assert.equal(master.value(slot), steps.filter((step) => step === kind).length)
        }
      }),
    )
  })

  it('are well together only if each is, with the oldest catalogue', () => {
    assert.deepEqual(together([well, { storeUp: false, configGood: true, catalogueTimestamp: 50 }]), {
      storeUp: false,
      configGood: true,
      catalogueTimestamp: 50,
    })
    assert.deepEqual(together([]), { storeUp: true, configGood: true, catalogueTimestamp: 0 })
  })
})
