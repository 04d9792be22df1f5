import type { Attributed, Session } from '../enforcement/session'
import type { Connector } from '../rules/attribution/connector'
import type { Evidence, EvidenceOptions } from '../rules/evidence/evidence'
import { readEvidence } from '../rules/evidence/reading'
import { valueOf } from '../rules/evidence/received'
import { hash52 } from './hash'

/** A session that many messages came in by. */
export interface KnownSession {
  readonly session: Session
  readonly attributed: Attributed
}

/** What many messages have in common: who sent them, and the fields that show the same server and build. */
export interface KnownSighting extends KnownSession {
  readonly fields: readonly string[]
}

/** What a message's number stands for. */
export type Entry =
  | ({ readonly kind: 'sighting' } & KnownSighting)
  /** No evidence, on a path on which servers were seen. */
  | ({ readonly kind: 'silent' } & KnownSession)
  /** Nothing in it and on its path that could be held against anybody. */
  | { readonly kind: 'harmless' }

const harmless = Number.MIN_SAFE_INTEGER
/** More connectors than anybody has. */
const maxConnectors = 2 ** 20

/**
 * Keeps once what many messages have in common, and gives it a number. It grows with the number of servers and paths on which
 * servers were seen, not with that of messages: of a message without evidence only a hash of its path is kept.
 */
export class Register {
  readonly #options: EvidenceOptions
  readonly #sightings: KnownSighting[] = []
  readonly #numbers = new Map<string, number>()
  readonly #sessions = new Map<number, KnownSession>()
  readonly #connectors: Connector[] = []
  readonly #connectorNumbers = new Map<Connector, number>()
  readonly #senders: string[] = ['']
  readonly #senderNumbers = new Map<string, number>([['', 0]])

  constructor(options: EvidenceOptions) {
    this.#options = options
  }

  /** The number of what a message shows. `isKnown`: whether its session is; else no server can stand for it (S4). */
  what(session: Session, isKnown: boolean, attributed: Attributed, fields: readonly string[]): number {
    const { connecting } = readEvidence(fields, this.#options)
    if (connecting.kind === 'exchange-online') return harmless
    const { connector } = attributed
    const path = hash52(`${connector.id}\n${session.address}\n${(session.ehlo ?? '').toLowerCase()}`)
    if (connecting.kind !== 'exchange') return isKnown ? -1 - path : harmless
    const { server, rawId, transport } = connecting
    const key = `${path} ${server} ${transport} ${rawId ?? ''}`
    const number = this.#numbers.get(key)
    if (number !== undefined) return number
    const known = this.#sessions.get(path) ?? { session, attributed }
    this.#sessions.set(path, known)
    const shown = this.#essential(fields, connecting)
    this.#numbers.set(key, this.#sightings.length)
    return this.#sightings.push({ ...known, fields: shown }) - 1
  }

  /** The number of who is behind a message: connector and domain of the sender, as far as it shows a server. */
  who({ connector }: Attributed, what: number, senderDomain: string | null): number {
    let number = this.#connectorNumbers.get(connector)
    if (number === undefined) {
      number = this.#connectors.push(connector) - 1
      this.#connectorNumbers.set(connector, number)
    }
    return number + maxConnectors * (what < 0 ? 0 : this.#sender(senderDomain ?? ''))
  }

  entryOf(what: number): Entry {
    if (what >= 0) {
      const sighting = this.#sightings[what]
      return sighting ? { kind: 'sighting', ...sighting } : { kind: 'harmless' }
    }
    const known = what === harmless ? undefined : this.#sessions.get(-1 - what)
    return known ? { kind: 'silent', ...known } : { kind: 'harmless' }
  }

  connectorOf(who: number): Connector | null {
    return this.#connectors[who % maxConnectors] ?? null
  }

  /** Empty where it is not known, or the sender was `<>`. */
  senderOf(who: number): string {
    return this.#senders[Math.floor(who / maxConnectors)] ?? ''
  }

  #sender(domain: string): number {
    const known = this.#senderNumbers.get(domain)
    if (known !== undefined) return known
    const number = this.#senders.push(domain) - 1
    this.#senderNumbers.set(domain, number)
    return number
  }

  /** As few fields as show the same; nothing of a message is kept that is not needed. */
  #essential(fields: readonly string[], evidence: Evidence & { kind: 'exchange' }): readonly string[] {
    const one = fields.slice(evidence.field, evidence.field + 1)
    const { connecting } = readEvidence(one, this.#options)
    const isSame = connecting.kind === 'exchange' && connecting.rawId === evidence.rawId
    // E3: another field of the same server shows a higher build.
    return isSame ? one : fields.slice(evidence.field).filter((field) => valueOf(field, 'received') >= 0)
  }
}
