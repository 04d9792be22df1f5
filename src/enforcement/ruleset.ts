import type { Settings } from '../config/settings'
import {
  canDecideAtConnect,
  effectiveConnector,
  internetConnector,
  type EffectiveConnector,
} from '../config/effective'
import {
  attribute,
  indexConnectors,
  type Attribution as Found,
  type ConnectorIndex,
} from '../rules/attribution/attribute'
import { internetConnectorId, type Connector } from '../rules/attribution/connector'
import type { Attributed, Attribution, Session } from './session'

/** The settings with what is worked out of them once, at each change of configuration. */
export class Ruleset {
  readonly settings: Settings
  readonly index: ConnectorIndex
  private readonly effective = new Map<string, EffectiveConnector>()
  private readonly internet: Connector

  constructor(settings: Settings) {
    this.settings = settings
    const senders = settings.connectors.filter((connector) => connector.id !== internetConnectorId)
    this.index = indexConnectors(senders)
    this.internet =
      settings.connectors.find((connector) => connector.id === internetConnectorId) ?? internetConnector
    for (const connector of [...senders, this.internet]) {
      this.effective.set(connector.id, effectiveConnector(connector, settings))
    }
  }

  /** Mode and places of a connector as they hold now (S2, S5). */
  effectiveOf(connector: Connector): EffectiveConnector {
    return this.effective.get(connector.id) ?? effectiveConnector(connector, this.settings)
  }

  /** Whose session is this? The attribution that counts, at MAIL (A1–A5, A7). */
  attribute(session: Session): Attribution {
    const found = attribute(session.facts, this.index)
    if (session.skip && !isJudged(session.skip, found)) return { kind: 'skipped', why: session.skip }
    switch (found.kind) {
      case 'connector':
        return { kind: 'connector', connector: found.connector, by: found.by, matched: found.matched }
      case 'ambiguous':
        return {
          kind: 'ambiguous',
          connectors: found.connectors.map((connector) => connector.id),
          matched: found.matched,
        }
      case 'none':
        return this.settings.scope === 'everyone'
          ? { kind: 'connector', connector: this.internet, by: 'internet', matched: session.address }
          : found
    }
  }

  /** The connector to which a session points before EHLO: by its certificate, where TLS came first, else its address (A4, S6). */
  atConnect(session: Session): Attributed | null {
    const found = attribute({ ...session.facts, senderDomain: null }, this.index)
    if (session.skip && !isJudged(session.skip, found)) return null
    return found.kind === 'connector' ? found : null
  }

  /** The connector that may speak at connect for the address of a session, whatever else is known of it by now (S6). */
  byAddress(session: Session): Connector | null {
    const { address } = session.facts
    const found = attribute({ address, certificate: null, senderDomain: null }, this.index)
    return found.kind === 'connector' && canDecideAtConnect(found.connector) ? found.connector : null
  }

  /** Whether nothing is to be done for anybody (F6). */
  isOff(): boolean {
    return this.settings.mode === 'off'
  }

  /** Every sender domain that the tenant's connectors name (A6). */
  domainsOf(tenant: string): readonly string[] {
    return this.settings.connectors
      .filter((connector) => connector.tenant === tenant)
      .flatMap((connector) => connector.senderDomains)
  }
}

/** A7, connector by connector: whose client authenticated is never ours to judge, whose may relay only where it says so. */
function isJudged(skip: NonNullable<Session['skip']>, found: Found): boolean {
  if (skip === 'authenticated') return false
  if (found.kind === 'connector') return found.connector.judgeRelaying
  return found.kind === 'ambiguous' && found.connectors.some((connector) => connector.judgeRelaying)
}
