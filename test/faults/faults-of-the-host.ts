import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { hourMs, dayMs } from '../../src/rules/time'
import { becomesTrue } from '../support/processes'
import { connectorsText, settingsText } from './cast'
import type { Fault, Scene } from './fault'

/** Haraka looks at its files every few seconds. */
const noticedMs = 8000

function limitDescriptors(pid: number, limit: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`])
}

const jumps: readonly (readonly [name: string, title: string, byMs: number])[] = [
  ['clock-an-hour-ahead', 'The clock of the host jumps an hour ahead, and back', hourMs],
  ['clock-an-hour-back', 'The clock of the host jumps an hour back, and ahead again', -hourMs],
  ['clock-two-days-ahead', 'The clock of the host jumps two days ahead, and back', 2 * dayMs],
  ['clock-two-days-back', 'The clock of the host jumps two days back, and ahead again', -2 * dayMs],
]

const rubbish: readonly (readonly [
  name: string,
  title: string,
  file: string,
  text: string,
  good: (scene: Scene) => string,
])[] = [
  [
    'settings-broken',
    'exchange-enforcement.ini is replaced by one that is invalid',
    'exchange-enforcement.ini',
    '[main]\nmode = perhaps\n[store]\nbackend = paper\n',
    ({ home }) => settingsText(home.lines),
  ],
  [
    'connectors-broken',
    'The connectors are replaced by ones that contradict each other',
    'exchange-enforcement.connectors.ini',
    '[hybrid]\naddresses = 8.8.0.0/16\n[other]\naddresses = 8.8.0.0/16\n[bad]\naddresses = not.an.address\n',
    () => connectorsText,
  ],
  [
    'catalogue-broken',
    'The catalogue is replaced by half of one',
    'exchange-enforcement.catalogue.json',
    '{"schema": 1, "as_of": "2026-11-',
    () => '',
  ],
]

export const faultsOfTheHost: readonly Fault[] = [
  ...jumps.flatMap(([name, title, byMs]) =>
    (['lmdb', 'redis'] as const).map((home): Fault => ({
      home,
      name: `${name}-${home}`,
      title: `${title} (${home === 'lmdb' ? 'LMDB' : 'Redis'})`,
      inflict: ({ shiftClock }: Scene) => shiftClock(byMs),
      mend: ({ shiftClock }: Scene) => shiftClock(0),
    })),
  ),
  ...rubbish.map(([name, title, file, text, good]): Fault => ({
    home: 'lmdb',
    name,
    title,
    forMs: noticedMs,
    unnoticed: true,
    inflict: ({ haraka }) => haraka.reconfigure(file, text),
    mend: (scene) => {
      if (file.endsWith('.ini')) scene.haraka.reconfigure(file, good(scene))
      else scene.haraka.removeConfigFile(file)
    },
  })),
  {
    home: 'redis',
    name: 'descriptors-scarce',
    title:
      'The workers have no file descriptor left, and lose their connections to Redis; Haraka replaces them',
    // Haraka itself opens a file for each session, and a worker that cannot ends.
    ends: 'workers',
    cutsSessions: true,
    inflict: ({ home, haraka }) => {
      for (const pid of haraka.workers()) {
        limitDescriptors(pid, String(readdirSync(`/proc/${pid}/fd`).length))
      }
      home.network.resetAll()
    },
    mend: ({ home, haraka }) => {
      for (const pid of haraka.workers()) limitDescriptors(pid, '4096')
      home.network.mend()
    },
  },
  {
    home: 'redis',
    name: 'memory-scarce',
    title: 'Haraka has 48 MB for its objects from the start, and Redis freezes',
    env: { NODE_OPTIONS: '--max-old-space-size=48' },
    inflict: ({ home }) => home.redis.pause(),
    mend: ({ home }) => home.redis.resume(),
  },
  {
    home: 'lmdb',
    name: 'workers-restarted',
    title: 'The workers are restarted gracefully, one after the other',
    ends: 'workers',
    inflict: async ({ haraka }) => {
      const old = haraka.workers()
      // As `haraka --graceful` says it, which gets no greeting here: PROXY lines are due from the address it comes from.
      const key = readFileSync(join(haraka.folder, 'config', 'internalcmd_key'), 'utf8').trim()
      const client = await haraka.connect({ proxyFrom: '127.0.0.1' })
      const { code } = await client.command(`INTERNALCMD key:${key} gracefulRestart`)
      client.hangUp()
      if (code !== 250) throw new Error(`the master was not told: ${code}`)
      const areNew = (pids: readonly number[]): boolean =>
        pids.length === old.length && !pids.some((pid) => old.includes(pid))
      if (!(await becomesTrue(() => areNew(haraka.workers()), 60_000)))
        throw new Error('old workers are still there')
    },
    mend: () => undefined,
  },
  {
    home: 'lmdb',
    name: 'master-stopped',
    title: 'Haraka is stopped gracefully, and started again',
    ends: 'all',
    isDown: true,
    forMs: 500,
    inflict: async ({ haraka }) => {
      haraka.signal('SIGINT')
      await haraka.exited
    },
    mend: ({ haraka }) => haraka.restart(),
  },
  {
    home: 'lmdb',
    name: 'master-killed',
    title: 'The master is killed, and Haraka is started again',
    ends: 'all',
    isDown: true,
    forMs: 500,
    inflict: async ({ haraka }) => {
      haraka.signal('SIGKILL')
      await haraka.exited
    },
    mend: ({ haraka }) => haraka.restart(),
  },
]
