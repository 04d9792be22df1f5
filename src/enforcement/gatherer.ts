import type { DayCounts, LastEvidence, PathRecord, ServerRecord } from '../rules/clock/record'
import type { Action } from '../rules/decision/decision'
import { maxServersPerPath, seenOnPath } from '../rules/decision/path'
import { dayOf } from '../rules/time'
import type { Key, Memory } from './memory'
import { isLasting } from './write-failure'
import { nameOf } from '../store/keys'
import { pathTtlMs, serverTtlMs } from '../store/lifetime'

/** Days of counts kept with a server. */
const maxDays = 120

/**
 * A record's news are written at once, once more a little later, and then after a long pause each time: a busy server costs no more
 * writes than a quiet one, and what a few messages brought is seen soon.
 */
const firstPauseMs = 5_000
const pauseMs = 180_000

interface Told {
  readonly at: number
  readonly pauseMs: number
}

/** `due`: what was not written for a while, and what others must know; `all`: also what could wait. */
export type Flush = 'due' | 'all'

interface ServerNews {
  readonly key: Key<'server'>
  lastSeenAt: number
  /** Made when it is written. */
  evidence: (() => LastEvidence) | null
  readonly days: Map<string, { accepted: number; deferred: number; refused: number }>
  readonly dueAt: number
}

interface PathNews {
  readonly key: Key<'path'>
  readonly seen: Map<string, number>
  dueAt: number
}

function noteIn(news: ServerNews, at: number, evidence: () => LastEvidence): void {
  if (at < news.lastSeenAt) return
  news.lastSeenAt = at
  news.evidence = evidence
}

const counted = { accept: 'accepted', defer: 'deferred', refuse: 'refused' } as const

/**
 * Gathers what need not be written at once: counts, `last seen` and the age of a path's evidence; of a busy server they are
 * written every three minutes, so that steady state costs no write per message. What a crash loses is three minutes of counts.
 */
export class Gatherer {
  private readonly maxEntries: number
  private readonly now: () => number
  private readonly servers = new Map<string, ServerNews>()
  private readonly paths = new Map<string, PathNews>()
  /** When the news of a record were last taken to be written, while that is less than a pause ago. */
  private readonly told = { server: new Map<string, Told>(), path: new Map<string, Told>() }

  /** `now`: monotonic milliseconds. */
  constructor(maxEntries = 20_000, now = () => performance.now()) {
    this.maxEntries = maxEntries
    this.now = now
  }

  /** False where no more can be gathered before the next flush. */
  countMessage(
    tenant: string,
    server: string,
    at: number,
    action: Action,
    evidence: (() => LastEvidence) | null = null,
  ): boolean {
    const news = this.server(tenant, server)
    if (!news) return false
    if (evidence) noteIn(news, at, evidence)
    const day = dayOf(at)
    let counts = news.days.get(day)
    if (!counts) {
      counts = { accepted: 0, deferred: 0, refused: 0 }
      news.days.set(day, counts)
    }
    counts[counted[action]] += 1
    return true
  }

  noteEvidence(tenant: string, server: string, at: number, evidence: () => LastEvidence): boolean {
    const news = this.server(tenant, server)
    if (!news) return false
    noteIn(news, at, evidence)
    return true
  }

  /** `isNew`: others do not know of that server on this path yet, and should soon. */
  notePath(key: Key<'path'>, server: string, at: number, isNew = false): boolean {
    const name = nameOf(key)
    let news = this.paths.get(name)
    if (!news) {
      if (this.paths.size >= this.maxEntries) return false
      news = { key, seen: new Map(), dueAt: this.dueAt('path', name) }
      this.paths.set(name, news)
    }
    if (isNew) news.dueAt = 0
    if (!news.seen.has(server) && news.seen.size >= maxServersPerPath) return false
    news.seen.set(server, Math.max(at, news.seen.get(server) ?? 0))
    return true
  }

  /** The servers seen on a path, and when, as far as it is not written yet. */
  seenOn(key: Key<'path'>): ReadonlyMap<string, number> {
    return this.paths.get(nameOf(key))?.seen ?? noServers
  }

