import { exchangeHeaders } from '../support/exchange-headers'
import type { RunningHaraka } from '../support/haraka'
import { messageText } from '../support/send-message'
import { NoReply, type SmtpClient } from '../support/smtp-client'
import { ehloOfAll, type Actor } from './cast'

/** Until all is well, before the fault, under it, until all is well again, and thereafter. */
export type Phase = 'start' | 'before' | 'fault' | 'recovery' | 'after'

export interface Entry {
  readonly actor: Actor
  /** In which it was begun, and in which it was answered or lost. */
  readonly phases: readonly [Phase, Phase]
  /** When it was begun, in ms of `performance.now()`. */
  readonly at: number
  /** `null`: the connection was lost before the reply. */
  readonly code: number | null
  readonly line: string
}

/** What the sending side knows of every message, by its subject. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()
  #number = 0

  get size(): number {
    return this.#entries.size
  }

  get entries(): Iterable<Entry> {
    return this.#entries.values()
  }

  /**
   * The begin of the last message since then whose sender was not told what it should be; that moment itself where there
   * was none. `null`: not every sender was told the right thing `times` since.
   */
  wellSince(then: number, actors: readonly Actor[], times: number): number | null {
    const since = [...this.entries].filter(({ at }) => at >= then)
    const last = since.reduce(
      (latest, { code, actor, at }) => (code === actor.calm ? latest : Math.max(latest, at)),
      then,
    )
    const right = new Map<Actor, number>()
    for (const { actor, at } of since) if (at > last) right.set(actor, (right.get(actor) ?? 0) + 1)
    return actors.every((actor) => (right.get(actor) ?? 0) >= times) ? last : null
  }

  /** Whether each of them has sent in that phase. */
  hasHeard(actors: readonly Actor[], phase: Phase): boolean {
    const heard = new Set(
      [...this.entries].flatMap((entry) => (entry.phases.includes(phase) ? entry.actor : [])),
    )
    return actors.every((actor) => heard.has(actor))
  }

  /** One message in a session that may carry more. Throws `NoReply` where the connection is lost. */
  async send(client: SmtpClient, actor: Actor, phase: () => Phase): Promise<void> {
    this.#number += 1
    const subject = `${actor.server}/${this.#number}`
    const at = performance.now()
    const begunIn = phase()
    const note = (code: number | null, line: string): void => {
      this.#entries.set(subject, { actor, phases: [begunIn, phase()], at, code, line: line.trim() })
    }
    try {
      const mail = await client.mail('alice@contoso.com')
      if (mail.code !== 250) {
        note(mail.code, mail.raw)
        return
      }
      await client.rcpt('bob@example.com')
      const answer = await client.data(messageText({ headers: exchangeHeaders(actor), subject }))
      note(answer.code, answer.raw)
    } catch (error) {
      note(null, '')
      throw error
    }
  }

  /**
   * What is wrong, in sentences: a message must lie in the spool once if it was accepted, and not at all if it was turned
   * away; one whose reply was lost once at most.
   */
  wrongSpool(haraka: RunningHaraka): string[] {
    const spooled = new Map<string, number>()
    for (const { headers } of haraka.messages()) {
      const subject = headers.find((field) => field.startsWith('Subject: '))?.slice('Subject: '.length) ?? ''
      spooled.set(subject, (spooled.get(subject) ?? 0) + 1)
    }
    const wrong: string[] = []
    for (const [subject, { code, line }] of this.#entries) {
      const copies = spooled.get(subject) ?? 0
      const right = code === null ? copies <= 1 : copies === (code === 250 ? 1 : 0)
      if (!right)
        wrong.push(
          `${subject} lies ${copies} times in the spool, and its sender was told: ${line || 'nothing'}`,
        )
    }
    return wrong
  }
}

const messagesPerSession = 3
const pauseAfterNoReplyMs = 50

/** Mail of all actors in turn, over as many connections at once, until `end()`. */
export class Traffic {
  readonly #haraka: RunningHaraka
  readonly #ledger: Ledger
  readonly #actors: readonly Actor[]
  #next = 0
  #over = false
  #phase: Phase = 'start'
  #lanes: Promise<unknown> = Promise.resolve()

  constructor(haraka: RunningHaraka, ledger: Ledger, actors: readonly Actor[]) {
    this.#haraka = haraka
    this.#ledger = ledger
    this.#actors = actors
  }

  start(lanes: number): void {
    this.#lanes = Promise.all(Array.from({ length: lanes }, () => this.#lane()))
    // `end` hears of it.
    this.#lanes.catch(() => undefined)
  }

  /** From now on messages count to this phase. Those under way belong to both. */
  enter(phase: Phase): void {
    this.#phase = phase
  }

  async end(): Promise<void> {
    this.#over = true
    await this.#lanes
  }

  async #lane(): Promise<void> {
    while (!this.#over) {
      const actor = this.#actors[this.#next % this.#actors.length]
      this.#next += 1
      if (actor) await this.#session(actor)
    }
  }

  async #session(actor: Actor): Promise<void> {
    let client: SmtpClient | null = null
    try {
      client = await this.#haraka.connect({ proxyFrom: actor.address })
      await client.ehlo(ehloOfAll)
      for (let message = 0; message < messagesPerSession && !this.#over; message += 1) {
        await this.#ledger.send(client, actor, () => this.#phase)
      }
      await client.quit()
    } catch (error) {
      if (!(error instanceof NoReply) && !isRefusedConnection(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseAfterNoReplyMs))
    } finally {
      client?.hangUp()
    }
  }
}

function isRefusedConnection(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(String(error.code))
  )
}
