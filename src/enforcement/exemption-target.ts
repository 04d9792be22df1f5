import { suggestion } from '../config/problem'
import type { Settings } from '../config/settings'
import { internetConnectorId } from '../rules/attribution/connector'
import type { Exemption } from '../rules/clock/record'

export function targetText(tenant: string, target: Exemption['target']): string {
  switch (target.kind) {
    case 'tenant':
      return `tenant ${tenant}`
    case 'connector':
      return `connector ${target.connector} of ${tenant}`
    case 'server':
      return `server ${target.server} of ${tenant}`
  }
}

/** A sentence where the tenant has no such connector, else `null`. */
export function unknownConnector(
  tenant: string,
  target: Exemption['target'],
  settings: Settings,
): string | null {
  if (target.kind !== 'connector') return null
  const ids = settings.connectors.flatMap((each) => (each.tenant === tenant ? each.id : []))
  if (tenant === internetConnectorId) ids.push(internetConnectorId)
  if (ids.includes(target.connector)) return null
  return `${tenant} has no connector '${target.connector}'${suggestion(target.connector, ids)}`
}
