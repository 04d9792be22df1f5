import { internetConnectorId } from '../../src/rules/attribution/connector'
import type { PathRecord, ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { windowOffsetMs } from '../../src/rules/decision/window'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import type { RecordKey, RecordKind, Records, Store } from '../../src/store/store'
import { serverRecord } from '../support/records'

export const oldBuild = '15.1.2507.39'
/** The floor, which is the suite's own: no later catalogue moves it. */
export const floorBuild = '15.1.2507.61'

export const connectorsText = `[hybrid]
tenant = contoso
addresses = 8.8.0.0/16
[paused]
tenant = fabrikam
addresses = 8.9.0.0/16
[watched]
tenant = example
mode = report
addresses = 8.10.0.0/16
`

export const settingsText = (memory: string): string =>
  `[main]\nmode = enforce\n[policy]\npreset = custom\nfloors = ${floorBuild}\n${memory}`

/** What all of them call themselves: their connections are their relay's. */
export const ehloOfAll = 'mail.contoso.com'

const connectorOf: Readonly<Record<string, string>> = { '8.8': 'hybrid', '8.9': 'paused', '8.10': 'watched' }

/** What is to be seen of a sender, and so what it may be told. */
export type Part =
  | 'compliant'
  | 'stage 1'
  | 'a day before stage 2'
  | 'outside its windows'
  | 'deferred'
  | 'refused for minutes'
  | 'refused'
  | 'paused'
  | 'exempt'
  | 'only reported'
  | 'stranger'

export interface Actor {
  readonly part: Part
  readonly tenant: string
  readonly server: string
  readonly build: string
  readonly address: string
  /** What it is told while nothing is wrong; under a fault it may be told 250 as well (F1). */
  readonly calm: 250 | 450 | 550
}

interface Role {
  readonly part: Part
  readonly tenant: string
  readonly build: string
  readonly network: string
  readonly calm: Actor['calm']
  /** Since when its clock runs; `null`: nothing is held against it. */
  readonly days: number | null
  /** Where in its hour it shall be now; `null`: wherever. */
  readonly minute: number | null
  readonly count: number
}

const outdated = { tenant: 'contoso', build: oldBuild, network: '8.8' } as const

const roles: readonly Role[] = [
  { ...outdated, part: 'compliant', build: floorBuild, calm: 250, days: null, minute: null, count: 12 },
  { ...outdated, part: 'stage 1', calm: 250, days: 10, minute: null, count: 4 },
  // Whoever believes a clock that jumped two days ahead defers them.
  { ...outdated, part: 'a day before stage 2', calm: 250, days: 29, minute: 2, count: 2 },
  { ...outdated, part: 'outside its windows', calm: 250, days: 55, minute: 40, count: 4 },
  { ...outdated, part: 'deferred', calm: 450, days: 55, minute: 10, count: 6 },
  { ...outdated, part: 'refused for minutes', calm: 550, days: 65, minute: 32, count: 3 },
  { ...outdated, part: 'refused', calm: 550, days: 95, minute: null, count: 8 },
  { ...outdated, part: 'exempt', calm: 250, days: 95, minute: null, count: 2 },
  {
    ...outdated,
    part: 'paused',
    tenant: 'fabrikam',
    network: '8.9',
    calm: 250,
    days: 95,
    minute: null,
    count: 3,
  },
  {
    ...outdated,
    part: 'only reported',
    tenant: 'example',
    network: '8.10',
    calm: 250,
    days: 95,
    minute: null,
    count: 2,
  },
  {
    ...outdated,
    part: 'stranger',
    tenant: internetConnectorId,
    network: '8.11',
    calm: 250,
    days: null,
    minute: null,
    count: 4,
  },
]

/** Every kind of sender, and what memory holds of it. */
export class Cast {
  readonly actors: readonly Actor[]
  /** Of all servers that memory knows. */
  readonly records: readonly ServerRecord[]
  readonly #paths: readonly PathRecord[]
  readonly #tenants: readonly TenantRecord[]

  constructor(now: number) {
    const cast = roles.flatMap((role) =>
      Array.from({ length: role.count }, (_, index) => ({ role, actor: actorOf(role, index, now) })),
    )
    this.actors = cast.map(({ actor }) => actor)
    this.records = cast.flatMap(({ role, actor }) =>
      role.part === 'stranger' ? [] : [recordOf(actor, role.days, now)],
    )
    const known = cast.filter(({ role }) => role.part !== 'stranger')
    const addresses = new Set(known.map(({ actor }) => actor.address))
    this.#paths = [...addresses].map((address) => pathOf(address, known, now))
    this.#tenants = [
      { tenant: 'fabrikam', pauses: [pauseAround(now)], exemptions: [] },
      {
        tenant: 'contoso',
        pauses: [],
        exemptions: this.of('exempt').map(({ server }) => exemptionOf(server, now)),
      },
    ]
  }

  of(part: Part): readonly Actor[] {
    return this.actors.filter((actor) => actor.part === part)
  }

  /** Writes what memory shall hold, over whatever it does hold; paths first, so that no clock counts before all are known. */
  async seed(store: Store): Promise<void> {
    for (const path of this.#paths) await put(store, { ...path, kind: 'path' }, path)
    for (const record of this.records)
      await put(store, { kind: 'server', tenant: record.tenant, server: record.server }, record)
    for (const record of this.#tenants) await put(store, { kind: 'tenant', tenant: record.tenant }, record)
  }

  /** Clocks that run although memory was emptied, in sentences: all they may have done since is to be suspected anew. */
  async startedClocks(store: Store): Promise<string[]> {
    const started: string[] = []
    for (const { tenant, server } of this.records) {
      const found = await store.read({ kind: 'server', tenant, server })
      if (found.state === 'present' && found.value.clock.state === 'running')
        started.push(`the clock of ${server} was started: ${JSON.stringify(found.value.clock)}`)
    }
    return started
  }

  /** What is wrong with the clocks that memory holds, in sentences; each must stand where it was set. */
  async wrongClocks(store: Store): Promise<string[]> {
    const wrong: string[] = []
    for (const expected of this.records) {
      const { tenant, server } = expected
      const found = await store.read({ kind: 'server', tenant, server })
      if (found.state !== 'present') wrong.push(`the record of ${server} is ${found.state}`)
      else if (!isSameClock(found.value.clock, expected.clock))
        wrong.push(`${server}: ${JSON.stringify(found.value.clock)}, not ${JSON.stringify(expected.clock)}`)
      else if (found.value.events.some(({ kind }) => kind !== 'stage'))
        wrong.push(`${server}: ${JSON.stringify(found.value.events)}`)
    }
    return wrong
  }
}

async function put<K extends RecordKind>(store: Store, key: RecordKey<K>, record: Records[K]): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const found = await store.read(key)
    if (found.state === 'unreadable') await store.remove(key, found.version)
    const expected = found.state === 'unreadable' ? 0 : found.version
    // Else Haraka was quicker.
    if (await store.replace(key, expected, record, null)) return
  }
  throw new Error(`${JSON.stringify(key)} was not written`)
}

