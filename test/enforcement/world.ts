import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { Enforcement } from '../../src/enforcement/enforcement'
import type { Counters, Observer } from '../../src/enforcement/observer'
import type { Outcome } from '../../src/enforcement/outcome'
import { Ruleset } from '../../src/enforcement/ruleset'
import type { Message, Session } from '../../src/enforcement/session'
import type { Surroundings } from '../../src/enforcement/surroundings'
import { parseAddress } from '../../src/config/address'
import { dayMs, hourMs } from '../../src/rules/time'
import type { ServerRecord } from '../../src/rules/clock/record'
import { cached, type CachedStore } from '../../src/store/cached'
import { guarded } from '../../src/store/guarded'
import { MemoryStore, type MemoryEntry } from '../../src/store/memory'
import type { RecordKind, Store } from '../../src/store/store'
import { settingsOf } from '../config/support'
import { exchangeReceived } from '../support/exchange-headers'

export const oldBuild = '15.1.2507.39'
export const newBuild = '15.1.2507.61'
export const start = Date.UTC(2026, 2, 4, 9, 17, 3, 250)

const catalogue = loadCatalogue(packagedCataloguePath())

const connectorText = `
[hybrid]
tenant = contoso
addresses = 192.0.2.0/24, 2001:db8::/32
[partner]
tenant = contoso
type = partner
addresses = 198.51.100.0/24
`

/** The floor is the test's own, so that no later catalogue changes what is outdated. */
export function mainText(more = ''): string {
  return `[main]\nmode = enforce\n[policy]\npreset = custom\nfloors = ${newBuild}\n${more}`
}

/** A store whose calls are counted, and which can be made to fail in every way. */
export class WatchedStore implements Store {
  readonly backend = 'memory'
  readonly calls: string[] = []
  health: 'up' | 'refusing' | 'hanging' = 'up'
  /** Calls of these fail as `health` says; all where it is `null`. */
  only: ((operation: string, kind: RecordKind) => boolean) | null = null
  /** Whether `list` works though the rest does not. */
  listable = false
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  count(operation: string): number {
    return this.calls.filter((call) => call.startsWith(operation)).length
  }

  open = (): Promise<void> => this.#store.open()
  lifetime: Store['lifetime'] = (key) => this.#store.lifetime(key)
  time = (): Promise<number | null> => this.#store.time()
  prune = (now: number): Promise<number> => this.#store.prune(now)
  close = (): Promise<void> => this.#store.close()
  read: Store['read'] = async (key) => {
    await this.#meet('read', key.kind)
    return this.#store.read(key)
  }
  readAll: Store['readAll'] = async (keys) => {
    await this.#meet('read', keys[0]?.kind ?? 'server')
    return this.#store.readAll(keys)
  }
  replace: Store['replace'] = async (key, expected, value, ttlMs) => {
    await this.#meet('replace', key.kind)
    return this.#store.replace(key, expected, value, ttlMs)
  }
  remove: Store['remove'] = async (key, expected) => {
    await this.#meet('remove', key.kind)
    return this.#store.remove(key, expected)
  }
  list: Store['list'] = (kind, tenant) => {
    if (this.health !== 'up' && !this.listable) throw new Error('refused')
    return this.#store.list(kind, tenant)
  }

  async #meet(operation: string, kind: RecordKind): Promise<void> {
    this.calls.push(`${operation} ${kind}`)
    if (this.health === 'up' || (this.only && !this.only(operation, kind))) return
    if (this.health === 'refusing') throw new Error('ECONNREFUSED')
    await new Promise(() => undefined)
  }
}

/** Who sends, and what its topmost field shows; `build` null: no evidence at all. */
export interface Sender {
  readonly server: string
  readonly build: string | null
  readonly address?: string
  readonly ehlo?: string
  /** A raw topmost field instead. */
  readonly field?: string
}

export interface Told {
  readonly code: 250 | 450 | 550
  readonly at: 'connect' | 'mail' | 'data'
  readonly outcome: Outcome
}

/** One worker: an Enforcement with a guard and a cache of its own. */
export class Worker {
  readonly around: Surroundings
  readonly enforcement: Enforcement
  readonly cache: CachedStore
  readonly faults = new Map<string, number>()
  readonly counted: [string, Record<string, string>][] = []
  readonly opened: Promise<void>
  ruleset: Ruleset
  trusted = true

