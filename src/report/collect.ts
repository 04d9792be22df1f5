import type { Connector } from '../rules/attribution/connector'
import { daysCharged } from '../rules/clock/pause'
import type { Pause, TenantRecord } from '../rules/clock/record'
import { dayMs, dayOf } from '../rules/time'
import {
  soonDays,
  type Fleet,
  type FleetRules,
  type Inventory,
  type PauseBudget,
  type StageChange,
  type TenantSummary,
  type UnreadableRecord,
} from './fleet'
import { judgeOn, summarise, type ServerSummary } from './summary'
import { Tally } from './totals'
import { Turns } from './turns'

/** What is being gathered of one tenant. */
interface Gathering {
  readonly record: TenantRecord
  readonly connectors: Connector[]
  /** By name: a store may list a record twice. */
  readonly servers: Map<string, ServerSummary>
  readonly tally: Tally
}

/**
 * Reads all of memory once, or what is there of one tenant, and adds it up, a little in every turn of the event loop.
 * Only summaries are kept, so that a large fleet fits. Rejects where memory does.
 */
export async function collect(
  inventory: Inventory,
  rules: FleetRules,
  at: number,
  tenant?: string,
): Promise<Fleet> {
  const turns = new Turns()
  const tenants = new Map<string, Gathering>()
  const unreadable: UnreadableRecord[] = []
  const begin = (record: TenantRecord): Gathering => {
    const begun = { record, connectors: [], servers: new Map(), tally: new Tally(rules.schedule) }
    tenants.set(record.tenant, begun)
    return begun
  }
  const gathering = (tenant: string): Gathering =>
    tenants.get(tenant) ?? begin({ tenant, pauses: [], exemptions: [] })

  for await (const listed of inventory.list('tenant', tenant)) {
    if (listed.state === 'present') begin(listed.value)
    if (listed.state === 'unreadable') {
      unreadable.push({ tenant: listed.key.tenant, server: null, why: listed.why })
    }
    await turns.next()
  }
  for (const connector of rules.connectors) {
    if (tenant === undefined || connector.tenant === tenant) {
      gathering(connector.tenant).connectors.push(connector)
    }
  }
  const judgeSeen = judgeOn(dayOf(at), rules)
  for await (const listed of inventory.list('server', tenant)) {
    if (listed.state === 'unreadable') {
      unreadable.push({ tenant: listed.key.tenant, server: listed.key.server ?? null, why: listed.why })
    }
    if (listed.state === 'present') {
      const record = listed.value
      const { servers, tally, record: owner } = gathering(record.tenant)
      if (!servers.has(record.server)) {
        const summary = summarise(record, owner, rules, at, judgeSeen)
        servers.set(record.server, summary)
        tally.add(summary)
        tally.addDays(record.days)
      }
    }
    await turns.next()
  }

  const all = new Tally(rules.schedule)
  const summaries: TenantSummary[] = []
  const names = [...tenants.keys()].sort(compareText)
  for (const name of names) {
    const gathered = gathering(name)
    all.merge(gathered.tally)
    summaries.push(summariseTenant(gathered, rules, at))
    await turns.next()
  }
  const servers = summaries.flatMap((tenant) => tenant.servers)
  return {
    at,
    tenants: summaries,
    servers,
    totals: all.totals(),
    stages: rules.schedule,
    soon: changesUntil(servers, at + soonDays * dayMs),
    unreadable,
  }
}

function summariseTenant(
  { record, connectors, servers, tally }: Gathering,
  { pauseDaysPerYear, modeOf }: FleetRules,
  at: number,
): TenantSummary {
  const { tenant, pauses, exemptions } = record
  return {
    tenant,
    connectors: connectors.map((connector) => ({ connector, mode: modeOf(connector.id) })),
    contacts: [...new Set(connectors.flatMap(({ contacts }) => contacts))],
    pauses: [...pauses].sort((a, b) => a.from - b.from),
    budgets: budgetsOf(pauses, pauseDaysPerYear, new Date(at).getUTCFullYear()),
    exemptions: exemptions.filter(({ until }) => at < until),
    servers: [...servers.values()].sort(worstFirst),
    totals: tally.totals(),
  }
}

function budgetsOf(pauses: readonly Pause[], allowed: number, thisYear: number): readonly PauseBudget[] {
  const charged = daysCharged(pauses)
  const years = new Set([thisYear, ...[...charged.keys()].filter((year) => year > thisYear).sort()])
  return [...years].map((year) => {
    const used = charged.get(year) ?? 0
    return { year, allowed, used, left: Math.max(0, allowed - used) }
  })
}

function changesUntil(servers: readonly ServerSummary[], until: number): readonly StageChange[] {
  return servers
    .flatMap(({ tenant, server, status, clock }): StageChange | [] =>
      clock?.next && clock.next.at < until
        ? { tenant, server, status, at: clock.next.at, from: clock.stage, to: clock.next.stage }
        : [],
    )
    .sort((a, b) => a.at - b.at || compareText(a.server, b.server))
}

/** Of one tenant: who has been outdated longest comes first. */
function worstFirst(a: ServerSummary, b: ServerSummary): number {
  return (b.clock?.elapsedMs ?? -1) - (a.clock?.elapsedMs ?? -1) || compareText(a.server, b.server)
}

/** By code unit, so that the order is the same everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
