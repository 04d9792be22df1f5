import assert from 'node:assert/strict'
import { guarded, type GuardOptions, type Schedule } from '../../src/store/guarded'
import { MemoryStore } from '../../src/store/memory'
import type { RecordKey, RecordKind, Records, Stored } from '../../src/store/store'
import { InvalidRecord, StoreUnavailable } from '../../src/store/unavailable'
import { serverKey, serverRecord } from '../support/records'

/** Time that passes when told to. */
class FakeTime {
  at = 1_000_000
  readonly timers = new Set<{ readonly due: number; readonly run: () => void }>()
  readonly schedule: Schedule = (delayMs, run) => {
    const timer = { due: this.at + delayMs, run }
    this.timers.add(timer)
    return () => void this.timers.delete(timer)
  }

  async pass(ms: number): Promise<void> {
    // Calls that were just made set their timers first.
    await new Promise((resolve) => setImmediate(resolve))
    this.at += ms
    for (const timer of this.timers) {
      if (timer.due > this.at) continue
      this.timers.delete(timer)
      timer.run()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Answers as it is told: at once, never, late or with an error. */
class MoodyStore extends MemoryStore {
  calls = 0
  opens = 0
  mood: 'well' | 'hangs' | 'fails' = 'well'
  readonly late: { resolve: () => void; reject: (error: Error) => void }[] = []

  override async open(): Promise<void> {
    this.opens += 1
    await this.#feel()
  }

  override async read<K extends RecordKind>(key: RecordKey<K>): Promise<Stored<Records[K]>> {
    this.calls += 1
    await this.#feel()
    return super.read(key)
  }

  #feel(): Promise<void> {
    if (this.mood === 'well') return Promise.resolve()
    if (this.mood === 'fails') return Promise.reject(new Error('down'))
    return new Promise((resolve, reject) => this.late.push({ resolve, reject }))
  }
}

const key = serverKey('a')

async function setUp(options: Partial<GuardOptions> = {}) {
  const time = new FakeTime()
  const store = new MoodyStore()
  const errors: string[] = []
  const durations: string[] = []
  const guard = guarded(store, {
    timeoutMs: 200,
    now: () => time.at,
    schedule: time.schedule,
    onError: (operation, reason) => errors.push(`${operation} ${reason}`),
    onDuration: (operation, seconds) => durations.push(`${operation} ${seconds >= 0 && seconds < 5}`),
    ...options,
  })
  await guard.open()
  return { time, store, guard, errors, durations }
}

async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    assert.ok(error instanceof StoreUnavailable)
    return error.reason
  }
}

