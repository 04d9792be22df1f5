import type { CidrRange } from './address'

/** What the operator lets a connector do (S5). */
export type Mode = 'off' | 'report' | 'defer' | 'enforce'

/** The three places of a session at which a server can be turned away (S2). */
export type Place = 'connect' | 'mail' | 'data'

/** A rule that attributes a session to a tenant. */
export interface Connector {
  /** Section name in the connectors file. */
  readonly id: string
  readonly tenant: string
  readonly type: 'onpremises' | 'partner'
  /** DNS name, exact or with one leading `*.`; lower case. */
  readonly tlsCertificateName: string | null
  /** Which certificate authorities count: the system's, or the file that the operator named. */
  readonly trust: TrustAnchor
  /** `any`: the extended key usage of the certificate and its authorities is not looked at. */
  readonly tlsPurpose: TlsPurpose
  readonly addresses: readonly CidrRange[]
  /** Lower case, `*.contoso.com` = any depth below. Empty: any sender. */
  readonly senderDomains: readonly string[]
  /** A7: whether sessions that may relay are attributed all the same; those that authenticated never are. */
  readonly judgeRelaying: boolean
  /** `null`: as `[main] mode` says. */
  readonly mode: Mode | null
  readonly deferAt: Place | null
  readonly refuseAt: Place | null
  readonly contacts: readonly string[]
  readonly language: string | null
  /** The tenant pays for Extended Security Updates (V2). */
  readonly esu: boolean
  readonly comment: string | null
}

/** `system`, or the absolute path of a file of PEM certificates. */
export type TrustAnchor = 'system' | { readonly file: string }

/** The connector that everyone else belongs to when `scope = everyone` (A5); also its tenant's name. */
export const internetConnectorId = 'internet'

/** What a client certificate must be made out for. */
export type TlsPurpose = 'client' | 'any'

/** One short name for each trust anchor, and for what is asked of certificates under it; used as a key. */
export function trustAnchorId(trust: TrustAnchor, purpose: TlsPurpose = 'client'): string {
  const anchor = trust === 'system' ? 'system' : `file:${trust.file}`
  return purpose === 'any' ? forAnyPurpose(anchor) : anchor
}

/** The name of the same anchor where the purpose of a certificate does not matter. */
export function forAnyPurpose(anchor: string): string {
  return `${anchor} any-purpose`
}
