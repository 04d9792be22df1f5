import { join } from 'node:path'
import type { ServerRecord } from '../../src/rules/clock/record'
import { dayMs, minuteMs } from '../../src/rules/time'
import { LmdbStore } from '../../src/store/lmdb'
import type { RecordKey } from '../../src/store/store'
import type { PluginResults, SpooledMessage } from '../support/accept-all'
import { exchangeHeaders } from '../support/exchange-headers'
import type { RunningHaraka } from '../support/haraka'
import { serverRecord } from '../support/records'

export const pluginName = 'exchange-enforcement'
export const fieldName = 'X-Exchange-Enforcement'

/** Far below every floor. */
export const oldBuild = '15.1.2106.2'
/** Newer than any catalogue. */
export const newBuild = '15.2.9999.1'

/** Fields of a message that an outdated server has sent. */
export function outdated(server: string): string[] {
  return exchangeHeaders({ server, build: oldBuild })
}

export function compliant(server: string): string[] {
  return exchangeHeaders({ server, build: newBuild })
}

/**
 * A schedule without windows: from day 30 on everything is deferred, from day 90 on everything is refused, whatever the
 * minute.
 */
export const allHour =
  '[schedule]\n2 = 30, 60, 0\n3 = none\n4 = none\n5 = none\n6 = none\n7 = none\n8 = 90, 0, 60\n'

export const daysToDefer = 35
export const daysToRefuse = 95

export interface Known {
  readonly server: string
  /** How long its clock has been running; 0: nothing is held against it. */
  readonly days: number
}

/** A path as an install remembers it. */
export interface KnownPath {
  readonly tenant: string
  readonly connector: string
  readonly address: string
  /** `null`: as kept for connectors that decide at connect. */
  readonly ehlo: string | null
  readonly servers: readonly Known[]
  readonly minutesAgo?: number
}

/** The memory of an install, opened beside Haraka, which LMDB allows. */
export async function withMemory<T>(folder: string, work: (store: LmdbStore) => Promise<T>): Promise<T> {
  const store = new LmdbStore({ path: join(folder, pluginName) })
  await store.open()
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

export async function remember(folder: string, ...paths: readonly KnownPath[]): Promise<void> {
  await withMemory(folder, async (store) => {
    const now = Date.now()
    for (const { tenant, connector, address, ehlo, servers, minutesAgo = 0 } of paths) {
      for (const { server, days } of servers) {
        const key: RecordKey<'server'> = { kind: 'server', tenant, server }
        const { version } = await store.read(key)
        await store.replace(key, version, knownServer(tenant, server, days, now), null)
      }
      const key: RecordKey<'path'> = { kind: 'path', tenant, connector, address, ehlo }
      const lastEvidenceAt = now - minutesAgo * minuteMs
      const seen = Object.fromEntries(servers.map(({ server }) => [server, lastEvidenceAt]))
      const { version } = await store.read(key)
      await store.replace(
        key,
        version,
        { tenant, connector, address, ehlo, servers: seen, lastEvidenceAt },
        null,
      )
    }
  })
}

export function recordOf(folder: string, tenant: string, server: string): Promise<ServerRecord | null> {
  return withMemory(folder, async (store) => {
    const stored = await store.read<'server'>({ kind: 'server', tenant, server })
    return stored.state === 'present' ? stored.value : null
  })
}

function knownServer(tenant: string, server: string, days: number, now: number): ServerRecord {
  const startedAt = now - days * dayMs
  const clock: ServerRecord['clock'] =
    days === 0
      ? { state: 'clear' }
      : { state: 'running', startedAt, detectedAt: startedAt, carriedMs: 0, reachedMs: 0 }
  return serverRecord(server, { tenant, firstSeenAt: startedAt, lastSeenAt: now, clock, stageSeen: 8 })
}

/** The reporting fields that a message bears, in any spelling. */
export function reportingFields(message: SpooledMessage | undefined): string[] {
  return (message?.headers ?? []).filter((field) => /^x-exchange-enforcement/i.test(field))
}

export function lastMessage(haraka: RunningHaraka): SpooledMessage {
  const message = haraka.messages().at(-1)
  if (!message) throw new Error('no message was accepted')
  return message
}

/** What our plugin has put into the message's result store. */
export function resultsOf(message: SpooledMessage): PluginResults | null {
  return message.transactionResults[pluginName] ?? null
}

/** The connector that a message was attributed to, or `none`. */
export function attributedTo(message: SpooledMessage): string {
  const connector = resultsOf(message)?.['connector']
  return typeof connector === 'string' ? connector : 'none'
}
