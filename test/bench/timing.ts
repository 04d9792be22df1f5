import { spreadOf } from './figure'
import type { Spread } from './figure'

/** A part that is timed: `run` does it `times` times, so that the clock's own cost does not show. */
export interface Part {
  readonly name: string
  readonly times: number
  readonly run: () => void | Promise<void>
}

/** Microseconds of one time of each part. The parts take turns, `rounds` times over; the first turn does not count. */
export async function timeParts(
  parts: readonly Part[],
  rounds: number,
  msPerTurn: number,
): Promise<ReadonlyMap<string, Spread>> {
  const { Bench } = await import('tinybench')
  const samples = new Map<string, number[]>(parts.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round += 1) {
    const bench = new Bench({ time: msPerTurn, iterations: 8, warmup: round === 0 })
    for (const { name, run } of parts) bench.add(name, run)
    await bench.run()
    for (const { name, times } of parts) {
      const result = bench.getTask(name)?.result
      if (!result || !('latency' in result)) throw new Error(`"${name}" failed: ${JSON.stringify(result)}`)
      if (round > 0) samples.get(name)?.push((result.latency.p50 * 1000) / times)
    }
  }
  return new Map([...samples].map(([name, values]) => [name, spreadOf(values)]))
}
