import { internetConnectorId, type Connector, type Mode } from '../rules/attribution/connector'
import type { Schedule } from '../rules/clock/schedule'
import type { Catalogue } from '../rules/verdict/catalogue'
import type { Policy } from '../rules/verdict/policy'
import { effectiveConnector, internetConnector } from './effective'
import type { Settings } from './settings'

/** What the settings say to whoever reads memory for people. */
export interface SettingsForReports {
  readonly schedule: Schedule
  readonly relapseDays: number
  readonly pauseDaysPerYear: number
  readonly spread: boolean
  readonly policy: Policy
  readonly catalogue: Catalogue
  /** Every connector that sessions can belong to. */
  readonly connectors: readonly Connector[]
  /** What holds for the sessions of a connector; `null`, or one that is gone: what holds for all. */
  readonly modeOf: (connector: string | null) => Mode
}

export function reportRules(settings: Settings, catalogue: Catalogue): SettingsForReports {
  const connectors = allConnectors(settings)
  // Servers of `scope = everyone` stay in memory when the scope has changed.
  const modes = new Map(
    [internetConnector, ...connectors].map((each) => [each.id, effectiveConnector(each, settings).mode]),
  )
  return {
    schedule: settings.schedule,
    relapseDays: settings.clock.relapseDays,
    pauseDaysPerYear: settings.clock.pauseDaysPerYear,
    spread: settings.enforcement.spread,
    policy: settings.policy,
    catalogue,
    connectors,
    modeOf: (id) => modes.get(id ?? '') ?? settings.mode,
  }
}

/** A5: with the built-in connector, where it is in use and the file does not have it. */
function allConnectors({ connectors, scope }: Settings): readonly Connector[] {
  const isNamed = connectors.some(({ id }) => id === internetConnectorId)
  return scope === 'everyone' && !isNamed ? [...connectors, internetConnector] : connectors
}
