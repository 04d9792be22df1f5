import type { Config } from 'haraka-config'
import type { Dsn } from 'haraka-dsn'

/** The part of Haraka's API that this plugin touches. Haraka ships no types of its own. */

export type Next = (code?: number, message?: string | Dsn) => void

export interface Plugin {
  readonly name: string
  readonly config: Config
  /** Seconds that Haraka waits for a hook of it before it defers the mail (`450 plugin timeout`); 0 = for ever. */
  timeout: number
  register_hook(hook: string, method: string, priority?: number): void
  haraka_require(name: 'outbound'): Outbound
  logdebug(message: string): void
  loginfo(message: string): void
  logwarn(message: string): void
  logerror(message: string): void
  logcrit(message: string): void
}

/** Haraka's queue of mail that goes out. */
export interface Outbound {
  /** Addresses in angle brackets. Must be called as a method. `done` is told once that it is queued, or why not. */
  send_email(
    from: string,
    to: string,
    contents: string,
    done: (code: number, message: unknown) => void,
    options: { readonly origin: Plugin },
  ): void
}

/** A message on its way into that queue. */
export interface OutboundConnection {
  readonly transaction: Pick<Transaction, 'header' | 'notes'>
}

/** A message in that queue; `todo` may have been read from disk. */
export interface QueuedMail {
  readonly todo: {
    readonly notes?: Readonly<Record<string, unknown>>
    /** `reason`: what the other side said of the recipient. */
    readonly rcpt_to?: readonly { readonly reason?: unknown }[]
  } | null
}

export interface Results {
  add(plugin: Plugin, facts: Readonly<Record<string, unknown>>): void
}

export interface Connection {
  readonly uuid: string
  readonly remote: { readonly ip: string; readonly host?: string | null }
  readonly local: { readonly host?: string; readonly port?: number }
  readonly hello: { readonly host?: string | null }
  /** `peerCertificate`: as `getPeerCertificate()` gave it after the handshake. */
  readonly tls: { readonly enabled: boolean; readonly peerCertificate?: unknown }
  readonly relaying: boolean
  readonly client: unknown
  readonly notes: Record<string, unknown>
  readonly results: Results
  /** `null` before MAIL, after the message, and whenever the client has gone: look again after every await. */
  readonly transaction: Transaction | null
  capabilities?: string[]
  loginfo(plugin: Plugin, message: string, facts?: Readonly<Record<string, string | number>>): void
  lognotice(plugin: Plugin, message: string, facts?: Readonly<Record<string, string | number>>): void
  logwarn(plugin: Plugin, message: string, facts?: Readonly<Record<string, string | number>>): void
  logerror(plugin: Plugin, message: string, facts?: Readonly<Record<string, string | number>>): void
}

export interface Transaction {
  readonly uuid: string
  readonly mail_from: MailFrom | null
  readonly notes: Record<string, unknown>
  readonly results: Results
  readonly header: {
    /** Raw fields, folded as they came, topmost first; shared with the message stream: edit it in place only. */
    readonly header_list: string[]
    get(name: string): string
  }
  add_header(name: string, value: string): void
  remove_header(name: string): void
}

/** First parameter of the `mail` hook. */
export interface MailFrom {
  readonly host: string | null
  isNull(): boolean
}

export type MailParameters = readonly [MailFrom, Readonly<Record<string, string | null>> | undefined]

/** Parameters of the `deny` hook: return value, message, plugin, method, parameters, hook. */
export type DenyParameters = readonly [number, unknown, string, string, unknown, string]
