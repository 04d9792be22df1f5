import { internetConnectorId } from '../rules/attribution/connector'
import type { Settings } from './settings'

/** Tenants that the configuration names. */
export function configuredTenants({ connectors, scope }: Settings): readonly string[] {
  const named = connectors.map(({ tenant }) => tenant)
  return [...new Set(scope === 'everyone' ? [...named, internetConnectorId] : named)]
}
