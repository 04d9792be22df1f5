import { Enforcement } from '../enforcement/enforcement'
import type { Observer } from '../enforcement/observer'
import type { Outcome } from '../enforcement/outcome'
import { Ruleset } from '../enforcement/ruleset'
import type { Soon } from '../store/recollection'
import { windowOffsetMs } from '../rules/decision/window'
import { dayMs } from '../rules/time'
import { Outcomes, ServerOutcomes } from './outcomes'
import type { Entry, KnownSession, Register } from './register'
import { ReplayMemory } from './replay-memory'
import type { ReplayOptions } from './replay-options'
import type { Moment } from './timeline'

/** What is gathered is written as often: the gatherer holds more, and paths remember for days. */
const flushEveryMessages = 5000
const flushEveryMs = dayMs

/** Where messages are played, one after the other, by a clock of its own. */
export class Player {
  readonly all = new Outcomes()
  readonly tenants = new Map<string, Outcomes>()
  readonly servers = new Map<string, ServerOutcomes>()
  readonly memory: ReplayMemory
  firstAt: number | null = null
  lastAt = 0
  copies = 0
  /** What memory did not take in, since too many new servers or paths came in an hour. */
  dropped = 0
  readonly #options: ReplayOptions
  readonly #ruleset: Ruleset
  readonly #register: Register
  readonly #enforcement: Enforcement
  #now = 0
  #unwritten = 0
  #writtenAt = 0
  #ofThisTime = new Set<number>()

  constructor(options: ReplayOptions, ruleset: Ruleset, register: Register) {
    const { settings, catalogue, enforceFrom } = options
    this.#options = options
    this.#ruleset = ruleset
    this.#register = register
    const reporting = new Ruleset({
      ...settings,
      mode: 'report',
      connectors: settings.connectors.map((connector) => ({ ...connector, mode: 'report' })),
    })
    this.memory = new ReplayMemory(() => this.#now)
    this.#enforcement = new Enforcement({
      ruleset: () => (enforceFrom !== null && this.#now < enforceFrom ? reporting : ruleset),
      catalogue: () => catalogue,
      memory: this.memory,
      now: () => this.#now,
      clockIsTrusted: () => true,
      observer: this.#observer(),
    })
  }

  async play({ at, what, who, copy }: Moment): Promise<void> {
    if (at !== this.#now) this.#ofThisTime.clear()
    this.#now = at
    // One message that was delivered several times came in once.
    if (this.#ofThisTime.has(copy)) {
      this.copies += 1
      return
    }
    this.#ofThisTime.add(copy)
    this.firstAt ??= at
    this.lastAt = at
    const tenant = this.#register.connectorOf(who)?.tenant ?? ''
    const entry = this.#register.entryOf(what)
    // The path of a message without evidence is to be known to the last moment (S4).
    const isDue = this.#unwritten >= flushEveryMessages || at - this.#writtenAt >= flushEveryMs
    if (this.#unwritten > 0 && (isDue || entry.kind === 'silent')) await this.flush()
    const outcome = entry.kind === 'harmless' ? null : await this.#decide(entry)
    const action = outcome?.decision.action ?? 'accept'
    this.all.add(at, action)
    this.#tenant(tenant).add(at, action)
    if (!outcome || outcome.server === null) return
    const server = this.#server(tenant, outcome.server)
    server.decided(at, outcome.decision, this.#register.senderOf(who))
    if (outcome.verdict?.status !== 'outdated' || entry.kind === 'harmless') return
    const { mode } = this.#ruleset.effectiveOf(entry.attributed.connector)
    server.couldBe(at, this.#options.settings.schedule, mode)
  }

  async flush(): Promise<void> {
    await this.#enforcement.flush()
    this.#unwritten = 0
    this.#writtenAt = this.#now
  }

  #decide(entry: Exclude<Entry, { kind: 'harmless' }>): Soon<Outcome> {
    const { session, attributed }: KnownSession = entry
    const fields = entry.kind === 'sighting' ? entry.fields : []
    this.#unwritten += 1
    return this.#enforcement.atData(session, attributed, { fields, messageId: null })
  }

  #tenant(tenant: string): Outcomes {
    let outcomes = this.tenants.get(tenant)
    if (!outcomes) {
      outcomes = new Outcomes()
      this.tenants.set(tenant, outcomes)
    }
    return outcomes
  }

  #server(tenant: string, server: string): ServerOutcomes {
    const key = `${tenant}\n${server}`
    let outcomes = this.servers.get(key)
    if (!outcomes) {
      const { schedule, enforcement } = this.#options.settings
      outcomes = new ServerOutcomes(
        tenant,
        server,
        windowOffsetMs(tenant, server, enforcement.spread),
        schedule,
      )
      this.servers.set(key, outcomes)
    }
    return outcomes
  }

  #observer(): Observer {
    return {
      count: (name, labels) => {
        if (name === 'faults' && 'kind' in labels && labels.kind === 'newcomer-dropped') this.dropped += 1
      },
      decisionTook: () => undefined,
      storeTook: () => undefined,
    }
  }
}
