import { closeSync, cpSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { open } from 'lmdb'
import { formatKey } from '../../src/store/keys'
import { becomesTrue, signalIfAlive } from '../support/processes'
import type { Cast } from './cast'
import type { Fault } from './fault'
import { recordOfSchema1 } from './older-schema'

const ballast = (folder: string): string => join(dirname(folder), 'ballast')

/** Takes all that the disk has left. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w')
  const block = Buffer.alloc(4096)
  try {
    for (;;) writeSync(descriptor, block)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(descriptor)
  }
}

/** As a process would that still writes schema 1: over what lies there, with the version after it. */
async function writeAsOlderProcess(path: string, { records }: Cast): Promise<void> {
  const memory = open<string, string>({
    path,
    encoding: 'string',
    useVersions: true,
    eventTurnBatching: false,
  })
  try {
    for (const record of records) {
      const key = formatKey('xe', { kind: 'server', tenant: record.tenant, server: record.server })
      const { version = 0 } = memory.getEntry(key) ?? {}
      await memory.put(key, `0 ${recordOfSchema1(record)}`, version + 1)
    }
  } finally {
    await memory.close()
  }
}

/** Workers that were there are gone, and as many others serve. */
async function killWorkers(haraka: { workers(): number[] }, count: number): Promise<void> {
  const before = haraka.workers()
  const victims = before.slice(0, count)
  for (const pid of victims) signalIfAlive(pid, 'SIGKILL')
  const replaced = await becomesTrue(
    () => haraka.workers().length === before.length && !haraka.workers().some((pid) => victims.includes(pid)),
    60_000,
  )
  if (!replaced) throw new Error('a killed worker was not replaced')
}

const between = (least: number, most: number): number => least + Math.floor(Math.random() * (most - least))
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const faultsOfLmdb: readonly Fault[] = [
  {
    home: 'lmdb',
    name: 'lmdb-full-disk',
    title: 'The disk under LMDB is full',
    // News of a server are written after five seconds, and once more five seconds later: some must fall into this.
    forMs: 12_000,
    inflict: ({ home }) => fill(ballast(home.folder)),
    mend: ({ home }) => rmSync(ballast(home.folder)),
  },
  {
    home: 'lmdb',
    name: 'lmdb-deleted',
    title: 'Somebody deletes the folder of LMDB under the running server',
    losesMemory: true,
    ends: 'all',
    inflict: ({ home }) => rmSync(home.folder, { recursive: true }),
    // Open files live on, unseen; a restart begins anew.
    mend: ({ haraka }) => haraka.restart(),
  },
  {
    home: 'lmdb',
    name: 'lmdb-damaged',
    title: 'Haraka starts on an LMDB whose file was cut short; later a backup is brought back',
    ends: 'all',
    forMs: 4000,
    inflict: async ({ home, haraka }) => {
      const backup = `${home.folder}.backup`
      cpSync(home.folder, backup, { recursive: true })
      await haraka.restart(() => {
        const file = join(home.folder, 'data.mdb')
        truncateSync(file, Math.floor(statSync(file).size / 2))
      })
    },
    mend: async ({ home, haraka }) => {
      await haraka.restart(() => {
        for (const name of readdirSync(home.folder)) rmSync(join(home.folder, name))
        cpSync(join(`${home.folder}.backup`, 'data.mdb'), join(home.folder, 'data.mdb'))
      })
    },
  },
  {
    home: 'lmdb',
    name: 'lmdb-older-schema',
    title: 'A process of the first release writes the records of all servers, in schema 1',
    unnoticed: true,
    inflict: ({ home, cast }) => writeAsOlderProcess(home.folder, cast),
    mend: ({ home, cast }) => writeAsOlderProcess(home.folder, cast),
  },
  {
    home: 'lmdb',
    name: 'lmdb-stale-lock',
    title: 'Both workers are killed at once, three times, and leave their locks behind',
    ends: 'workers',
    forMs: 500,
    inflict: async ({ haraka }) => {
      for (let kill = 0; kill < 3; kill += 1) {
        await pause(between(200, 900))
        await killWorkers(haraka, 2)
      }
    },
    mend: () => undefined,
  },
  {
    home: 'lmdb',
    name: 'worker-killed',
    title: 'A worker is killed at a random moment, twelve times',
    ends: 'workers',
    forMs: 500,
    inflict: async ({ haraka }) => {
      for (let kill = 0; kill < 12; kill += 1) {
        await pause(between(20, 400))
        await killWorkers(haraka, 1)
      }
    },
    mend: () => undefined,
  },
]
