import { setImmediate as nextTurn } from 'node:timers/promises'
import { elapsedAt } from '../rules/clock/elapsed'
import type { ServerRecord, TenantRecord } from '../rules/clock/record'
import { stageAt, type Schedule } from '../rules/clock/schedule'
import { statusAt } from '../rules/clock/status'
import type { Catalogue } from '../rules/verdict/catalogue'
import { AttentionList, type Place } from './attention'
import { stageLabel } from './catalogue'
import { knownExploitedAt } from './known-exploited'

/** What is counted: readable records only. Either may throw. */
export interface Inventory {
  tenants(): AsyncIterable<TenantRecord>
  servers(): AsyncIterable<ServerRecord>
}

export interface CountRules {
  readonly schedule: Schedule
  readonly relapseDays: number
  readonly catalogue: Catalogue
  /** How many servers at most are named; 0: none. */
  readonly serverInfo: number
}

export interface ServerCounts {
  /** By `status|stage`. */
  readonly standings: ReadonlyMap<string, number>
  /** Those with a vulnerability open that is known to be exploited. */
  readonly knownExploited: number
  /** Series of `server_info`, the one first that needs attention most. */
  readonly attention: readonly (readonly string[])[]
}

const nothingCounted: ServerCounts = { standings: new Map(), knownExploited: 0, attention: [] }

const turnMs = 10
const shortestPauseMs = 60_000
const pauseAfterFailureMs = 10_000
/** The pause is so many times as long as the count before it took: counting takes 5 % of a core at most. */
const restFactor = 20
const budgetMs = 30_000

/** Where a server stands now. */
export function placeOf(
  record: ServerRecord,
  tenant: TenantRecord | undefined,
  rules: Pick<CountRules, 'schedule' | 'relapseDays'>,
  at: number,
): Place {
  const { pauses, exemptions } = tenant ?? { pauses: [], exemptions: [] }
  const status = statusAt(record, { pauses, exemptions }, rules.relapseDays, at)
  if (record.clock.state !== 'running') return { status, stage: null }
  return { status, stage: stageAt(rules.schedule, elapsedAt(record.clock, pauses, at)) }
}

/** Reads all of memory once, a little in every turn of the event loop. `null`: it took longer than `forMs`. */
export async function countServers(
  inventory: Inventory,
  rules: CountRules,
  at: number,
  forMs = budgetMs,
): Promise<ServerCounts | null> {
  const until = performance.now() + forMs
  const standings = new Map<string, number>()
  let knownExploited = 0
  const attention = new AttentionList(rules.serverInfo)
  const isKnownExploited = knownExploitedAt(rules.catalogue, at)
  const tenants = new Map<string, TenantRecord>()
  let turnEnds = performance.now() + turnMs
  const inTime = async (): Promise<boolean> => {
    const now = performance.now()
    if (now < turnEnds) return true
    await nextTurn()
    turnEnds = performance.now() + turnMs
    return now < until
  }
  for await (const tenant of inventory.tenants()) {
    tenants.set(tenant.tenant, tenant)
    if (!(await inTime())) return null
  }
  const seen = new Set<string>()
  for await (const record of inventory.servers()) {
    // A store may list a record twice.
    const name = `${record.tenant}\n${record.server}`
    if (!seen.has(name)) {
      seen.add(name)
      const place = placeOf(record, tenants.get(record.tenant), rules, at)
      const key = `${place.status}|${stageLabel(place.stage?.stage ?? null)}`
      standings.set(key, (standings.get(key) ?? 0) + 1)
      attention.offer(record, place)
      if (isKnownExploited(record)) knownExploited += 1
    }
    if (!(await inTime())) return null
  }
  return { standings, knownExploited, attention: attention.series() }
}

/** The last count that came to its end, and when the next one may begin. */
export class ServerCount {
  #counts = nothingCounted
  #nextAt = 0
  #running = false

  get counts(): ServerCounts {
    return this.#counts
  }

  /** Counts if it is time. Never rejects: while memory cannot be asked (`null`) the last figures stay. */
  async refresh(inventory: Inventory | null, rules: CountRules): Promise<void> {
    const begun = performance.now()
    if (this.#running || begun < this.#nextAt) return
    if (!inventory) return
    this.#running = true
    let pauseMs = shortestPauseMs
    try {
      this.#counts = (await countServers(inventory, rules, Date.now())) ?? this.#counts
    } catch {
      // The store counts its own failures.
      pauseMs = pauseAfterFailureMs
    }
    this.#running = false
    this.#nextAt = begun + Math.max(pauseMs, restFactor * (performance.now() - begun))
  }
}
