import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisSettings, StoreSettings } from '../../src/config/settings'
import type { Clock, PathRecord, ServerRecord } from '../../src/rules/clock/record'
import { windowOffsetMs } from '../../src/rules/decision/window'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { createStore } from '../../src/store/create-store'
import type { Store } from '../../src/store/store'
import { exchangeHeaders } from '../support/exchange-headers'
import { startHaraka, type HarakaOptions, type RunningHaraka } from '../support/haraka'
import { startCluster } from '../support/redis'
import { messageText } from '../support/send-message'
import type { Reply, SmtpClient } from '../support/smtp-client'

export const oldBuild = '15.1.2507.39'
export const newBuild = '15.1.2507.61'
export const tenant = 'contoso'

/** A place for memory, in the words of the configuration, and how the test itself gets at it. */
export interface Home {
  readonly lines: string
  readonly open: () => Promise<Store>
  readonly stop: () => Promise<void>
}

const redisAlone: RedisSettings = {
  topology: { kind: 'single', host: '127.0.0.1', port: 6379 },
  db: 0,
  username: null,
  password: null,
  tls: false,
  keyPrefix: 'xe',
}

export async function opened(
  backend: StoreSettings['backend'],
  path: string,
  topology: RedisSettings['topology'] = redisAlone.topology,
): Promise<Store> {
  const sizes = { timeoutMs: 2000, maxClockSkewSeconds: 300, cacheMaxEntries: 100, cacheTtlSeconds: 60 }
  const store = createStore({ backend, path, ...sizes }, { ...redisAlone, topology })
  await store.open()
  return store
}

export async function lmdbHome(): Promise<Home> {
  const path = mkdtempSync(join(tmpdir(), 'xe-memory-'))
  return {
    lines: `[store]\nbackend = lmdb\npath = ${path}\ncache_ttl_seconds = 1\n`,
    open: () => opened('lmdb', path),
    stop: async () => rmSync(path, { recursive: true, force: true }),
  }
}

export async function clusterHome(): Promise<Home> {
  const cluster = await startCluster()
  const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
  const list = nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
  return {
    lines: `[store]\nbackend = redis\ncache_ttl_seconds = 1\n[redis]\ncluster_nodes = ${list}\n`,
    open: () => opened('redis', '', { kind: 'cluster', nodes }),
    stop: () => cluster.stop(),
  }
}

export const homes: readonly (readonly [string, () => Promise<Home>])[] = [
  ['LMDB', lmdbHome],
  ['a Redis Cluster', clusterHome],
]

export interface FleetOptions extends HarakaOptions {
  /** Lines of `[enforcement]`. */
  readonly enforcement?: string
  readonly mode?: string
}

/** Two workers that enforce, on that memory. The floor is the test's own: no later catalogue moves it. */
export function startFleet(lines: string, options: FleetOptions = {}): Promise<RunningHaraka> {
  const { enforcement = '', ...others } = options
  return startHaraka({
    nodes: 2,
    logLevel: 'notice',
    settings: settingsOf(lines, enforcement),
    connectors: `[hybrid]\ntenant = ${tenant}\naddresses = 8.8.0.0/16\n`,
    ...others,
  })
}

export function settingsOf(lines: string, enforcement = ''): string {
  return `[main]\nmode = enforce\n[policy]\npreset = custom\nfloors = ${newBuild}\n[enforcement]\n${enforcement}\n${lines}`
}

/** A name whose hour is now at this minute and stays within 75 s of it for as long as a test takes. */
export function nameAtMinute(minute: number, prefix: string, now = Date.now()): string {
  for (let number = 1; ; number += 1) {
    const name = `${prefix}${number}.contoso.local`
    const position = (((now - windowOffsetMs(tenant, name, true)) % hourMs) + hourMs) % hourMs
    if (Math.abs(position - minute * minuteMs) <= 15_000) return name
  }
}

export function serverRecord(server: string, clock: Clock, change: Partial<ServerRecord> = {}): ServerRecord {
  const now = Date.now()
  return {
    tenant,
    server,
    firstSeenAt: now - 200 * dayMs,
    lastSeenAt: now,
    clock,
    recovery: null,
    stageSeen: 0,
    lastEvidence: null,
    events: [],
    days: {},
    ...change,
  }
}

export function runningSince(startedAt: number): Clock {
  return { state: 'running', startedAt, detectedAt: startedAt + dayMs, carriedMs: 0, reachedMs: 0 }
}

export async function writeServer(store: Store, record: ServerRecord): Promise<void> {
  const key = { kind: 'server', tenant, server: record.server } as const
  const { version } = await store.read(key)
  if (!(await store.replace(key, version, record, dayMs))) throw new Error(`${record.server} was not written`)
}

export async function writePath(
  store: Store,
  where: Pick<PathRecord, 'address' | 'ehlo'> & { readonly connector?: string },
  servers: readonly string[],
  lastEvidenceAt: number,
): Promise<void> {
  const key = {
    kind: 'path',
    tenant,
    connector: where.connector ?? 'hybrid',
    address: where.address,
  } as const
  const seen = Object.fromEntries(servers.map((server) => [server, lastEvidenceAt]))
  for (const ehlo of [where.ehlo, null]) {
    const { connector, address } = key
    const record = { tenant, connector, address, ehlo, servers: seen, lastEvidenceAt }
    if (!(await store.replace({ ...key, ehlo }, 0, record, dayMs))) throw new Error('a path was not written')
  }
}

export interface Letter {
  readonly server: string
  readonly build: string
  readonly address: string
  readonly ehlo?: string
  readonly subject?: string
}

export interface Answered {
  readonly code: number
  readonly at: 'connect' | 'mail' | 'data'
  readonly line: string
  /** Epoch ms: between these the decision was made. */
  readonly from: number
  readonly until: number
}

/** One message in a session of its own. */
export async function send(haraka: RunningHaraka, letter: Letter): Promise<Answered> {
  const from = Date.now()
  const report = await haraka.send({
    proxyFrom: letter.address,
    ehlo: letter.ehlo ?? 'mail.contoso.com',
    headers: exchangeHeaders(letter),
    subject: letter.subject ?? 'Hello',
  })
  const at = report.stage === 'connect' || report.stage === 'mail' ? report.stage : 'data'
  return { code: report.code, at, line: report.raw, from, until: Date.now() }
}

/** One message in a session that may carry more of them. */
export async function sendOn(client: SmtpClient, letter: Letter): Promise<Answered> {
  const from = Date.now()
  const done = (at: Answered['at'], { code, raw }: Reply): Answered => ({
    code,
    at,
    line: raw,
    from,
    until: Date.now(),
  })
  const mail = await client.mail('alice@contoso.com')
  if (mail.code !== 250) return done('mail', mail)
  await client.rcpt('bob@example.com')
  const text = messageText({ headers: exchangeHeaders(letter), subject: letter.subject ?? 'Hello' })
  return done('data', await client.data(text))
}

/** Runs these, so many at a time. */
export async function inParallel<T>(lanes: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let task = tasks[next]; task; task = tasks[next]) {
      const index = next
      next += 1
      results[index] = await task()
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

/** Process ids of the workers that accepted a message. */
export function workersThatAccepted(haraka: RunningHaraka): ReadonlySet<string> {
  return new Set(readdirSync(join(haraka.folder, 'spool')).map((name) => name.split('-')[1] ?? ''))
}

export { sleep }
