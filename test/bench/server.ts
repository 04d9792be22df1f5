import { rmSync } from 'node:fs'
import type { RunningHaraka } from '../support/haraka'
import { startRedis } from '../support/redis'
import type { BenchOptions } from './options'
import { ratios, spreadOf } from './figure'
import type { Figure, Limit } from './figure'
import { limits } from './limits'
import { LoadClient } from './load'
import type { Job } from './load-client'
import { processorSeconds } from './machine'
import { sendersOf } from './mail'
import type { SenderKind } from './mail'
import { benchFolder, oursVariants, peerVariants, startVariant } from './variants'
import type { Variant } from './variants'

export const metrics = ['sessions/s', 'messages/s'] as const
export type Metric = (typeof metrics)[number]

/** One thing that is measured, once in every round. */
interface Cell {
  readonly variant: Variant
  readonly kind: SenderKind
  readonly metric: Metric
  readonly perSecond: number[]
  /** Of the server's processes, for one session or message. */
  readonly processorUs: number[]
}

interface Size {
  readonly rounds: number
  readonly sessions: number
  readonly messages: number
}

/**
 * So large a part of each measurement goes before it and does not count: a server that has waited for its turn is slower at
 * first, and more so the longer it waited.
 */
export const leadPart = 0.25

const parallel = 20

export function sizeOf({ quick }: BenchOptions): Size {
  return quick ? { rounds: 3, sessions: 200, messages: 600 } : { rounds: 11, sessions: 1000, messages: 4000 }
}

export function jobOf(port: number, kind: SenderKind, metric: Metric, size: Size): Job {
  const reuses = metric === 'messages/s'
  return {
    port,
    senders: sendersOf(kind),
    sessions: reuses ? parallel : size.sessions,
    parallel,
    messagesPerSession: reuses ? Math.ceil(size.messages / parallel) : 1,
    refusedAtMail: kind === 'refused',
    tls: null,
    pace: 0,
  }
}

export function serverPids(haraka: RunningHaraka): number[] {
  const workers = haraka.workers()
  return workers.length > 0 ? [haraka.pid, ...workers] : [haraka.pid]
}

async function measure(client: LoadClient, haraka: RunningHaraka, cell: Cell, size: Size): Promise<void> {
  const job = jobOf(haraka.port, cell.kind, cell.metric, size)
  const count = cell.metric === 'sessions/s' ? job.sessions : job.sessions * job.messagesPerSession
  const pids = serverPids(haraka)
  const lead = { ...size, sessions: size.sessions * leadPart, messages: size.messages * leadPart }
  await client.run(jobOf(haraka.port, cell.kind, cell.metric, lead))
  const before = processorSeconds(pids)
  const seconds = await client.run(job)
  const after = processorSeconds(pids)
  cell.perSecond.push(count / seconds)
  if (before !== null && after !== null) cell.processorUs.push(((after - before) / count) * 1e6)
}

/** Servers that are compared with one another and alive at the same time: as few as can be. */
interface Group {
  readonly kind: SenderKind
  readonly variants: readonly Variant[]
  readonly metrics: readonly Metric[]
}

const enforcing = ['lmdb enforce', 'redis enforce'] as const

function groupsFor(nodes: number, quick: boolean): Group[] {
  const own = nodes === 0 && !quick ? oursVariants : enforcing
  const groups: Group[] = [
    { kind: 'stranger', variants: ['bare', ...own], metrics },
    { kind: 'compliant', variants: ['bare', 'empty hooks', ...own], metrics },
    { kind: 'compliant', variants: ['bare', ...enforcing, ...peerVariants], metrics },
  ]
  if (nodes !== 0 || quick) return groups
  return [
    ...groups,
    { kind: 'outdated', variants: ['bare', ...own], metrics },
    { kind: 'refused', variants: ['bare refusing', ...enforcing], metrics: ['sessions/s'] },
  ]
}

/** A greylist lets nobody through at once: everyone comes twice. Its records are to the second. */
async function befriendGreylist(client: LoadClient, haraka: RunningHaraka): Promise<void> {
  for (const last of [false, true]) {
    try {
      await client.run({
        ...jobOf(haraka.port, 'compliant', 'sessions/s', { rounds: 1, sessions: 16, messages: 0 }),
        parallel: 1,
      })
      return
    } catch (error) {
      if (last) throw error
    }
    for (const sender of sendersOf('compliant')) {
      await haraka.send({ proxyFrom: sender.address, ehlo: sender.ehlo, from: sender.from })
    }
    await new Promise((resolve) => setTimeout(resolve, 2100))
    for (const sender of sendersOf('compliant')) {
      await haraka.send({ proxyFrom: sender.address, ehlo: sender.ehlo, from: sender.from })
    }
  }
}

function limitOf(cell: Cell): Limit | null {
  if (!oursVariants.some((variant) => variant === cell.variant)) return null
  if (cell.kind === 'stranger') return limits.strangers
  return cell.kind === 'compliant' ? limits.compliant : null
}

