import type { DayCounts, LastEvidence, PathRecord, ServerRecord } from '../rules/clock/record'
import type { Action } from '../rules/decision/decision'
import { seenOnPath } from '../rules/decision/path'
import type { Key, Memory } from './memory'
import { pathTtlMs, serverTtlMs } from './ttl'

/** Days of counts kept with a server. */
const maxDays = 120

interface ServerNews {
  readonly key: Key<'server'>
  lastSeenAt: number
  evidence: LastEvidence | null
  readonly days: Map<string, { accepted: number; deferred: number; refused: number }>
}

interface PathNews {
  readonly key: Key<'path'>
  readonly seen: Map<string, number>
}

const counted = { accept: 'accepted', defer: 'deferred', refuse: 'refused' } as const

/**
 * Gathers what need not be written at once: counts, `last seen` and the age of a path's evidence; flushed every few
 * seconds, so that steady state costs no write per message. What a crash loses is a few seconds of counts.
 */
export class Gatherer {
  private readonly maxEntries: number
  private servers = new Map<string, ServerNews>()
  private paths = new Map<string, PathNews>()

  constructor(maxEntries = 20_000) {
    this.maxEntries = maxEntries
  }

  /** False where no more can be gathered before the next flush. */
  countMessage(tenant: string, server: string, at: number, action: Action): boolean {
    const news = this.server(tenant, server)
    if (!news) return false
    const day = new Date(at).toISOString().slice(0, 10)
    const counts = news.days.get(day) ?? { accepted: 0, deferred: 0, refused: 0 }
    counts[counted[action]] += 1
    news.days.set(day, counts)
    return true
  }

  noteEvidence(tenant: string, server: string, at: number, evidence: LastEvidence): boolean {
    const news = this.server(tenant, server)
    if (!news) return false
    if (at >= news.lastSeenAt) {
      news.lastSeenAt = at
      news.evidence = evidence
    }
    return true
  }

  notePath(key: Key<'path'>, server: string, at: number): boolean {
    const name = JSON.stringify([key.tenant, key.connector, key.address, key.ehlo])
    let news = this.paths.get(name)
    if (!news) {
      if (this.paths.size >= this.maxEntries) return false
      news = { key, seen: new Map() }
      this.paths.set(name, news)
    }
    news.seen.set(server, Math.max(at, news.seen.get(server) ?? 0))
    return true
  }

  /** When this process last saw evidence on a path that is not written yet; 0 = none. */
  pathEvidenceAt(key: Key<'path'>): number {
    const news = this.paths.get(JSON.stringify([key.tenant, key.connector, key.address, key.ehlo]))
    return news ? Math.max(...news.seen.values()) : 0
  }

  /** Writes everything gathered; resolves with the number of records that could not be written (F2). */
  async flush(memory: Memory, pathMemoryDays: number): Promise<number> {
    const { servers, paths } = this
    this.servers = new Map()
    this.paths = new Map()
    let lost = 0
    for (const news of servers.values()) {
      const written = await memory.update(
        news.key,
        (current) => current && withNews(current, news),
        serverTtlMs(news.key.tenant),
      )
      if (written.state === 'failed') lost += 1
    }
    for (const { key, seen } of paths.values()) {
      const change = (current: PathRecord | null): PathRecord | null =>
        [...seen].reduce<PathRecord | null>(
          (record, [server, at]) => seenOnPath(record, key, server, at, pathMemoryDays).record,
          current,
        )
      const written = await memory.update(key, change, pathTtlMs(pathMemoryDays))
      if (written.state === 'failed') lost += 1
    }
    return lost
  }

  private server(tenant: string, server: string): ServerNews | null {
    const name = `${tenant}\n${server}`
    const known = this.servers.get(name)
    if (known) return known
    if (this.servers.size >= this.maxEntries) return null
    const news: ServerNews = {
      key: { kind: 'server', tenant, server },
      lastSeenAt: 0,
      evidence: null,
      days: new Map(),
    }
    this.servers.set(name, news)
    return news
  }
}

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
  const newer = news.evidence && news.lastSeenAt >= record.lastSeenAt
  return {
    ...record,
    days: Object.fromEntries(newest),
    lastSeenAt: Math.max(record.lastSeenAt, news.lastSeenAt),
    lastEvidence: newer ? news.evidence : record.lastEvidence,
  }
}
