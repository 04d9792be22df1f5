import { InvalidArgumentError, Option, type Command } from 'commander'
import { reportRules } from '../config/report-rules'
import { collect } from '../report/collect'
import type { Fleet } from '../report/fleet'
import type { ServerSummary } from '../report/summary'
import { serverStatuses, type ServerStatus } from '../rules/clock/status'
import { dayMs, dayOf } from '../rules/time'
import { readConfiguration, type Configuration } from './configuration'
import { detail } from './details'
import { isoOrNull, shortInstant } from './instant'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { withStorage } from './storage'
import { summaryJson } from './summary-json'
import { csv, textTable, type Column } from './table'
import { mustKnowTenant } from './tenants'

interface Options {
  readonly status?: ServerStatus
  readonly stage?: number
  readonly json?: boolean
  readonly csv?: boolean
}

export function addServers(program: Command, invocation: Invocation): void {
  const command = program
    .command('servers')
    .description('the report: every server that was seen, and where it stands')
    .argument('[tenant]', 'only the servers of this tenant')
    .addOption(new Option('--status <status>', 'only servers of this status').choices(serverStatuses))
    .addOption(new Option('--stage <number>', 'only servers in this stage').argParser(readStage))
    .option('--json', 'print a JSON array')
    .addOption(new Option('--csv', 'print CSV').conflicts('json'))
    .action(async (tenant: string | undefined, options: Options, self: Command) => {
      const configuration = readConfiguration(invocation, self)
      const { fleet, rows } = await findRows(configuration, tenant, options, invocation.now())
      const unreadable = fleet.unreadable.length
      const { out, err } = invocation
      if (options.json) await out.line(jsonText(rows.map(summaryJson), true))
      else if (options.csv) await out.write(csv(csvColumns, rows))
      else if (rows.length > 0) await out.write(table(rows, tenant === undefined, invocation))
      if (unreadable > 0) await err.line(`${unreadable} records cannot be read; 'state export' names them`)
      if (rows.length > 0) return
      await err.line('exchange-enforcement: no such server was seen')
      invocation.exitCode = 1
    })
  detail(command, {
    notes: [
      'Statuses: compliant; outdated, detected or about to be; recovered, as long as a relapse would go on where the clock stood; paused and exempt, outdated ' +
        'servers of which all mail is accepted. The verdict is that of the last build seen, judged as of now. Worst servers come first.',
      'Exit code 1 says that no server is left to show.',
    ],
    examples: [
      ['servers', 'All servers of all tenants'],
      ['servers contoso --status outdated', 'The outdated ones of a tenant'],
      ['servers --csv > servers.csv', 'For a spreadsheet'],
      ['servers --stage 8 --json', 'Whose mail is refused all the time?'],
    ],
  })
}

function readStage(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('A stage is a number from 1 to 99.')
  return Number(text)
}

/** Rows of what a tenant, or everybody, has; those first that have been outdated longest. */
async function findRows(
  configuration: Configuration,
  tenant: string | undefined,
  { status, stage }: Options,
  now: number,
): Promise<{ readonly fleet: Fleet; readonly rows: readonly ServerSummary[] }> {
  const fleet = await withStorage(configuration, 'read', async ({ store }) => {
    if (tenant !== undefined) await mustKnowTenant(tenant, configuration.settings, store)
    return collect(store, reportRules(configuration.settings, configuration.catalogue), now, tenant)
  })
  const rows = fleet.servers.filter(
    (row) =>
      (status === undefined || row.status === status) &&
      (stage === undefined || row.clock?.stage.stage === stage),
  )
  return { fleet, rows }
}

function minutes({ deferMinutes, refuseMinutes }: { deferMinutes: number; refuseMinutes: number }): string {
  return `${deferMinutes}+${refuseMinutes}`
}

