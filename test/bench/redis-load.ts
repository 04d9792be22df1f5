import { rmSync } from 'node:fs'
import { startRedis, withClient } from '../support/redis'
import type { RedisServer } from '../support/redis'
import { spreadOf } from './figure'
import type { Figure } from './figure'
import { limits } from './limits'
import { LoadClient } from './load'
import { sendersOf, sendersOfAKind } from './mail'
import type { BenchOptions } from './options'
import { benchFolder, startVariant } from './variants'

const group = 'Load on Redis'
/** Longer than the time between two writings of what was gathered. */
const settleMs = 6000

/** Every command that the server has carried out, those of scripts included, by name. */
async function commands(redis: RedisServer): Promise<Map<string, number>> {
  return withClient(redis, async (client) => {
    const text = await client.info('commandstats')
    const found = text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)
    return new Map([...found].map(([, name, calls]) => [name ?? '', Number(calls)]))
  })
}

/** What the errand of asking costs by itself. */
const ownCommands = ['info', 'client', 'hello', 'ping', 'select']

function difference(before: Map<string, number>, after: Map<string, number>): [string, number][] {
  return [...after]
    .filter(([name]) => !ownCommands.some((own) => name === own || name.startsWith(`${own}|`)))
    .map(([name, calls]): [string, number] => [name, calls - (before.get(name) ?? 0)])
    .filter(([, calls]) => calls > 0)
    .sort((a, b) => b[1] - a[1])
}

/** Commands that a thousand messages of known senders cause, in steady state: as fast as they go, and at a rate of every day. */
export async function benchRedisLoad(options: BenchOptions, log: (text: string) => void): Promise<Figure[]> {
  const folder = benchFolder()
  const redis = await startRedis()
  const client = LoadClient.start()
  const haraka = await startVariant('redis enforce', { redis, folder, nodes: 0 })
  try {
    const send = (messages: number, pace: number): Promise<number> =>
      client.run({
        port: haraka.port,
        senders: sendersOf('compliant'),
        sessions: sendersOfAKind,
        parallel: sendersOfAKind,
        messagesPerSession: messages / sendersOfAKind,
        refusedAtMail: false,
        tls: null,
        pace,
      })
    const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, settleMs))
    const runs = [
      { name: '100 messages a second', messages: options.quick ? 1600 : 18_000, pace: 100 },
      { name: 'as fast as they go', messages: options.quick ? 8000 : 40_000, pace: 0 },
    ]
    // The first news of a server are written soon, later ones every three minutes: that is the steady state.
    await send(3200, 100)
    const figures: Figure[] = []
    for (const { name, messages, pace } of runs) {
      log(`load on Redis: ${name}`)
      const before = await commands(redis)
      const seconds = await send(messages, pace)
      await settle()
      const calls = difference(before, await commands(redis))
      const total = calls.reduce((sum, [, count]) => sum + count, 0)
      figures.push({
        group,
        name: `commands for 1,000 messages, ${String(sendersOfAKind)} known servers, ${name}`,
        value: spreadOf([(total / messages) * 1000]),
        unit: '',
        limit: limits.redisCommands,
        note: `${(messages / seconds).toFixed(0)} messages/s for ${seconds.toFixed(0)} s; ${calls.map(([command, count]) => `${command} ${String(count)}`).join(', ')}; commands inside of scripts count too`,
      })
    }
    return figures
  } finally {
    client.stop()
    await haraka.stop()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
