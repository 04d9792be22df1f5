import { stop } from 'haraka-constants'
import { parseAddress } from '../config/address'
import type { Outcome } from '../enforcement/outcome'
import type { Attribution, Session } from '../enforcement/session'
import { addReportingField, fieldsOfPeer, stripReportingFields } from './header'
import { runHook, stillThere, type Answer } from './hook'
import { speak } from './reply'
import { addResults, logDecision, notesName, notesOf } from './results'
import type { Runtime } from './runtime'
import { sessionOf } from './session'
import type { Connection, DenyParameters, MailParameters, Next, Plugin, Transaction } from './types'

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

  constructor(plugin: Plugin, runtime: Runtime) {
    this.plugin = plugin
    this.runtime = runtime
  }

  /** A4: address candidates, provisional; S6: a connector known by address alone may be turned away here. */
  connect(next: Next, connection: Connection): void {
    this.run(next, 'connect', connection, async () => {
      const address = parseAddress(connection.remote.ip)
      const ruleset = this.runtime.ruleset()
      if (!address || ruleset.isOff()) return null
      const session = sessionOf(connection, address, null, null, {})
      const candidate = ruleset.atConnect(session)
      if (!candidate) return null
      connection.results.add(this.plugin, { msg: `candidate ${candidate.connector.id}` })
      const { deferAt, refuseAt } = ruleset.effectiveOf(candidate.connector)
      if (deferAt !== 'connect' && refuseAt !== 'connect') return null
      const outcome = await this.runtime.enforcement.beforeData(session, candidate, 'connect')
      if (!outcome.reply) return null
      const notes = notesOf({ kind: 'connector', ...candidate }, outcome)
      addResults(this.plugin, connection.results, notes)
      logDecision(this.plugin, connection, notes, outcome, 'connect')
      return speak(outcome.reply, 'connect')
    })
  }

  /** Offers XOORG where the operator asks for it (A6). */
  capabilities(next: Next, connection: Connection): void {
    this.run(next, 'capabilities', connection, () => {
      if (this.runtime.ruleset().settings.advertiseXoorg) connection.capabilities?.push('XOORG')
      return null
    })
  }

  /** The attribution that counts (A4), and what memory says of the path (S2). */
  mail(next: Next, connection: Connection, parameters: MailParameters): void {
    const { transaction } = connection
    this.run(next, 'mail', connection, async () => {
      const address = parseAddress(connection.remote.ip)
      const ruleset = this.runtime.ruleset()
      if (!transaction || !address || ruleset.isOff()) return null
      const [sender, extensions] = parameters
      const certificate = this.runtime.certificateOf(connection)
      const session = sessionOf(connection, address, certificate, sender, extensions ?? {})
      const attribution = ruleset.attribute(session)
      this.noteAttribution(connection, attribution)
      if (attribution.kind !== 'connector' || ruleset.effectiveOf(attribution.connector).mode === 'off')
        return null
      this.mails.set(transaction, { session, attribution })
      const outcome = await this.runtime.enforcement.beforeData(session, attribution, 'mail')
      if (!stillThere(connection, transaction) || !outcome.reply) return null
      this.tell(connection, transaction, attribution, outcome, 'mail')
      return speak(outcome.reply, 'mail')
    })
  }

  /** The message's own evidence decides (S4); the reporting field is cleaned and written (R1). */
  dataPost(next: Next, connection: Connection): void {
    const { transaction } = connection
    this.run(next, 'data_post', connection, async () => {
      if (!transaction) return null
      const forged = stripReportingFields(transaction)
      if (forged > 0) transaction.results.add(this.plugin, { msg: 'removed a reporting field from outside' })
      const known = this.mails.get(transaction)
      if (known?.attribution.kind !== 'connector' || this.runtime.ruleset().isOff()) return null
      const { session, attribution } = known
      const outcome = await this.runtime.enforcement.atData(session, attribution, {
        fields: fieldsOfPeer(transaction),
        messageId: transaction.header.get('Message-ID').trim() || null,
      })
      if (!stillThere(connection, transaction)) return null
      this.tell(connection, transaction, attribution, outcome, 'data')
      if (outcome.header !== null) addReportingField(transaction, outcome.header)
      return speak(outcome.reply, 'data')
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
    const notes = notesOf(attribution, outcome)
    transaction.notes[notesName] = notes
    addResults(this.plugin, transaction.results, notes)
    logDecision(this.plugin, connection, notes, outcome, at)
  }

  private run(next: Next, hook: string, connection: Connection, work: () => Answer | Promise<Answer>): void {
    const begun = performance.now()
    const answered: Next = (code, message) => {
      if (hook === 'connect' || hook === 'mail' || hook === 'data_post') {
        this.runtime.observer.decisionTook(hook, (performance.now() - begun) / 1000)
      }
      next(code, message)
    }
    runHook(answered, this.runtime.hookTimeoutMs(), work, (kind, error) => {
      this.runtime.observer.count('faults', { kind })
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      connection.logerror(this.plugin, `fault in hook ${hook}, the mail goes on: ${text}`)
    })
  }
}
