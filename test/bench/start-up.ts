import { rmSync } from 'node:fs'
import { startHaraka } from '../support/haraka'
import type { RunningHaraka } from '../support/haraka'
import { startRedis } from '../support/redis'
import { spreadOf } from './figure'
import type { Figure } from './figure'
import { LoadClient } from './load'
import { residentMb } from './machine'
import { connectorsIni } from './mail'
import type { BenchOptions } from './options'
import { jobOf, sizeOf } from './server'
import { benchFolder, startVariant } from './variants'

const group = 'Start and memory'
const connectorCounts = [2, 10_000] as const

/** The connectors of the benchmark and, besides, as many others as make up the number. */
function connectorsFile(count: number): string {
  const others = Array.from({ length: count - 2 }, (_, index) => {
    const network = `11.${String(index >>> 8)}.${String(index & 255)}.0/28`
    return `[c${String(index)}]\ntenant=t${String(index)}\naddresses=${network}\nsender_domains=d${String(index)}.example\n`
  })
  return connectorsIni + others.join('')
}

async function timed(start: () => Promise<RunningHaraka>): Promise<{ haraka: RunningHaraka; ms: number }> {
  const begun = performance.now()
  const haraka = await start()
  return { haraka, ms: performance.now() - begun }
}

/** How long a server takes until it greets, and what its worker occupies after some thousand messages. */
export async function benchStartUp(options: BenchOptions, log: (text: string) => void): Promise<Figure[]> {
  const folder = benchFolder()
  const redis = await startRedis()
  const client = LoadClient.start()
  const kinds = ['bare', ...connectorCounts] as const
  const startMs = new Map(kinds.map((kind): [string | number, number[]] => [kind, []]))
  const memoryMb = new Map(kinds.map((kind): [string | number, number[]] => [kind, []]))
  try {
    // The first start makes the template of all install folders.
    await (await startHaraka({ plugins: ['accept_all'] })).stop()
    for (let round = 0; round < (options.quick ? 1 : 5); round += 1) {
      for (const kind of kinds) {
        log(`start and memory: ${String(kind)}${kind === 'bare' ? '' : ' connectors'}`)
        const around = { redis, folder, nodes: 1 }
        const { haraka, ms } = await timed(() =>
          kind === 'bare'
            ? startVariant('bare', around)
            : startVariant('lmdb enforce', { ...around, connectors: connectorsFile(kind) }),
        )
        try {
          startMs.get(kind)?.push(ms)
          await client.run(jobOf(haraka.port, 'compliant', 'messages/s', sizeOf(options)))
          const [worker] = haraka.workers()
          memoryMb.get(kind)?.push(residentMb(worker ?? haraka.pid) ?? Number.NaN)
        } finally {
          await haraka.stop()
        }
      }
    }
    const name = (kind: string | number): string =>
      kind === 'bare' ? 'bare Haraka' : `ours, LMDB, ${kind.toLocaleString('en')} connectors`
    const base = { group, limit: null }
    return [
      ...[...startMs].map(([kind, samples]): Figure => ({
        ...base,
        name: `start until it greets: ${name(kind)}`,
        value: spreadOf(samples),
        unit: 'ms',
        note: 'a master and one worker, both load the plugin',
      })),
      ...[...memoryMb].map(([kind, samples]): Figure => ({
        ...base,
        name: `resident memory of the worker: ${name(kind)}`,
        value: spreadOf(samples),
        unit: 'MB',
        note: 'after some thousand messages',
      })),
    ]
  } finally {
    client.stop()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