const senderNames: Record<SenderKind, string> = {
  stranger: 'strangers',
  compliant: 'known, compliant',
  outdated: 'known, outdated',
  refused: 'refused at MAIL',
}

function figuresOf(cells: readonly Cell[], nodes: number): Figure[] {
  const group = `Whole server, nodes = ${String(nodes)}: part of what bare Haraka serves`
  const peers = cells.filter(({ variant }) => peerVariants.some((peer) => peer === variant))
  // Beside the peers ours are there to be compared with them.
  const own = peers.length > 0 ? peers : cells.filter(({ variant }) => !variant.startsWith('bare'))
  const figures = own.flatMap((cell): Figure[] => {
    const base = cells.find(({ variant, metric }) => variant.startsWith('bare') && metric === cell.metric)
    if (!base) return []
    const [ownUs, bareUs] = [spreadOf(cell.processorUs).median, spreadOf(base.processorUs).median]
    const processor = Number.isFinite(ownUs)
      ? `; processor ${ownUs.toFixed(0)} by ${bareUs.toFixed(0)} µs = ${(ownUs / bareUs).toFixed(2)}`
      : ''
    const absolute = `${spreadOf(cell.perSecond).median.toFixed(0)} by ${spreadOf(base.perSecond).median.toFixed(0)}`
    return [
      {
        group,
        name: `${cell.metric}, ${senderNames[cell.kind]}: ${cell.variant}`,
        value: spreadOf(ratios(cell.perSecond, base.perSecond)),
        unit: '',
        limit: limitOf(cell),
        note: `${absolute}${processor}`,
      },
    ]
  })
  return peers.length > 0 ? [...figures, ...figuresAgainstPeers(cells, nodes)] : figures
}

/** The slower of our stores in each round, by each peer. */
function figuresAgainstPeers(cells: readonly Cell[], nodes: number): Figure[] {
  const of = (variant: Variant, metric: Metric): readonly number[] =>
    cells.find((cell) => cell.variant === variant && cell.metric === metric)?.perSecond ?? []
  return metrics.flatMap((metric) => {
    const [lmdb, redis] = [of('lmdb enforce', metric), of('redis enforce', metric)]
    const slower = lmdb.map((value, round) => Math.min(value, redis[round] ?? Number.NaN))
    return peerVariants.map((peer): Figure => ({
      group: `Whole server, nodes = ${String(nodes)}: ours by the peers, known and compliant senders`,
      name: `${metric}: ours by ${peer}`,
      value: spreadOf(ratios(slower, of(peer, metric))),
      unit: '',
      limit: limits.peers,
      note: 'the slower of our stores, enforce',
    }))
  })
}

export async function benchServer(
  options: BenchOptions,
  nodes: number,
  log: (text: string) => void,
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const group of groupsFor(nodes, options.quick)) {
    figures.push(...figuresOf(await measureGroup(group, options, nodes, log), nodes))
  }
  return figures
}

async function measureGroup(
  { kind, variants, metrics }: Group,
  options: BenchOptions,
  nodes: number,
  log: (text: string) => void,
): Promise<Cell[]> {
  const size = sizeOf(options)
  const cells = metrics.flatMap((metric) =>
    variants.map((variant): Cell => ({ variant, kind, metric, perSecond: [], processorUs: [] })),
  )
  const folder = benchFolder()
  const redis = await startRedis()
  const client = LoadClient.start()
  const servers = new Map<Variant, RunningHaraka>()
  try {
    const starting = variants.map(async (variant) => {
      servers.set(variant, await startVariant(variant, { redis, folder, nodes }))
    })
    // Whatever has started must be stopped, also where another one did not.
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    const greylist = servers.get('greylist')
    if (greylist) await befriendGreylist(client, greylist)
    const each = async (round: number): Promise<void> => {
      // Another one goes first in every round, so that what comes before a cell changes.
      const order = [...cells.slice(round % cells.length), ...cells.slice(0, round % cells.length)]
      for (const cell of order) {
        const haraka = servers.get(cell.variant)
        if (haraka) await measure(client, haraka, cell, size)
      }
    }
    // Code is optimised only after some thousand sessions.
    for (let warmUp = 0; warmUp < (options.quick ? 1 : 2); warmUp += 1) await each(warmUp)
    for (const cell of cells) {
      cell.perSecond.length = 0
      cell.processorUs.length = 0
    }
    for (let round = 1; round <= size.rounds; round += 1) {
      log(
        `whole server, nodes = ${String(nodes)}, ${senderNames[kind]}, ${variants.at(-1) ?? ''}: round ${String(round)} of ${String(size.rounds)}`,
      )
      await each(round * 3)
    }
    return cells
  } finally {
    client.stop()
    for (const haraka of servers.values()) await haraka.stop()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
