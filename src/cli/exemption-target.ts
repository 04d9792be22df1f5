import { Option, type Command } from 'commander'
import { suggestion } from '../config/problem'
import type { Settings } from '../config/settings'
import { normaliseDomain } from '../rules/attribution/domain'
import { internetConnectorId } from '../rules/attribution/connector'
import type { Exemption } from '../rules/clock/record'
import { refusal } from './failure'

export interface TargetOptions {
  readonly connector?: string
  readonly server?: string
}

/** What is exempted: without either option the tenant as a whole. */
export function addTargetOptions(command: Command): Command {
  return command
    .option('--connector <id>', 'only what comes through this connector')
    .addOption(new Option('--server <name>', 'only this server').conflicts('connector'))
}

export function targetOf({ connector, server }: TargetOptions): Exemption['target'] {
  if (connector !== undefined) return { kind: 'connector', connector }
  return server === undefined ? { kind: 'tenant' } : { kind: 'server', server: normaliseDomain(server) }
}

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

/** Throws `CliFailure` for a connector that the tenant does not have. */
export function mustHaveConnector(tenant: string, target: Exemption['target'], settings: Settings): void {
  if (target.kind !== 'connector') return
  const ids = settings.connectors.flatMap((each) => (each.tenant === tenant ? each.id : []))
  if (tenant === internetConnectorId) ids.push(internetConnectorId)
  if (ids.includes(target.connector)) return
  throw refusal(
    `${tenant} has no connector '${target.connector}'${suggestion(target.connector, ids)}; 'connectors list' shows all`,
  )
}