  /** Forgets everything gathered; says how many records it was for. */
  discard(): number {
    const lost = this.servers.size + this.paths.size
    this.servers.clear()
    this.paths.clear()
    return lost
  }

  /**
   * Writes what was gathered; resolves with the number of records whose news are lost (F2). What was seen on a path is
   * kept until it is written: else memory might speak for a path whose servers it does not all know.
   */
  async flush(memory: Memory, pathMemoryDays: number, which: Flush): Promise<number> {
    const servers = this.take('server', this.servers, which)
    const paths = this.take('path', this.paths, which)
    for (const [name] of servers) this.servers.delete(name)
    let lost = 0
    await inLanes(servers.values(), async ([, news]) => {
      const written = await memory.update(
        news.key,
        (current) => current && withNews(current, news),
        serverTtlMs(news.key.tenant),
      )
      if (written.state === 'failed') lost += 1
    })
    await inLanes(paths.values(), async ([name, news]) => {
      const { key, seen } = news
      const taken = [...seen]
      const change = (current: PathRecord | null): PathRecord | null =>
        taken.reduce<PathRecord | null>(
          (record, [server, at]) => seenOnPath(record, key, server, at, pathMemoryDays).record,
          current,
        )
      const written = await memory.update(key, change, pathTtlMs(pathMemoryDays))
      if (written.state === 'failed' && !isLasting(written.reason)) return
      if (written.state === 'failed') lost += 1
      for (const [server, at] of taken) if (seen.get(server) === at) seen.delete(server)
      if (seen.size === 0) this.paths.delete(name)
      else news.dueAt = this.dueAt('path', name)
    })
    return lost
  }

  private server(tenant: string, server: string): ServerNews | null {
    const key: Key<'server'> = { kind: 'server', tenant, server }
    const name = nameOf(key)
    const known = this.servers.get(name)
    if (known) return known
    if (this.servers.size >= this.maxEntries) return null
    const news: ServerNews = {
      key,
      lastSeenAt: 0,
      evidence: null,
      days: new Map(),
      dueAt: this.dueAt('server', name),
    }
    this.servers.set(name, news)
    return news
  }

  private dueAt(kind: 'server' | 'path', name: string): number {
    const told = this.told[kind].get(name)
    return told ? told.at + told.pauseMs : 0
  }

  private take<T extends { readonly dueAt: number }>(
    kind: 'server' | 'path',
    gathered: ReadonlyMap<string, T>,
    which: Flush,
  ): readonly [string, T][] {
    const now = this.now()
    const told = this.told[kind]
    const taken = [...gathered].filter(([, { dueAt }]) => which === 'all' || dueAt <= now)
    for (const [name] of taken) {
      told.set(name, { at: now, pauseMs: told.has(name) ? pauseMs : firstPauseMs })
    }
    for (const [name, { at }] of told) if (at + pauseMs < now) told.delete(name)
    return taken
  }
}

/** Records that are written at once: enough to hide the way to the store, few enough to leave it to the hooks. */
const lanes = 16

async function inLanes<T>(items: IterableIterator<T>, work: (item: T) => Promise<void>): Promise<void> {
  const lane = async (): Promise<void> => {
    for (const item of items) await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

const noServers: ReadonlyMap<string, number> = new Map()

function withNews(record: ServerRecord, news: ServerNews): ServerRecord {
  const days: Record<string, DayCounts> = { ...record.days }
  for (const [day, add] of news.days) {
    const had = days[day] ?? { accepted: 0, deferred: 0, refused: 0 }
    days[day] = {
      accepted: had.accepted + add.accepted,
      deferred: had.deferred + add.deferred,
      refused: had.refused + add.refused,
    }
  }
  const newest = Object.entries(days)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(-maxDays)
  const evidence = news.lastSeenAt >= record.lastSeenAt ? news.evidence : null
  return {
    ...record,
    days: Object.fromEntries(newest),
    lastSeenAt: Math.max(record.lastSeenAt, news.lastSeenAt),
    lastEvidence: evidence ? evidence() : record.lastEvidence,
  }
}
