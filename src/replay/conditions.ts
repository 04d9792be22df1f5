import { internetConnector } from '../config/effective'
import { policyOf } from '../config/parse-settings'
import type { PolicyPreset, Settings } from '../config/settings'
import { internetConnectorId, type Connector, type Mode } from '../rules/attribution/connector'
import type { Build } from '../rules/verdict/build'
import type { Policy } from '../rules/verdict/policy'

/** What is replayed as if it had been configured. */
export interface Conditions {
  /** `null`: as configured. */
  readonly policy: PolicyPreset | null
  /** Floors in place of those configured; where there are any the policy is `custom`. */
  readonly floors: readonly Build[]
  /** For every connector that is not off; `null`: as configured. */
  readonly mode: Exclude<Mode, 'off'> | null
  /** Judge senders of no connector, too. */
  readonly everyone: boolean
  /** More of the operator's own gateways. */
  readonly relays: readonly string[]
}

/** Settings under which the archive's mail is replayed. */
export function settingsUnder(settings: Settings, conditions: Conditions): Settings {
  const { mode, everyone, relays } = conditions
  return {
    ...settings,
    mode: mode ?? settings.mode,
    scope: everyone ? 'everyone' : settings.scope,
    trustedRelays: [...settings.trustedRelays, ...relays],
    lookBehindRelays: false,
    // Nobody reads the field.
    addHeader: false,
    policy: policyUnder(settings, conditions),
    connectors: mode === null ? settings.connectors : connectorsUnder(settings.connectors, mode),
  }
}

function policyUnder({ policy, policyInputs }: Settings, { policy: preset, floors }: Conditions): Policy {
  if (floors.length > 0) return policyOf('custom', { ...policyInputs, floors })
  return preset === null ? policy : policyOf(preset, policyInputs)
}

/** `internet` only reports unless told otherwise (A5), so it has to be told. */
function connectorsUnder(connectors: readonly Connector[], mode: Mode): readonly Connector[] {
  const all = connectors.some(({ id }) => id === internetConnectorId)
    ? connectors
    : [...connectors, internetConnector]
  return all.map((connector) => (connector.mode === 'off' ? connector : { ...connector, mode }))
}