  constructor(
    readonly world: World,
    main: string,
    connectors: string,
    cacheEntries: number,
  ) {
    this.ruleset = new Ruleset(settingsOf({ main, connectors }))
    const { store, now } = world
    const guard = guarded(store, { timeoutMs: this.ruleset.settings.store.timeoutMs })
    this.opened = guard.open()
    this.cache = cached(guard, { maxEntries: cacheEntries, ttlMs: 60_000, now })
    const observer: Observer = {
      count: (name, labels) => this.#note(name, labels),
      decisionTook: () => undefined,
      storeTook: () => undefined,
    }
    this.around = {
      ruleset: () => this.ruleset,
      catalogue: () => catalogue,
      memory: this.cache,
      now,
      clockIsTrusted: () => this.trusted,
      observer,
    }
    this.enforcement = new Enforcement(this.around)
  }

  reconfigure(main: string, connectors = connectorText): void {
    this.ruleset = new Ruleset(settingsOf({ main, connectors }))
  }

  session(sender: Sender): Session {
    const text = sender.address ?? '192.0.2.10'
    const address = parseAddress(text)
    if (!address) throw new Error(text)
    return {
      facts: { address, certificate: null, senderDomain: 'contoso.com' },
      address: text,
      ehlo: sender.ehlo ?? 'mail.contoso.com',
      reverseName: null,
      xoorg: null,
      skip: null,
    }
  }

  message({ server, build, field }: Sender): Message {
    const at = this.world.now()
    const fields =
      field !== undefined ? [field] : build === null ? [] : [exchangeReceived({ server, build, at })]
    return { fields: [...fields, 'Subject: x'], messageId: '<1@contoso.com>' }
  }

  /** As the hooks do it: connect, MAIL, DATA, up to the first denial. */
  async send(sender: Sender): Promise<Told> {
    const session = this.session(sender)
    const candidate = this.ruleset.atConnect(session)
    if (candidate) {
      const { deferAt, refuseAt } = this.ruleset.effectiveOf(candidate.connector)
      if (deferAt === 'connect' || refuseAt === 'connect') {
        const outcome = await this.enforcement.beforeData({ ...session, ehlo: null }, candidate, 'connect')
        if (outcome.reply) return { code: outcome.reply.code, at: 'connect', outcome }
      }
    }
    const attribution = this.ruleset.attribute(session)
    if (attribution.kind !== 'connector') throw new Error(`attribution: ${attribution.kind}`)
    const before = await this.enforcement.beforeData(session, attribution, 'mail')
    if (before.reply) return { code: before.reply.code, at: 'mail', outcome: before }
    const outcome = await this.enforcement.atData(session, attribution, this.message(sender))
    return { code: outcome.reply?.code ?? 250, at: 'data', outcome }
  }

  #note<N extends keyof Counters>(name: N, labels: Counters[N]): void {
    this.counted.push([name, { ...labels }])
    if ('kind' in labels && name === 'faults')
      this.faults.set(labels.kind, (this.faults.get(labels.kind) ?? 0) + 1)
  }
}

/** One store, one time, and workers on them. */
export class World {
  time = start
  readonly now = (): number => this.time
  readonly entries = new Map<string, MemoryEntry>()
  readonly memory = new MemoryStore({ now: this.now, entries: this.entries })
  readonly store = new WatchedStore(this.memory)

  async worker(more = '', connectors = connectorText, cacheEntries = 10_000): Promise<Worker> {
    const worker = new Worker(this, mainText(more), connectors, cacheEntries)
    await worker.opened
    return worker
  }

  async server(name: string, tenant = 'contoso'): Promise<ServerRecord | null> {
    const stored = await this.memory.read({ kind: 'server', tenant, server: name })
    return stored.state === 'present' ? stored.value : null
  }

  /** A server whose clock has run for so many days, as if it had been watched all the time. */
  async outdated(name: string, days: number, tenant = 'contoso'): Promise<void> {
    const startedAt = this.time - days * dayMs
    await this.memory.replace(
      { kind: 'server', tenant, server: name },
      0,
      {
        tenant,
        server: name,
        firstSeenAt: startedAt,
        lastSeenAt: this.time,
        clock: {
          state: 'running',
          startedAt,
          detectedAt: startedAt + 24 * hourMs,
          carriedMs: 0,
          reachedMs: 0,
        },
        recovery: null,
        stageSeen: 0,
        lastEvidence: null,
        events: [],
        days: {},
      },
      400 * dayMs,
    )
  }

  /** Moves on to the first instant from now at which the server's hour is at so many minutes (W1, W2). */
  toMinute(offsetMs: number, minute: number): void {
    const wanted = offsetMs + minute * 60_000
    this.time += (((wanted - this.time) % hourMs) + hourMs) % hourMs
  }
}