function table(rows: readonly ServerSummary[], withTenant: boolean, { out }: Invocation): string {
  const columns: readonly Column<ServerSummary>[] = [
    ...(withTenant ? [{ heading: 'tenant', text: (row: ServerSummary) => row.tenant }] : []),
    { heading: 'server', text: ({ server }) => server },
    { heading: 'build', text: ({ build }) => build ?? '-' },
    { heading: 'status', text: ({ status }) => status },
    { heading: 'verdict', text: ({ verdict }) => verdict?.reason ?? '-' },
    {
      heading: 'stage',
      text: ({ clock, suspected }) => clock?.stage.stage.toString() ?? (suspected ? '?' : '-'),
    },
    { heading: 'day', text: ({ clock }) => (clock ? String(Math.floor(clock.elapsedMs / dayMs)) : '-') },
    { heading: 'now', text: ({ clock }) => (clock ? minutes(clock.stage) : '-') },
    {
      heading: 'next',
      text: ({ clock }) => (clock?.next ? `${dayOf(clock.next.at)} ${minutes(clock.next.stage)}` : '-'),
    },
    { heading: 'last seen', text: ({ lastSeenAt }) => shortInstant(lastSeenAt) },
    { heading: 'install', text: ({ verdict }) => verdict?.install ?? '-' },
  ]
  const [head = '', ...lines] = textTable(columns, rows)
  const note = 'now, next: minutes an hour of deferral + refusal; stage ?: outdated, not detected yet'
  return `${[out.styled('bold', head), ...lines, '', out.styled('dim', note)].join('\n')}\n`
}

const csvColumns: readonly Column<ServerSummary>[] = [
  { heading: 'tenant', text: ({ tenant }) => tenant },
  { heading: 'server', text: ({ server }) => server },
  { heading: 'status', text: ({ status }) => status },
  { heading: 'connector', text: ({ connector }) => connector ?? '' },
  { heading: 'build', text: ({ build }) => build ?? '' },
  { heading: 'product', text: ({ verdict }) => verdict?.product ?? '' },
  { heading: 'name', text: ({ verdict }) => verdict?.name ?? '' },
  { heading: 'verdict', text: ({ verdict }) => verdict?.status ?? '' },
  { heading: 'reason', text: ({ verdict }) => verdict?.reason ?? '' },
  { heading: 'because', text: ({ verdict }) => verdict?.because ?? '' },
  { heading: 'stage', text: ({ clock }) => clock?.stage.stage.toString() ?? '' },
  {
    heading: 'elapsed_days',
    text: ({ clock }) => (clock ? String(Math.floor(clock.elapsedMs / dayMs)) : ''),
  },
  { heading: 'defer_minutes', text: ({ clock }) => clock?.stage.deferMinutes.toString() ?? '' },
  { heading: 'refuse_minutes', text: ({ clock }) => clock?.stage.refuseMinutes.toString() ?? '' },
  { heading: 'first_seen_at', text: ({ firstSeenAt }) => isoOrNull(firstSeenAt) ?? '' },
  { heading: 'last_seen_at', text: ({ lastSeenAt }) => isoOrNull(lastSeenAt) ?? '' },
  { heading: 'detected_at', text: ({ clock }) => isoOrNull(clock?.detectedAt ?? null) ?? '' },
  { heading: 'next_stage', text: ({ clock }) => clock?.next?.stage.stage.toString() ?? '' },
  { heading: 'next_stage_at', text: ({ clock }) => isoOrNull(clock?.next?.at ?? null) ?? '' },
  { heading: 'defer_from', text: ({ clock }) => isoOrNull(clock?.deferFrom ?? null) ?? '' },
  { heading: 'refuse_from', text: ({ clock }) => isoOrNull(clock?.refuseFrom ?? null) ?? '' },
  { heading: 'install', text: ({ verdict }) => verdict?.install ?? '' },
  { heading: 'open_cves', text: ({ verdict }) => openCves(verdict?.cves ?? []) },
  { heading: 'accepted', text: ({ messages }) => String(messages.accepted) },
  { heading: 'deferred', text: ({ messages }) => String(messages.deferred) },
  { heading: 'refused', text: ({ messages }) => String(messages.refused) },
]

function openCves(cves: readonly { readonly id: string; readonly state: string }[]): string {
  return cves.flatMap(({ id, state }) => (state === 'open' ? id : [])).join(' ')
}
