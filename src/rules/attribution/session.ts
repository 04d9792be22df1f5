import type { Address } from './address'

/** All that is known of a session before DATA; what attribution may look at (A1–A7). */
export interface SessionFacts {
  readonly address: Address
  /** Client certificate, if one was presented. */
  readonly certificate: PresentedCertificate | null
  /** Domain of the envelope sender, lower case; `''` for the null sender `<>`; `null` before MAIL. */
  readonly senderDomain: string | null
}

export interface PresentedCertificate {
  /** DNS names of the SAN, or the CN where there is no SAN at all (A1); lower case. */
  readonly names: readonly string[]
  /** `trustAnchorId`s under which the chain and the dates verified, and the clientAuth purpose where it is asked for. */
  readonly trustedBy: ReadonlySet<string>
}
