import type { Connector } from '../rules/attribution/connector'
import type { SessionFacts } from '../rules/attribution/session'

/** One SMTP session at one moment, as the adapter sees it. */
export interface Session {
  readonly facts: SessionFacts
  /** The remote address in its usual text form. */
  readonly address: string
  /** What the peer calls itself; `null` before EHLO. */
  readonly ehlo: string | null
  /** Its name in the DNS, where one was found. */
  readonly reverseName: string | null
  /** XOORG of MAIL FROM (A6). */
  readonly xoorg: string | null
  /** Not ours to judge (A7). */
  readonly skip: 'relaying' | 'authenticated' | null
}

/** One message at the end of DATA. */
export interface Message {
  /** Raw header fields, topmost first, without the one that our own mail server added. */
  readonly fields: readonly string[]
  readonly messageId: string | null
}

/** A session with the connector that it belongs to. */
export interface Attributed {
  readonly connector: Connector
  readonly by: 'certificate' | 'address' | 'internet'
  /** What matched: `*.contoso.com`, `192.0.2.0/24`. */
  readonly matched: string
}

export type Attribution =
  | ({ readonly kind: 'connector' } & Attributed)
  | { readonly kind: 'ambiguous'; readonly connectors: readonly string[]; readonly matched: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'skipped'; readonly why: 'relaying' | 'authenticated' }
