import { internetConnector } from '../config/effective'
import { Ruleset } from '../enforcement/ruleset'
import type { Attributed, Session } from '../enforcement/session'
import type { FoundMessage } from '../mailbox/messages'
import { internetConnectorId } from '../rules/attribution/connector'
import { ArrivalReader, type Arrival } from './arrival'
import { hash52 } from './hash'
import { Player } from './player'
import { Register } from './register'
import type { ReadCounts, ReplayOptions } from './replay-options'
import { reportOf, type ReplayReport } from './replay-report'
import { Timeline } from './timeline'

/** Kept to tell where messages came in; an archive of one operator names few. */
const maxHosts = 1000

/** Messages played between two breaths. */
const breatheEvery = 500

/**
 * The mail of an archive through the same sequence as in the mail server, in the order in which it arrived: first every message is
 * added, then all are played.
 */
export class Replay {
  readonly #options: ReplayOptions
  readonly #ruleset: Ruleset
  readonly #arrivals: ArrivalReader
  readonly #register: Register
  readonly #timeline = new Timeline()
  readonly #hosts = new Map<string, number>()
  readonly #counts: ReadCounts = {
    messages: 0,
    undated: 0,
    outside: 0,
    unattributed: 0,
    ambiguous: 0,
    authenticated: 0,
    off: 0,
    certificate: 0,
    address: 0,
    internet: 0,
  }

  constructor(options: ReplayOptions) {
    const { settings, own } = options
    this.#options = options
    this.#ruleset = new Ruleset(settings)
    this.#arrivals = new ArrivalReader(own, settings.connectors)
    this.#register = new Register(settings)
  }

  get messages(): number {
    return this.#counts.messages
  }

  add(message: Pick<FoundMessage, 'fields' | 'fromLine'>): void {
    const counts = this.#counts
    counts.messages += 1
    const arrival = this.#arrivals.read(message)
    const { at, receivedBy } = arrival
    const host = receivedBy ?? ''
    if (this.#hosts.has(host) || this.#hosts.size < maxHosts) {
      this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1)
    }
    if (at === null) counts.undated += 1
    else if (this.#isOutside(at)) counts.outside += 1
    else this.#addArrival(arrival, at)
  }

  /** Plays everything. `breathe` is called now and then, with the share that is done; what it throws ends the replay. */
  async play(breathe: (done: number) => Promise<void>): Promise<ReplayReport> {
    const player = new Player(this.#options, this.#ruleset, this.#register)
    let played = 0
    for (const moment of this.#timeline.inOrder()) {
      await player.play(moment)
      played += 1
      if (played % breatheEvery === 0) await breathe(played / this.#timeline.length)
    }
    await player.flush()
    return reportOf(this.#options, this.#counts, this.#hosts, player)
  }

  close(): void {
    this.#timeline.close()
  }

  #isOutside(at: number): boolean {
    const { from, until } = this.#options
    return (from !== null && at < from) || (until !== null && at >= until)
  }

  #addArrival(arrival: Arrival, at: number): void {
    const attributed = this.#attribute(arrival.session)
    if (!attributed) return
    this.#counts[attributed.by] += 1
    const { session, fields, senderDomain, copyKey } = arrival
    const what = this.#register.what(session ?? unknownSession, session !== null, attributed, fields)
    const who = this.#register.who(attributed, what, senderDomain)
    this.#timeline.add({ at, what, who, copy: hash52(copyKey) })
  }

  #attribute(session: Session | null): Attributed | null {
    const found = session ? this.#ruleset.attribute(session) : this.#internet()
    switch (found.kind) {
      case 'none':
        this.#counts.unattributed += 1
        return null
      case 'ambiguous':
        this.#counts.ambiguous += 1
        return null
      case 'skipped':
        this.#counts.authenticated += 1
        return null
      case 'connector':
        if (this.#ruleset.effectiveOf(found.connector).mode !== 'off') return found
        this.#counts.off += 1
        return null
    }
  }

  /** Where it is not known who sent a message it is a stranger's (A5). */
  #internet(): { readonly kind: 'none' } | ({ readonly kind: 'connector' } & Attributed) {
    const { scope, connectors } = this.#options.settings
    if (scope !== 'everyone') return { kind: 'none' }
    const connector = connectors.find(({ id }) => id === internetConnectorId) ?? internetConnector
    return { kind: 'connector', connector, by: 'internet', matched: unknownSession.address }
  }
}

const unknownSession: Session = {
  facts: { address: { family: 4, value: 0n }, certificate: null, senderDomain: null },
  address: 'unknown',
  ehlo: null,
  reverseName: null,
  xoorg: null,
  skip: null,
}
