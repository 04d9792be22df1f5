import assert from 'node:assert/strict'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startHaraka } from '../support/haraka'
import type { RunningHaraka } from '../support/haraka'
import { hostileSession } from './sessions'

export interface Soaked {
  readonly sessions: number
  readonly seconds: number
  readonly accepted: number
  /** Memory of the worker's own after each twentieth of the sessions, in MiB: without the file of LMDB, which it only looks into. */
  readonly mib: readonly number[]
  /** What was alive of it after a collection, at the same times: the rest is what allocators have not given back. */
  readonly liveMib: readonly number[]
  /** How much the middle of the last half lies above that of the half before, the first fifth left out: 0.1 = a tenth. */
  readonly growth: number
}

const samples = 20
/** Samples before the heap has found its size. */
const warmUp = 4
const parallel = 160

/** What is only collected late would look like a leak: whoever says this name at EHLO has the worker collect at once. */
const collectorName = 'collect.example.com'
const collector = `
require('node:v8').setFlagsFromString('--expose-gc')
const collect = require('node:vm').runInNewContext('gc')
exports.hook_ehlo = (next, connection, name) => {
  if (name === '${collectorName}') {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    connection.logerror('COLLECTED ' + (heapUsed + external))
  }
  next()
}
`

/** Hostile sessions against a real worker. An error where it died, had a fault, or did not take a good message at the end. */
export async function soak(sessions: number): Promise<Soaked> {
  const haraka = await startHaraka({
    nodes: 1,
    patienceMs: 30_000,
    logLevel: 'error',
    plugins: ['exchange-enforcement', 'collector'],
    pluginSources: { collector },
    settings:
      '[main]\nmode = enforce\nscope = everyone\nadvertise_xoorg = yes\n[store]\ncache_max_entries = 2000\n',
    connectors:
      '[contoso]\naddresses = 8.8.50.0/24\n[fabrikam]\naddresses = 8.8.51.0/24\nsender_domains = fabrikam.com\n',
  })
  try {
    const [worker] = haraka.workers()
    const mib: number[] = []
    const liveMib: number[] = []
    const begun = performance.now()
    let accepted = 0
    let next = 0
    for (let sample = 1; sample <= samples; sample += 1) {
      const end = Math.floor((sample * sessions) / samples)
      const lane = async (): Promise<void> => {
        while (next < end) await tried(haraka, next++)
      }
      await Promise.all(Array.from({ length: parallel }, lane))
      accepted += emptySpool(haraka.folder)
      assert.deepEqual(haraka.workers(), [worker], 'the worker lives')
      liveMib.push(await collected(haraka))
      mib.push(ownMib(worker ?? 0))
    }
    const seconds = (performance.now() - begun) / 1000
    const good = await haraka.send({ proxyFrom: '8.8.50.251' })
    assert.equal(good.accepted, true, good.raw)
    // On a busy disk the store may be late (F1); nothing else may happen.
    const faults = haraka
      .log()
      .match(/fault in hook \w+, the mail goes on: (?!Error: no answer within).*|^\[CRIT\].*/gm)
    assert.deepEqual(faults?.slice(0, 3) ?? [], [])
    const half = warmUp + (samples - warmUp) / 2
    const growth = middle(mib.slice(half)) / middle(mib.slice(warmUp, half)) - 1
    return { sessions, seconds, accepted, mib, liveMib, growth }
  } finally {
    await haraka.stop()
  }
}

async function tried(haraka: RunningHaraka, number: number): Promise<void> {
  try {
    await hostileSession(haraka.port, number)
  } catch (error) {
    throw new Error(`session ${number} failed; the log:\n${haraka.log().slice(-4000)}`, { cause: error })
  }
}

/** What is alive in the worker then, in MiB. */
async function collected(haraka: RunningHaraka): Promise<number> {
  const client = await haraka.connect({ proxyFrom: '8.8.50.252' })
  await client.ehlo(collectorName)
  await client.quit()
  const alive = [...haraka.log().matchAll(/ COLLECTED (\d+)/g)].at(-1)?.[1]
  return Math.round(Number(alive) / 1024 / 1024)
}

/** How many messages lay in it. */
function emptySpool(folder: string): number {
  const spool = join(folder, 'spool')
  const names = readdirSync(spool)
  for (const name of names) rmSync(join(spool, name), { force: true })
  return names.length
}

function ownMib(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  return Math.round(Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]) / 1024)
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const at = (index: number): number => sorted[Math.floor(index)] ?? Number.NaN
  return (at((sorted.length - 1) / 2) + at(sorted.length / 2)) / 2
}
