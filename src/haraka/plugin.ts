import { Metrics } from '../metrics/metrics'
import { stripReportingFields } from './header'
import { Hooks } from './hooks'
import { Runtime, type Role } from './runtime'
import type { QueueNews } from '../rules/notice/ledger'
import type {
  Connection,
  DenyParameters,
  MailParameters,
  Next,
  OutboundConnection,
  Plugin,
  QueuedMail,
} from './types'

// Haraka loads a plugin once in each process: master, workers, or the only one.
let running: { readonly plugin: Plugin; readonly hooks: Hooks; readonly runtime: Runtime } | null = null

/** Haraka calls this in the master and in every worker. Never throws: a bad configuration leaves the plugin off (F4). */
export function register(this: Plugin): void {
  // Start and hooks keep deadlines of their own, at which the mail goes on. Haraka's would end the server at the start and defer
  // mail afterwards, and sets a timer for each hook of each session.
  this.timeout = 0
  // Before content scanners: what is refused anyway need not be scanned; and before anything is signed.
  this.register_hook('data_post', 'data_post', -50)
  try {
    const runtime = new Runtime(this, new Metrics(this))
    running = { plugin: this, hooks: new Hooks(this, runtime), runtime }
    runtime.offerXoorg()
  } catch (error) {
    this.logcrit(
      `cannot start, the plugin stays off: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
    )
    return
  }
  this.register_hook('connect_init', 'connect_init', -100)
  // After those that say who may relay (A7), wherever the operator lists them.
  this.register_hook('connect', 'connect', 50)
  this.register_hook('mail', 'mail')
  this.register_hook('deny', 'own_deny', -100)
  this.register_hook('pre_send_trans_email', 'pre_send_trans_email')
  this.register_hook('delivered', 'delivered')
  this.register_hook('deferred', 'deferred')
  this.register_hook('bounce', 'bounce')
}

function begin(next: Next, role: Role): void {
  if (!running) {
    next()
    return
  }
  const { runtime, plugin } = running
  runtime
    .start(role)
    .catch((error: unknown) => {
      plugin.logcrit(`start failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`)
    })
    .finally(() => {
      next()
    })
}

export function initMaster(next: Next, server: { readonly cluster?: unknown }): void {
  begin(next, server.cluster ? 'master' : 'single')
}

export function initChild(next: Next): void {
  begin(next, 'worker')
}

export function connectInit(next: Next, connection: Connection): void {
  if (running) running.hooks.connectInit(next, connection)
  else next()
}

export function connect(next: Next, connection: Connection): void {
  if (running) running.hooks.connect(next, connection)
  else next()
}

export function capabilities(next: Next, connection: Connection): void {
  if (running) running.hooks.capabilities(next, connection)
  else next()
}

export function mail(next: Next, connection: Connection, parameters: MailParameters): void {
  if (running) running.hooks.mail(next, connection, parameters)
  else next()
}

export function dataPost(next: Next, connection: Connection): void {
  if (running) {
    running.hooks.dataPost(next, connection)
    return
  }
  // R1 on every message: a plugin that could not start must not let forged fields pass for its own.
  if (connection.transaction) stripReportingFields(connection.transaction)
  next()
}

export function ownDeny(next: Next, connection: Connection, parameters: DenyParameters): void {
  if (running) running.hooks.deny(next, connection, parameters)
  else next()
}

/** Mail that goes out, anybody's: our notices are marked, so that their end can be told by it. */
export function preSendTransEmail(next: Next, connection: OutboundConnection): void {
  running?.runtime.notices.mark(connection)
  next()
}

export function delivered(next: Next, mail: QueuedMail): void {
  hear(mail, { state: 'sent' })
  next()
}

export function deferred(next: Next, mail: QueuedMail, { err }: { readonly err?: unknown }): void {
  hear(mail, { state: 'queued', error: reasonOf(mail, err) })
  next()
}

export function bounce(next: Next, mail: QueuedMail, error: unknown): void {
  hear(mail, { state: 'undelivered', error: reasonOf(mail, error) })
  next()
}

/** The words of the other side where there are any: Haraka's own only say that there was something. */
function reasonOf({ todo }: QueuedMail, error: unknown): string {
  const reason = todo?.rcpt_to?.[0]?.reason
  if (typeof reason === 'string') return reason
  return error instanceof Error ? error.message : String(error)
}

/** Nobody waits for what memory makes of it. */
function hear(mail: QueuedMail, news: QueueNews): void {
  const { plugin, runtime } = running ?? {}
  runtime?.notices.hear(mail, news).catch((error: unknown) => {
    plugin?.logerror(`notices: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  })
}

/** On a graceful stop or restart. Sessions may still run: their hooks find memory closed and let the mail go on. */
export function shutdown(): void {
  running?.runtime.stop()
}
