import { Option, type Command } from 'commander'
import type { Settings } from '../config/settings'
import { normaliseDomain } from '../rules/attribution/domain'
import { unknownConnector } from '../enforcement/exemption-target'
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

/** Throws `CliFailure` for a connector that the tenant does not have. */
export function mustHaveConnector(tenant: string, target: Exemption['target'], settings: Settings): void {
  const why = unknownConnector(tenant, target, settings)
  if (why !== null) throw refusal(`${why}; 'connectors list' shows all`)
}
