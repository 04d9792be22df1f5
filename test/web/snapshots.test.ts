import assert from 'node:assert/strict'
import { reportRules } from '../../src/config/report-rules'
import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { collect } from '../../src/report/collect'
import type { Fleet } from '../../src/report/fleet'
import { MemoryStore } from '../../src/store/memory'
import { Snapshots, type Failure } from '../../src/web/snapshots'
import { settingsOf } from '../config/support'
import { becomesTrue } from '../support/processes'

/** Readings that end when they are told to. */
class Readings {
  readonly begun: { readonly end: (fleet: Fleet) => void; readonly fail: (why: string) => void }[] = []
  readonly failures: (Failure | null)[] = []
  readonly snapshots = new Snapshots({
    now: () => Date.UTC(2026, 10, 27),
    read: () => new Promise((end, fail) => this.begun.push({ end, fail: (why) => fail(new Error(why)) })),
    onFailure: (failure) => this.failures.push(failure),
  })

  async next(): Promise<(typeof this.begun)[number]> {
    assert.ok(await becomesTrue(() => this.begun.length > 0, 5_000))
    const reading = this.begun.shift()
    assert.ok(reading)
    return reading
  }
}

describe('Snapshots of the fleet', function () {
  this.timeout(20_000)
  let fleet: Fleet
  let readings: Readings

  before(async () => {
    const store = new MemoryStore({})
    await store.open()
    const rules = reportRules(settingsOf({}), loadCatalogue(packagedCataloguePath()))
    fleet = await collect(store, rules, 0)
  })
  beforeEach(() => {
    readings = new Readings()
  })
  afterEach(() => readings.snapshots.stop())

  it('are there once the first reading has ended', async () => {
    const started = readings.snapshots.start()
    assert.equal(readings.snapshots.current, null)
    const reading = await readings.next()
    reading.end(fleet)
    await started
    assert.equal(readings.snapshots.current, fleet)
  })

  it('are read after whoever asks for one, not before, and once for all who ask meanwhile', async () => {
    const started = readings.snapshots.start()
    const first = await readings.next()
    let seen = 0
    const asked = [1, 2, 3].map(() => readings.snapshots.refresh().then(() => (seen += 1)))
    first.end(fleet)
    await started
    const second = await readings.next()
    assert.equal(seen, 0, 'the reading under way had begun before')
    second.end(fleet)
    await Promise.all(asked)
    assert.equal(readings.begun.length, 0)
  })

  it('stay when a reading fails; it is tried again, and told once for each reason', async () => {
    const started = readings.snapshots.start()
    const first = await readings.next()
    first.end(fleet)
    await started
    for (const why of ['down', 'down', 'denied']) {
      const refreshed = readings.snapshots.refresh()
      const reading = await readings.next()
      reading.fail(why)
      await refreshed
      assert.equal(readings.snapshots.current, fleet)
    }
    assert.deepEqual(
      readings.failures.map((failure) => failure?.why),
      ['down', 'denied'],
    )
    // By itself, after the shortest rest.
    const again = await readings.next()
    again.end(fleet)
    assert.ok(await becomesTrue(() => readings.failures.at(-1) === null, 1_000))
    assert.equal(readings.snapshots.failure, null)
  })

  it('are read again for who looks, and no more after a stop', async () => {
    const started = readings.snapshots.start()
    const first = await readings.next()
    first.end(fleet)
    await started
    readings.snapshots.look()
    const second = await readings.next()
    second.end(fleet)
    readings.snapshots.stop()
    readings.snapshots.look()
    await new Promise((resolve) => setTimeout(resolve, 3_300))
    assert.equal(readings.begun.length, 0)
  })
})
