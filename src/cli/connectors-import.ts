import { Option, type Command } from 'commander'
import { faultText, readInboundConnector, type InboundConnector } from '../config/inbound-connector'
import { readExport } from '../config/inbound-export'
import { importConnectors, type ImportedConnector } from '../config/imported-connector'
import { decodeText } from '../config/json-text'
import { fieldsWithoutEffect, printImport, remarkText } from '../config/print-import'
import { formatProblem, quoted } from '../config/problem'
import { identifier } from '../config/values'
import type { Mode } from '../rules/attribution/connector'
import { internetConnectorId } from '../rules/attribution/connector'
import { printable } from '../rules/decision/printable'
import { dayOf } from '../rules/time'
import { findFolder } from './configuration'
import { targetOf, type Written } from './connectors-target'
import { detail } from './details'
import { misuse, refusal } from './failure'
import { inputName, readInput } from './input-file'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'

const maxExportBytes = 16 * 1024 * 1024

interface Options {
  readonly tenant?: string
  readonly mode?: Mode
  readonly output?: string
  readonly append?: boolean
  readonly json?: boolean
}

export function addConnectorsImport(group: Command, invocation: Invocation): void {
  const command = group
    .command('import')
    .description('turn inbound connectors of Exchange Online into sections of the connectors file')
    .argument('<file>', "what 'Get-InboundConnector | ConvertTo-Json -Depth 4' printed; - for standard input")
    .option('--tenant <name>', 'whose connectors they are; else the organisation that the export names')
    .addOption(
      new Option('--mode <mode>', 'the mode that each gets').choices(['off', 'report', 'defer', 'enforce']),
    )
    .addOption(new Option('--output <file>', 'write a new file in place of printing').conflicts('append'))
    .option(
      '--append',
      'add them to the connectors file of the config folder, which is checked as a whole first',
    )
    .option('--json', 'print JSON: connectors, remarks and the text of the sections')
    .action(async (file: string, options: Options, self: Command) => {
      const connectors = await readConnectorsOf(file, invocation)
      const tenant = tenantOf(connectors, options.tenant)
      const imported = importConnectors(connectors, { tenant, mode: options.mode ?? null })
      const text = printImport(imported, dayOf(invocation.now()))
      const folder = findFolder(invocation, self)
      const target = targetOf(options, folder, invocation)
      await refuseAll(target.problems(text).map(formatProblem), invocation)
      const written = target.write(text)
      if (options.json) {
        await invocation.out.line(jsonText(importJson(imported, text, tenant, written), true))
        return
      }
      if (written === null) await invocation.out.write(text)
      await tellRemarks(imported, written, invocation)
    })
  detail(command, {
    notes: [
      'Without --output and --append the sections are printed. Above each stand, as comments, the name of the connector and the fields that no key stands for; standard ' +
        'error tells the same: "look at" where leaving a field out changes what happens, "without effect here" where it does not. A disabled connector, and one without ' +
        'certificate and addresses, is written as a comment.',
      'Connectors known by certificate get tls_purpose = any, since Exchange Online does not ask for certificates of clients. The id of a connector is its name, with the ' +
        "tenant's in front. Files of Windows PowerShell are understood: UTF-8 or UTF-16, one connector or many.",
      '--append checks the file with its new sections as the plugin will, keeps the old one beside it (.bak) and puts the new one in its place in one step; Haraka takes it over ' +
        'within seconds. Exit code 1 where the export or the result is refused: then nothing is printed or written.',
    ],
    examples: [
      ['connectors import inbound.json --tenant contoso', 'What would the sections be?'],
      [
        'connectors import inbound.json --tenant contoso --mode report --append',
        'Add them, and only report at first',
      ],
      ['connectors import - --output contoso.ini < inbound.json', 'Into a file of their own, for review'],
    ],
  })
}

