import { setTimeout as delay } from 'node:timers/promises'
import { RedisStore } from '../../src/store/redis'
import { placeOf } from '../contract/backends'

/** Opens a Cluster, says so, and closes it while it asks its nodes who holds which slot; then nothing is left to do. */
async function leave(ports: readonly number[]): Promise<void> {
  const nodes = ports.map((port) => ({ host: '127.0.0.1', port }))
  const { redis } = placeOf('redis', { topology: { kind: 'cluster', nodes } })
  const store = new RedisStore({ settings: redis, timeoutMs: 200 })
  await store.open()
  process.stdout.write('opened')
  // It asks every two seconds.
  await delay(2_300)
  await store.close()
}

void leave(process.argv.slice(2).map(Number))
