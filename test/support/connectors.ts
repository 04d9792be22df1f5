import assert from 'node:assert/strict'
import { parseCidr } from '../../src/config/address'
import type { Connector, TlsPurpose, TrustAnchor } from '../../src/rules/attribution/connector'

/** What matters to attribution, as the operator writes it. */
export interface ConnectorSketch {
  readonly certificate?: string
  readonly trust?: TrustAnchor
  readonly purpose?: TlsPurpose
  readonly judgeRelaying?: boolean
  readonly addresses?: readonly string[]
  readonly senders?: readonly string[]
}

export function connector(id: string, sketch: ConnectorSketch = {}): Connector {
  return {
    id,
    tenant: 'contoso',
    type: 'onpremises',
    tlsCertificateName: sketch.certificate ?? null,
    trust: sketch.trust ?? 'system',
    tlsPurpose: sketch.purpose ?? 'client',
    addresses: (sketch.addresses ?? []).map((text) => {
      const parsed = parseCidr(text)
      assert.ok(parsed.ok, text)
      return parsed.range
    }),
    senderDomains: sketch.senders ?? [],
    judgeRelaying: sketch.judgeRelaying ?? false,
    mode: null,
    deferAt: null,
    refuseAt: null,
    contacts: [],
    language: null,
    esu: false,
    comment: null,
  }
}
