import type { Connector, Mode, Place } from '../rules/attribution/connector'
import { internetConnectorId } from '../rules/attribution/connector'
import type { Settings } from './settings'

/** What holds for the sessions of one connector, with everything it takes over from the main file. */
export interface EffectiveConnector {
  readonly mode: Mode
  readonly deferAt: Place
  readonly refuseAt: Place
}

/** The built-in connector of `scope = everyone`, where the connectors file has no `[internet]` (A5). */
export const internetConnector: Connector = {
  id: internetConnectorId,
  tenant: internetConnectorId,
  type: 'onpremises',
  tlsCertificateName: null,
  trust: 'system',
  tlsPurpose: 'client',
  addresses: [],
  senderDomains: [],
  judgeRelaying: false,
  mode: null,
  deferAt: null,
  refuseAt: null,
  contacts: [],
  language: null,
  esu: false,
  comment: null,
}

/** S6: known by address alone, so that nothing learned after the connect can change whose session it is. */
export function canDecideAtConnect(connector: Connector): boolean {
  return (
    connector.addresses.length > 0 &&
    connector.tlsCertificateName === null &&
    connector.senderDomains.length === 0
  )
}

/** S5, S6, A5: `[main] mode = off` is off for all; partners and, unless told otherwise, `internet` only report. */
export function effectiveConnector(connector: Connector, settings: Settings): EffectiveConnector {
  return {
    mode: effectiveMode(connector, settings.mode),
    deferAt: effectivePlace(connector, connector.deferAt ?? settings.enforcement.deferAt),
    refuseAt: effectivePlace(connector, connector.refuseAt ?? settings.enforcement.refuseAt),
  }
}

function effectiveMode(connector: Connector, main: Mode): Mode {
  if (main === 'off') return 'off'
  if (connector.type === 'partner') return connector.mode === 'off' ? 'off' : 'report'
  return connector.mode ?? (connector.id === internetConnectorId ? 'report' : main)
}

function effectivePlace(connector: Connector, place: Place): Place {
  return place === 'connect' && !canDecideAtConnect(connector) ? 'mail' : place
}