describe('The guard of a store', () => {
  it('hands on what the store answers and counts its time', async () => {
    const { guard, time, errors, durations } = await setUp()
    assert.equal(await guard.replace(key, 0, serverRecord('a'), null), true)
    assert.equal((await guard.read(key)).state, 'present')
    assert.equal((await guard.readAll([key])).length, 1)
    const listed: string[] = []
    for await (const { key: found } of guard.list('server')) listed.push(found.server)
    assert.deepEqual(listed, ['a'])
    assert.equal(await guard.prune(0), 0)
    assert.equal(await guard.time(), null)
    assert.equal(time.timers.size, 0, 'no timer is left')
    assert.deepEqual(errors, [])
    assert.deepEqual(
      new Set(durations),
      new Set(['open', 'replace', 'read', 'list', 'prune', 'time'].map((op) => `${op} true`)),
    )
  })

  it('answers at its deadline, not before, and ignores what comes later', async () => {
    const { guard, store, time, errors } = await setUp()
    store.mood = 'hangs'
    let reason = ''
    void reasonOf(guard.read(key)).then((found) => (reason = found))
    const second = reasonOf(guard.read(key))
    await time.pass(199)
    assert.equal(reason, '')
    await time.pass(1)
    assert.equal(reason, 'timeout')
    assert.equal(await second, 'timeout')
    // A late rejection must not end the process, nor a late answer close anything.
    store.late[0]?.reject(new Error('late'))
    store.late[1]?.resolve()
    await time.pass(0)
    assert.deepEqual(errors, ['read timeout', 'read timeout'])
  })

  it('turns a throw that is not even a rejection into an error of its own', async () => {
    const { guard, store } = await setUp()
    store.time = () => {
      throw new TypeError('at once')
    }
    assert.equal(await reasonOf(guard.time()), 'failed')
  })

  it('leaves the store alone after five failures in a row, and asks once a second later', async () => {
    const { guard, store, time } = await setUp()
    store.mood = 'fails'
    for (let i = 0; i < 5; i += 1) assert.equal(await reasonOf(guard.read(key)), 'failed')
    assert.equal(guard.state.breaker, 'open')
    assert.equal(await reasonOf(guard.read(key)), 'breaker-open')
    await time.pass(999)
    assert.equal(await reasonOf(guard.read(key)), 'breaker-open')
    assert.equal(store.calls, 5)
    await time.pass(1)
    assert.equal(guard.state.breaker, 'half-open')
    const reasons = await Promise.all([reasonOf(guard.read(key)), reasonOf(guard.read(key))])
    assert.deepEqual(reasons, ['failed', 'breaker-open'], 'one probe only')
    assert.equal(guard.state.breaker, 'open')
    await time.pass(1000)
    store.mood = 'well'
    assert.equal(await reasonOf(guard.read(key)), 'none')
    assert.equal(guard.state.breaker, 'closed')
    assert.equal(store.calls, 7)
  })

  it('stays closed when a success lies between failures', async () => {
    const { guard, store } = await setUp()
    for (const mood of [
      'fails',
      'fails',
      'fails',
      'fails',
      'well',
      'fails',
      'fails',
      'fails',
      'fails',
    ] as const) {
      store.mood = mood
      await reasonOf(guard.read(key))
    }
    assert.equal(guard.state.breaker, 'closed')
  })

  it('does not stay open for long when the clock jumps back', async () => {
    const { guard, store, time } = await setUp()
    store.mood = 'fails'
    for (let i = 0; i < 5; i += 1) await reasonOf(guard.read(key))
    time.at -= 3_600_000
    store.mood = 'well'
    assert.equal(await reasonOf(guard.read(key)), 'none')
  })

  it('does not count a mistake of the caller as a failure of the store', async () => {
    const { guard, errors } = await setUp()
    for (let i = 0; i < 6; i += 1) {
      await assert.rejects(guard.replace(key, 0, serverRecord('other'), null), InvalidRecord)
    }
    assert.equal(guard.state.breaker, 'closed')
    assert.deepEqual(errors, [])
  })

  it('opens in the background, tries again with growing pauses, and stops at close', async () => {
    const { guard, store, time } = await setUp()
    await guard.close()
    store.mood = 'fails'
    store.opens = 0
    guard.openInBackground()
    guard.openInBackground()
    assert.equal(await reasonOf(guard.read(key)), 'not-open')
    await time.pass(0)
    assert.equal(store.opens, 1)
    await time.pass(250)
    assert.equal(store.opens, 2)
    await time.pass(250)
    await time.pass(250)
    assert.equal(store.opens, 3)
    for (let i = 0; i < 20; i += 1) await time.pass(5_000)
    assert.equal(store.opens, 23, 'never more than five seconds apart')
    store.mood = 'well'
    await time.pass(5_000)
    assert.equal(guard.state.opened, true)
    await guard.close()
    assert.equal(guard.state.opened, false)
    store.mood = 'fails'
    guard.openInBackground()
    await time.pass(0)
    await guard.close()
    assert.equal(time.timers.size, 0)
  })

  it('is not open when it was closed while opening', async () => {
    const { guard, store, time } = await setUp()
    await guard.close()
    store.mood = 'hangs'
    guard.openInBackground()
    await time.pass(0)
    await guard.close()
    store.late[0]?.resolve()
    await time.pass(0)
    assert.equal(guard.state.opened, false)
  })

  it('gives up a list whose next step hangs', async () => {
    const { guard, store, time } = await setUp()
    // eslint-disable-next-line require-yield -- it hangs before the first
    store.list = async function* () {
      await new Promise(() => undefined)
    }
    const listed = reasonOf(guard.list('server')[Symbol.asyncIterator]().next())
    await time.pass(200)
    assert.equal(await listed, 'timeout')
  })
})
