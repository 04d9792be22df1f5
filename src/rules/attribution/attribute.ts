import type { Address, CidrRange } from './address'
import { AddressIndex, connectorsForSender } from './address-index'
import { CertificateIndex } from './certificate-index'
import type { Connector } from './connector'
import type { SessionFacts } from './session'

/** Whose session it is (A1–A3). `matched` is the certificate name or the range that decided. */
export type Attribution =
  | {
      readonly kind: 'connector'
      readonly connector: Connector
      readonly by: AttributedBy
      readonly matched: string
    }
  | {
      readonly kind: 'ambiguous'
      /** At least two, in the order of the file for addresses. */
      readonly connectors: readonly Connector[]
      readonly by: AttributedBy
      readonly matched: string
    }
  | { readonly kind: 'none' }

export type AttributedBy = 'certificate' | 'address'

/** A range that contains the address, and the connectors that list it whatever their sender domains (A4). */
export interface AddressCandidate {
  readonly range: CidrRange
  readonly connectors: readonly Connector[]
}

/** The connectors, prepared for look-ups whose cost does not grow with their number. */
export interface ConnectorIndex {
  readonly certificates: CertificateIndex
  readonly addresses: AddressIndex
}

export function indexConnectors(connectors: readonly Connector[]): ConnectorIndex {
  const index = { certificates: new CertificateIndex(), addresses: new AddressIndex() }
  for (const connector of connectors) {
    index.certificates.add(connector)
    index.addresses.add(connector)
  }
  return index
}

/** A1–A3. A tie by certificate stays a tie, even where the address would decide: nobody is attributed. */
export function attribute(facts: SessionFacts, index: ConnectorIndex): Attribution {
  return byCertificate(facts, index) ?? byAddress(facts, index) ?? { kind: 'none' }
}

/** A4: what the address alone says at connect, the longest prefix first. */
export function addressCandidates(address: Address, index: ConnectorIndex): readonly AddressCandidate[] {
  return [...index.addresses.containing(address)].map(({ range, connectors }) => ({ range, connectors }))
}

function byCertificate({ certificate }: SessionFacts, index: ConnectorIndex): Attribution | null {
  if (certificate === null) return null
  const matches = index.certificates.best(certificate)
  const names = new Set(matches.map(({ matched }) => matched))
  const connectors = matches.map(({ connector }) => connector)
  return result(connectors, 'certificate', [...names].join(', '))
}

function byAddress({ address, senderDomain }: SessionFacts, index: ConnectorIndex): Attribution | null {
  for (const entry of index.addresses.containing(address)) {
    // Before MAIL nobody knows whether a connector with sender domains will claim the session from the less specific ones.
    if (senderDomain === null && entry.anySender.length < entry.connectors.length) return null
    const connectors = connectorsForSender(entry, senderDomain ?? '')
    if (connectors.length > 0) return result(connectors, 'address', entry.text)
  }
  return null
}

function result(connectors: readonly Connector[], by: AttributedBy, matched: string): Attribution | null {
  const [connector, other] = connectors
  if (connector === undefined) return null
  return other === undefined
    ? { kind: 'connector', connector, by, matched }
    : { kind: 'ambiguous', connectors, by, matched }
}
