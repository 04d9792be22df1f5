import { stop } from 'haraka-constants'
import type { Outcome } from '../enforcement/outcome'
import type { Attributed, Attribution, Session } from '../enforcement/session'
import { soon, type Soon } from '../enforcement/soon'
import { addReportingField, fieldsOfPeer, stripReportingFields } from './header'
import { runHook, stillThere, type Answer, type HookFault } from './hook'
import { Peers } from './peer'
import { speak } from './reply'
import { logDecision, notesName, tellingOf } from './results'
import type { Runtime } from './runtime'
import { sessionOf } from './session'
import type { Connection, DenyParameters, MailFrom, MailParameters, Next, Plugin, Transaction } from './types'

/** Haraka lets nobody send mail on these ports who did not authenticate, or may not relay for another reason. */
const submissionPorts: readonly (number | undefined)[] = [465, 587]

/** What `mail` found out and `data_post` needs; kept with the transaction. */
interface AtMail {
  readonly session: Session
  readonly attribution: Attribution
}

/** The hooks of one worker. Each is a line in plugins/exchange-enforcement.ts. */
export class Hooks {
  private readonly plugin: Plugin
  private readonly runtime: Runtime
  private readonly mails = new WeakMap<Transaction, AtMail>()
  private readonly candidates = new WeakSet<Connection>()
  private readonly peers = new Peers()

  constructor(plugin: Plugin, runtime: Runtime) {
    this.plugin = plugin
    this.runtime = runtime
  }

  /** Before any other plugin waits for something, and the client can say more. */
  connectInit(next: Next, connection: Connection): void {
    this.attempt('connect_init', connection, () => {
      if (this.peers.meet(connection)) {
        connection.logwarn(this.plugin, 'a second PROXY line: the address of the first one counts')
      }
    })
    next()
  }

  /** A4: address candidates, provisional; S6: a connector known by address alone may be turned away here. */
  connect(next: Next, connection: Connection): void {
    this.run(next, 'connect', connection, (isOpen) => {
      const peer = this.peers.of(connection)
      const ruleset = this.runtime.ruleset()
      if (!peer || ruleset.isOff()) return null
      // On port 465 TLS is already there, and a certificate goes before an address (A3).
      const session = sessionOf(connection, peer, this.runtime.certificateOf(connection), null, {})
      // A7: who must authenticate first cannot be told from who did.
      const tooEarly = !connection.relaying && submissionPorts.includes(connection.local.port)
      const candidate = tooEarly ? null : ruleset.atConnect(session)
      this.noteCandidate(connection, candidate)
      if (!candidate) return null
      const { deferAt, refuseAt } = ruleset.effectiveOf(candidate.connector)
      if (deferAt !== 'connect' && refuseAt !== 'connect') return null
      return soon(this.runtime.enforcement.beforeData(session, candidate, 'connect'), (outcome) => {
        if (!isOpen() || !outcome.reply) return null
        const telling = tellingOf({ kind: 'connector', ...candidate }, outcome, 'connect')
        connection.results.add(this.plugin, telling.results)
        logDecision(this.plugin, connection, telling, outcome)
        return speak(outcome.reply, 'connect')
      })
    })
  }

  /** Offers XOORG where the operator asks for it (A6). */
  capabilities(next: Next, connection: Connection): void {
    this.attempt('capabilities', connection, () => {
      const ruleset = this.runtime.ruleset()
      if (ruleset.settings.advertiseXoorg && !ruleset.isOff()) connection.capabilities?.push('XOORG')
    })
    next()
  }

  /** The attribution that counts (A4), and what memory says of the path (S2). */
  mail(next: Next, connection: Connection, parameters: MailParameters): void {
    const { transaction } = connection
    this.run(next, 'mail', connection, (isOpen) => {
      if (!transaction) return null
      const [sender, extensions] = parameters
      const known = this.attribute(connection, transaction, sender, extensions ?? {})
      if (!known || !this.isJudged(known.attribution)) return null
      const { session, attribution } = known
      return soon(this.runtime.enforcement.beforeData(session, attribution, 'mail'), (outcome) => {
        if (!isOpen() || !stillThere(connection, transaction) || !outcome.reply) return null
        this.tell(connection, transaction, attribution, outcome, 'mail')
        return speak(outcome.reply, 'mail')
      })
    })
  }

