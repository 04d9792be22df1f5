/*
 * `npm run fuzz`: hands every part that reads what strangers write made-up and damaged input, for as long as one likes. What
 * it finds is kept in test/fixtures/fuzz/kept.jsonl, where `npm test` reads it from then on. Ends with 1 where there is a
 * find, with 2 where it was called wrongly.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Errand } from './attacker'
import { inputOf, type Tally } from './campaign'
import { keep } from './kept'
import { UsageError, parseOptions, usage } from './options'
import type { FuzzOptions } from './options'
import type { Target } from './target'

/** An input that takes longer is never done with. */
const patienceMs = 20_000

async function attackInThread(target: Target, seed: number, milliseconds: number): Promise<Tally> {
  const progress = new BigUint64Array(new SharedArrayBuffer(8))
  const errand: Errand = { target: target.name, seed, milliseconds, progress }
  const thread = new Worker(join(__dirname, 'attacker.js'), { workerData: errand })
  const begun = performance.now()
  const done = new Promise<Tally>((resolve, reject) => {
    thread.once('message', resolve).once('error', reject)
  })
  const hung = stuckAt(progress, milliseconds).then((number): Tally => {
    const find = {
      target: target.name,
      seed,
      number,
      input: inputOf(target, seed, number),
      why: 'is never done with',
    }
    const seconds = (performance.now() - begun) / 1000
    return { target: target.name, inputs: number, seconds, slowestMs: patienceMs, finds: [find] }
  })
  try {
    return await Promise.race([done, hung])
  } finally {
    await thread.terminate()
  }
}

/** Resolves once the number has stood still for too long. */
async function stuckAt(progress: BigUint64Array, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds + patienceMs
  let last = -1n
  for (;;) {
    await sleep(patienceMs, null, { ref: false })
    const number = progress[0] ?? 0n
    if (number === last || performance.now() > end) return Number(number)
    last = number
  }
}

async function run({ minutes, targets, seed, json }: FuzzOptions): Promise<number> {
  const milliseconds = (minutes * 60_000) / targets.length
  const tallies: Tally[] = []
  if (!json) console.log(`seed ${String(seed)}\n${row('target', 'inputs', 'inputs/s', 'slowest', 'finds')}`)
  for (const target of targets) {
    const tally = await attackInThread(target, seed, milliseconds)
    tallies.push(tally)
    keep(tally.finds)
    if (json) console.log(JSON.stringify(tally))
    else report(tally)
  }
  const inputs = tallies.reduce((sum, tally) => sum + tally.inputs, 0)
  const finds = tallies.reduce((sum, tally) => sum + tally.finds.length, 0)
  if (!json) console.log(`${inputs.toLocaleString('en')} inputs, ${String(finds)} finds`)
  return finds > 0 ? 1 : 0
}

function report({ target, inputs, seconds, slowestMs, finds }: Tally): void {
  const rate = Math.round(inputs / seconds).toLocaleString('en')
  console.log(
    row(target, inputs.toLocaleString('en'), rate, `${slowestMs.toFixed(2)} ms`, String(finds.length)),
  )
  for (const { number, why, input } of finds) {
    console.log(`  input ${String(number)}: ${why}\n    ${JSON.stringify(input).slice(0, 300)}`)
  }
}

function row(target: string, ...figures: readonly string[]): string {
  return target.padEnd(17) + figures.map((figure) => figure.padStart(13)).join('')
}

async function main(): Promise<void> {
  try {
    process.exitCode = await run(parseOptions(process.argv.slice(2)))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  }
}

void main()
