import type { Build } from '../verdict/build'

/** How the hop that names the build was written (E2, V4): SMTP ids and mapi ids move differently with updates. */
export type Transport = (typeof transports)[number]
const transports = ['smtp', 'mapi', 'http', 'internet-mail'] as const

/** Records keep it as text; of what is not known, ids of SMTP hops prove the least. */
export function transportOf(text: string): Transport {
  return transports.find((transport) => transport === text) ?? 'smtp'
}

export type NoEvidence =
  | 'no-received' // the peer sent no Received field that counts
  | 'unreadable' // it has one, but no `by` host or no shape that could be read
  | 'too-long' // the field is longer than is read

/** What the connecting hop says of itself (E1). `field` is the index into the fields given. */
export type Evidence =
  | {
      readonly kind: 'exchange'
      /** FQDN that the server writes of itself, lower case. */
      readonly server: string
      /** `null` where the field carries no version. */
      readonly build: Build | null
      /** The id as written, before any translation; `null` like `build`. */
      readonly rawId: string | null
      readonly transport: Transport
      readonly field: number
    }
  | {
      readonly kind: 'exchange-online'
      readonly server: string | null
      readonly build: Build | null
      readonly field: number
    }
  | { readonly kind: 'not-exchange'; readonly server: string | null; readonly field: number }
  | { readonly kind: 'none'; readonly reason: NoEvidence; readonly field: number | null }

/** Everything that a header block tells us. Only `connecting` is ever held against a peer. */
export interface HeaderEvidence {
  readonly connecting: Evidence
  /** First Exchange hop behind a peer that is none, where `look_behind_relays` asks for it (E1); reported only. */
  readonly behind: Evidence | null
  /** `Microsoft Exchange V6.5` of X-MimeOLE (E5); reported only. */
  readonly mimeOle: string | null
}

export interface EvidenceOptions {
  /** Host names of the operator's own gateways, lower case, `*.` = any depth below (E1). */
  readonly trustedRelays: readonly string[]
  readonly lookBehindRelays: boolean
}
