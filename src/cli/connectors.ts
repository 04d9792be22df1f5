import type { Command } from 'commander'
import { effectiveConnector, type EffectiveConnector } from '../config/effective'
import { formatCidr } from '../rules/attribution/address'
import type { Connector } from '../rules/attribution/connector'
import { addConnectorsCheck } from './connectors-check'
import { addConnectorsImport } from './connectors-import'
import { readConfiguration } from './configuration'
import { detail } from './details'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { textTable } from './table'

interface Options {
  readonly json?: boolean
}

type Row = readonly [connector: Connector, effective: EffectiveConnector]

export function addConnectors(program: Command, invocation: Invocation): void {
  const group = program.command('connectors').description('whose sessions are looked at')
  const list = group
    .command('list')
    .description('the connectors, with what holds for them')
    .option('--json', 'print a JSON array')
    .action(async (options: Options, self: Command) => {
      const { settings } = readConfiguration(invocation, self)
      const rows = settings.connectors.map((each): Row => [each, effectiveConnector(each, settings)])
      if (options.json) await invocation.out.line(jsonText(rows.map(rowJson), true))
      else if (rows.length > 0) await invocation.out.write(table(rows, invocation))
      if (rows.length > 0) return
      await invocation.err.line('exchange-enforcement: there is no connector')
      invocation.exitCode = 1
    })
  detail(list, {
    notes: ['Mode and places are those in force, with everything taken over from the main file.'],
    examples: [['connectors list', 'Which tenants are there, and by what are they known?']],
  })
  addConnectorsCheck(group, invocation)
  addConnectorsImport(group, invocation)
}

function rowJson([connector, { mode, deferAt, refuseAt }]: Row): object {
  const { id, tenant, type, tlsCertificateName, trust, addresses, senderDomains } = connector
  return {
    id,
    tenant,
    type,
    tls_certificate_name: tlsCertificateName,
    tls_ca_file: trust === 'system' ? null : trust.file,
    addresses: addresses.map(formatCidr),
    sender_domains: senderDomains,
    mode,
    defer_at: deferAt,
    refuse_at: refuseAt,
    contacts: connector.contacts,
    language: connector.language,
    esu: connector.esu,
    comment: connector.comment,
  }
}

function table(rows: readonly Row[], { out }: Invocation): string {
  const [head = '', ...lines] = textTable<Row>(
    [
      { heading: 'connector', text: ([{ id }]) => id },
      { heading: 'tenant', text: ([{ tenant }]) => tenant },
      { heading: 'type', text: ([{ type }]) => type },
      { heading: 'mode', text: ([, { mode }]) => mode },
      { heading: 'defer at', text: ([, { deferAt }]) => deferAt },
      { heading: 'refuse at', text: ([, { refuseAt }]) => refuseAt },
      { heading: 'esu', text: ([{ esu }]) => (esu ? 'yes' : 'no') },
      { heading: 'certificate', text: ([{ tlsCertificateName }]) => tlsCertificateName ?? '-' },
      { heading: 'addresses', text: ([{ addresses }]) => some(addresses.map(formatCidr)) },
      { heading: 'senders', text: ([{ senderDomains }]) => some(senderDomains) },
    ],
    rows,
  )
  return `${[out.styled('bold', head), ...lines].join('\n')}\n`
}

/** The first three; the file has the rest. */
function some(items: readonly string[]): string {
  if (items.length === 0) return '-'
  const more = items.length > 3 ? ` (+${items.length - 3})` : ''
  return items.slice(0, 3).join(', ') + more
}