/** Throws `CliFailure` with all that is wrong; the first line says where. */
async function readConnectorsOf(file: string, invocation: Invocation): Promise<readonly InboundConnector[]> {
  const name = inputName(file)
  const text = decodeText(await readInput(file, maxExportBytes, invocation))
  if (!text.ok) throw refusal(`${name}: ${text.why}`)
  const read = readExport(text.value)
  if (!read.ok) {
    const { at, index, why } = read.fault
    const place = at === null ? '' : `line ${at.line}, column ${at.column}: `
    throw refusal(`${name}: ${place}${index === null ? '' : `connector ${index + 1} `}${why}`)
  }
  const connectors: InboundConnector[] = []
  const faults: string[] = []
  const places = new Map<string, number>()
  for (const [index, object] of read.objects.entries()) {
    const reading = readInboundConnector(object)
    const number = index + 1
    if (!reading.ok) {
      const which = reading.name === null ? '' : ` ${quoted(reading.name)}`
      faults.push(...reading.faults.map((fault) => `connector ${number}${which}: ${faultText(fault)}`))
      continue
    }
    const { connector } = reading
    const before = places.get(connector.name.toLowerCase())
    if (before !== undefined) {
      faults.push(`connector ${number} has the Name ${quoted(connector.name)} of connector ${before}`)
    }
    places.set(connector.name.toLowerCase(), number)
    connectors.push(connector)
  }
  await refuseAll(
    faults.map((fault) => `${name}: ${fault}`),
    invocation,
  )
  return connectors
}

/** All but the last are told at once; the last ends the command. */
async function refuseAll(faults: readonly string[], { err }: Invocation): Promise<void> {
  const last = faults.at(-1)
  if (last === undefined) return
  for (const fault of faults.slice(0, -1)) await err.line(`${err.styled('red', 'error')} ${printable(fault)}`)
  const count = faults.length > 1 ? ` (${faults.length} errors)` : ''
  throw refusal(`${last}${count}; nothing was written`)
}

function tenantOf(connectors: readonly InboundConnector[], wanted: string | undefined): string {
  if (wanted !== undefined) return goodTenant(wanted, `--tenant '${wanted}'`)
  const names = [...new Set(connectors.flatMap(({ organisation }) => organisation ?? []))]
  const [name] = names
  if (name !== undefined && names.length === 1) return goodTenant(name, `the organisation '${name}'`)
  throw misuse(
    name === undefined
      ? 'the export does not say whose connectors they are; name the tenant with --tenant'
      : `the export holds connectors of several organisations (${names.join(', ')}); name the tenant with --tenant`,
  )
}

function goodTenant(name: string, what: string): string {
  const read = identifier.read(name)
  if (!read.ok) throw misuse(`${what} ${read.why}; allowed: ${identifier.allowed}`)
  if (name === internetConnectorId) throw misuse(`${what} is the built-in one; choose another name`)
  return name
}

async function tellRemarks(
  connectors: readonly ImportedConnector[],
  written: Written | null,
  { out, err }: Invocation,
): Promise<void> {
  for (const { id, name, leftOut, remarks } of connectors) {
    const told = (word: string, text: string) =>
      err.line(`${err.styled('yellow', word)} ${id}: ${printable(text)}`)
    if (leftOut !== null) await told('left out', `'${name}': ${leftOut}`)
    for (const remark of remarks) if (remark.effect === 'look') await told('look at', remarkText(remark))
    const fields = fieldsWithoutEffect(remarks)
    if (fields.length > 0) await err.line(`without effect here ${id}: ${fields.join(', ')}`)
  }
  const left = connectors.filter(({ leftOut }) => leftOut !== null).length
  const counts = `connectors: ${connectors.length}, of these left out: ${left}`
  if (written === null) await err.line(counts)
  else {
    const backup = written.backup === null ? '' : `; as it was: ${printable(written.backup)}`
    await out.line(`${counts}, written to ${printable(written.file)}${backup}`)
  }
}

function importJson(
  connectors: readonly ImportedConnector[],
  text: string,
  tenant: string,
  written: Written | null,
): object {
  return {
    tenant,
    file: written?.file ?? null,
    backup: written?.backup ?? null,
    connectors: connectors.map(({ id, name, leftOut, keys, remarks }) => ({
      id,
      name,
      left_out: leftOut,
      keys: Object.fromEntries(keys),
      remarks,
    })),
    ini: text,
  }
}
