import type { Connector } from '../rules/attribution/connector'
import type { Key } from './memory'
import type { Session } from './session'

/** The path as it is known at that place: before EHLO only connector and address (S6). */
export function pathKey(connector: Connector, session: Session, place: 'connect' | 'mail'): Key<'path'> {
  return {
    kind: 'path',
    tenant: connector.tenant,
    connector: connector.id,
    address: session.address,
    ehlo: place === 'connect' ? null : (session.ehlo ?? '').toLowerCase(),
  }
}