function isSameClock(left: ServerRecord['clock'], right: ServerRecord['clock']): boolean {
  if (left.state !== 'running' || right.state !== 'running') return left.state === right.state
  return (
    left.startedAt === right.startedAt &&
    left.detectedAt === right.detectedAt &&
    left.carriedMs === right.carriedMs
  )
}

function actorOf(role: Role, index: number, now: number): Actor {
  const { part, tenant, build, network, calm, minute } = role
  const stem = `${part.replaceAll(' ', '-')}-${index}`
  const host = hostOf(part, index)
  const server = minute === null ? `${stem}.contoso.local` : nameAtMinute(tenant, stem, minute, now)
  return { part, tenant, server, build, address: `${network}.${host}`, calm }
}

/**
 * Two share an address; and compliant servers stand behind the address of a refused one, and of a deferred one, which must
 * not harm them.
 */
function hostOf(part: Part, index: number): string {
  if (part === 'compliant' && index < 2) return hostOf('refused', 0)
  if (part === 'compliant' && index < 4) return hostOf('deferred', 0)
  return `${roles.findIndex((role) => role.part === part) + 1}.${Math.floor(index / 2) + 1}`
}

/** A name whose hour is now at this minute, and for as long as a fault lasts. */
function nameAtMinute(tenant: string, stem: string, minute: number, now: number): string {
  for (let number = 1; ; number += 1) {
    const name = `${stem}-${number}.contoso.local`
    const position = (((now - windowOffsetMs(tenant, name, true)) % hourMs) + hourMs) % hourMs
    if (Math.abs(position - minute * minuteMs) <= 15_000) return name
  }
}

function recordOf({ tenant, server }: Actor, days: number | null, now: number): ServerRecord {
  const startedAt = now - (days ?? 0) * dayMs
  const clock: ServerRecord['clock'] =
    days === null
      ? { state: 'clear' }
      : { state: 'running', startedAt, detectedAt: startedAt + dayMs, carriedMs: 0, reachedMs: 0 }
  return serverRecord(server, { tenant, firstSeenAt: startedAt, lastSeenAt: now, clock, stageSeen: 8 })
}

function pathOf(
  address: string,
  known: readonly { readonly role: Role; readonly actor: Actor }[],
  now: number,
): PathRecord {
  const behind = known.filter(({ actor }) => actor.address === address)
  const [first] = behind
  if (!first) throw new Error(`nobody is behind ${address}`)
  return {
    tenant: first.role.tenant,
    connector: connectorOf[first.role.network] ?? '',
    address,
    ehlo: ehloOfAll,
    // Those to be turned away first: whoever asks the first alone is wrong about the others.
    servers: Object.fromEntries(behind.toReversed().map(({ actor }) => [actor.server, now])),
    lastEvidenceAt: now,
  }
}

function pauseAround(now: number): TenantRecord['pauses'][number] {
  return {
    id: 'pause',
    from: now - dayMs,
    until: now + 9 * dayMs,
    days: 10,
    reason: 'migration',
    createdAt: now - dayMs,
  }
}

function exemptionOf(server: string, now: number): TenantRecord['exemptions'][number] {
  return {
    id: server,
    target: { kind: 'server', server },
    until: now + 10 * dayMs,
    reason: 'contract',
    createdAt: now - dayMs,
  }
}
