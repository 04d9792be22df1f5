import { cached } from '../../src/store/cached'
import { createStore } from '../../src/store/create-store'
import { guarded } from '../../src/store/guarded'
import { serverKey, serverRecord } from '../support/records'
import type { Place } from './backends'

/** What one of several processes did that write to the same store at once. */
export interface Written {
  readonly counted: number
  readonly failures: readonly string[]
  readonly won: readonly number[]
}

export const counted = 500
export const raced = 100

async function write(place: Place): Promise<Written> {
  const store = createStore(place.store, place.redis)
  await store.open()
  const memory = cached(await opened(guarded(store, { timeoutMs: 2000 })), {
    maxEntries: 10,
    ttlMs: 60_000,
    updateTimeoutMs: 10_000,
  })
  await signal('ready')
  await new Promise((resolve) => process.once('message', resolve))
  const won: number[] = []
  for (let i = 0; i < raced; i += 1) {
    const name = `race-${i}.contoso.local`
    if (await store.replace(serverKey(name), 0, serverRecord(name), null)) won.push(i)
  }
  let done = 0
  const failures: string[] = []
  for (let i = 0; i < counted; i += 1) {
    const update = await memory.update(
      serverKey('counter'),
      (current) => serverRecord('counter', { stageSeen: (current?.stageSeen ?? 0) + 1 }),
      null,
    )
    if (update.state === 'written') done += 1
    else failures.push(JSON.stringify(update))
  }
  await store.close()
  return { counted: done, failures, won }
}

async function opened<S extends { open(): Promise<void> }>(store: S): Promise<S> {
  await store.open()
  return store
}

function signal(message: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, undefined, undefined, () => resolve())
  })
}

if (require.main === module && process.argv[2] !== undefined) {
  void write(JSON.parse(process.argv[2]))
    .then(signal)
    .finally(() => process.disconnect())
}
