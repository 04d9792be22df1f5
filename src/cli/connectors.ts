import { basename } from 'node:path'
import type { Command } from 'commander'
import { effectiveConnector, type EffectiveConnector } from '../config/effective'
import type { ConfigProblem } from '../config/problem'
import { connectorsFile } from '../config/schema'
import { TrustStore } from '../haraka/trust-store'
import { formatCidr } from '../rules/attribution/address'
import type { Connector } from '../rules/attribution/connector'
import { checkSettings, findFolder, readCatalogue, readConfiguration } from './configuration'
import { detail } from './details'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { tellProblems } from './problems'
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
  const check = group
    .command('check')
    .description('what is wrong or odd in the connectors: ties, overlaps, unusable certificate files')
    .option('--json', 'print JSON')
    .action(async (options: Options, self: Command) => {
      const folder = findFolder(invocation, self)
      const result = checkSettings(folder, readCatalogue(folder).current)
      const own = ({ file }: ConfigProblem): boolean => basename(file) === connectorsFile
      const problems = result.ok ? trustProblems(result.settings.connectors) : result.problems.filter(own)
      const warnings = result.warnings.filter(own)
      invocation.exitCode = await tellProblems(
        { folder, problems, warnings },
        'the connectors are valid',
        options.json === true,
        invocation,
      )
    })
  detail(check, {
    notes: [
      'Exit code 1 where the plugin would refuse the file. Overlaps that are settled by precedence are warnings. Only the connectors file is looked at; ' +
        "'config check' looks at everything.",
    ],
    examples: [['connectors check', 'Before the file is put in place']],
  })
}

function trustProblems(connectors: readonly Connector[]): readonly ConfigProblem[] {
  const named = connectors.filter(({ tlsCertificateName }) => tlsCertificateName !== null)
  return TrustStore.load(named.map(({ trust }) => trust)).problems.map(({ file, error }) => ({
    file,
    section: null,
    key: null,
    line: null,
    found: null,
    message: error.message,
    allowed: null,
  }))
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