  /** The message's own evidence decides (S4); the reporting field is cleaned and written (R1). */
  dataPost(next: Next, connection: Connection): void {
    const { transaction } = connection
    this.run(next, 'data_post', connection, (isOpen) => {
      if (!transaction) return null
      const forged = stripReportingFields(transaction)
      if (forged > 0) transaction.results.add(this.plugin, { msg: 'removed a reporting field from outside' })
      // Where another plugin answered OK at MAIL before ours was asked, nothing is known yet.
      const known =
        this.mails.get(transaction) ?? this.attribute(connection, transaction, transaction.mail_from, {})
      if (!known || !this.isJudged(known.attribution)) return null
      const { session, attribution } = known
      const message = {
        fields: fieldsOfPeer(transaction),
        messageId: transaction.header.get('Message-ID').trim() || null,
      }
      return soon(this.runtime.enforcement.atData(session, attribution, message), (outcome) => {
        if (!isOpen() || !stillThere(connection, transaction)) return null
        this.tell(connection, transaction, attribution, outcome, 'data')
        if (outcome.header !== null) addReportingField(transaction, outcome.header)
        return speak(outcome.reply, 'data')
      })
    })
  }

  /**
   * Plugins such as karma and delay_deny turn denials of others into 250 in this hook. Ours stand: no later `deny` hook
   * sees them, and the original reply is spoken.
   */
  deny(next: Next, _connection: Connection, parameters: DenyParameters): void {
    if (parameters[2] === this.plugin.name) next(stop)
    else next()
  }

  /** `null`: nothing is to be done for anybody (F6), or the address is none. */
  private attribute(
    connection: Connection,
    transaction: Transaction,
    sender: MailFrom | null,
    extensions: NonNullable<MailParameters[1]>,
  ): AtMail | null {
    const peer = this.peers.of(connection)
    const ruleset = this.runtime.ruleset()
    if (!peer || ruleset.isOff()) return null
    const certificate = this.runtime.certificateOf(connection)
    const session = sessionOf(connection, peer, certificate, sender, extensions)
    const known = { session, attribution: ruleset.attribute(session) }
    this.mails.set(transaction, known)
    this.noteAttribution(connection, known.attribution)
    return known
  }

  private isJudged(attribution: Attribution): attribution is Extract<Attribution, { kind: 'connector' }> {
    if (attribution.kind !== 'connector') return false
    return this.runtime.ruleset().effectiveOf(attribution.connector).mode !== 'off'
  }

  /** XCLIENT runs `connect` again for another peer: what was noted of the one before is replaced. */
  private noteCandidate(connection: Connection, candidate: Attributed | null): void {
    if (!candidate && !this.candidates.has(connection)) return
    this.candidates.add(connection)
    const id = candidate?.connector.id ?? 'none'
    connection.results.add(this.plugin, { candidate: id, human: `candidate: ${id}` })
  }

  private noteAttribution(connection: Connection, attribution: Attribution): void {
    const { observer } = this.runtime
    switch (attribution.kind) {
      case 'connector':
        observer.count('sessions', { attribution: attribution.by })
        return
      case 'ambiguous':
        observer.count('sessions', { attribution: 'ambiguous' })
        connection.logwarn(this.plugin, 'ambiguous', {
          connectors: attribution.connectors.join(','),
          matched: attribution.matched,
        })
        connection.results.add(this.plugin, { err: `ambiguous: ${attribution.connectors.join(', ')}` })
        return
      default:
        observer.count('sessions', { attribution: attribution.kind })
    }
  }

  private tell(
    connection: Connection,
    transaction: Transaction,
    attribution: Extract<Attribution, { kind: 'connector' }>,
    outcome: Outcome,
    at: 'mail' | 'data',
  ): void {
    const telling = tellingOf(attribution, outcome, at)
    // A copy: what other plugins make of it is theirs.
    transaction.notes[notesName] = { ...telling.notes, trail: [...telling.notes.trail] }
    transaction.results.add(this.plugin, telling.results)
    logDecision(this.plugin, connection, telling, outcome)
  }

  private run(
    next: Next,
    hook: string,
    connection: Connection,
    work: (isOpen: () => boolean) => Soon<Answer>,
  ): void {
    const begun = performance.now()
    const answered: Next = (code, message) => {
      try {
        if (hook === 'connect' || hook === 'mail' || hook === 'data_post') {
          this.runtime.observer.decisionTook(hook, (performance.now() - begun) / 1000)
        }
      } finally {
        next(code, message)
      }
    }
    runHook(answered, this.runtime.hookTimeoutMs(), work, (kind, error) => {
      this.tellFault(kind, hook, connection, error)
    })
  }

  /** For hooks that have nothing to wait for and nothing to say. */
  private attempt(hook: string, connection: Connection, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.tellFault('exception', hook, connection, error)
    }
  }

  private tellFault(kind: HookFault, hook: string, connection: Connection, error: unknown): void {
    this.runtime.observer.count('faults', { kind })
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    connection.logerror(this.plugin, `fault in hook ${hook}, the mail goes on: ${text}`)
  }
}
