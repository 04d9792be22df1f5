import { InvalidArgumentError, Option, type Command } from 'commander'
import { reportRules } from '../config/report-rules'
import { collect } from '../report/collect'
import type { Fleet } from '../report/fleet'
import type { ServerSummary } from '../report/summary'
import { serverStatuses, type ServerStatus } from '../rules/clock/status'
import { dayMs, dayOf } from '../rules/time'
import { readConfiguration, type Configuration } from './configuration'
import { detail } from './details'
import { misuse } from './failure'
import { shortInstant } from './instant'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { writeReport } from './servers-file'
import { withStorage } from './storage'
import { summaryJson } from '../report/summary-json'
import { textTable } from './table'
import type { Column } from '../report/csv'
import { serversCsv } from '../report/servers-csv'
import { mustKnowTenant } from './tenants'

interface Options {
  readonly status?: ServerStatus
  readonly stage?: number
  readonly json?: boolean
  readonly csv?: boolean
  readonly html?: string
  readonly details: number
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
    .addOption(
      new Option(
        '--html <file>',
        "write all pages of the report into one file, '-' for standard output",
      ).conflicts(['json', 'csv', 'status', 'stage']),
    )
    .addOption(
      new Option('--details <number>', 'with --html: how many servers have a page of their own in it')
        .argParser(readDetails)
        .default(500),
    )
    .action(async (tenant: string | undefined, options: Options, self: Command) => {
      const configuration = readConfiguration(invocation, self)
      if (options.html !== undefined) {
        const { html: file, details } = options
        return writeReport({ file, tenant, details }, configuration, invocation)
      }
      if (self.getOptionValueSource('details') === 'cli') throw misuse('--details goes with --html')
      const { fleet, rows } = await findRows(configuration, tenant, options, invocation.now())
      const unreadable = fleet.unreadable.length
      const { out, err } = invocation
      if (options.json) await out.line(jsonText(rows.map(summaryJson), true))
      else if (options.csv) await out.write(serversCsv(rows))
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
      'The file that --html writes needs nothing else: overview, list, tenants, catalogue, configuration without secrets, and a page for each of the servers and ' +
        'tenants that need attention most, as many as --details says. It opens offline, runs no script, and is written as a whole or not at all.',
      'Exit code 1 says that no server is left to show.',
    ],
    examples: [
      ['servers', 'All servers of all tenants'],
      ['servers contoso --status outdated', 'The outdated ones of a tenant'],
      ['servers --csv > servers.csv', 'For a spreadsheet'],
      ['servers --html report.html', 'To look at, to print or to send'],
      ['servers --stage 8 --json', 'Whose mail is refused all the time?'],
    ],
  })
}

function readStage(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('A stage is a number from 1 to 99.')
  return Number(text)
}

function readDetails(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 0 to 999999.')
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
    {
      heading: 'messages',
      text: ({ messages: { accepted, deferred, refused } }) => `${accepted}+${deferred}+${refused}`,
    },
    { heading: 'cves', text: openCves },
    { heading: 'install', text: ({ verdict }) => verdict?.install ?? '-' },
  ]
  const [head = '', ...lines] = textTable(columns, rows)
  const notes = [
    'now, next: minutes an hour of deferral + refusal; stage ?: outdated, not detected yet',
    'messages: accepted + deferred + refused; cves: those open, and of them those known to be exploited (KEV)',
  ].map((note) => out.styled('dim', note))
  return `${[out.styled('bold', head), ...lines, '', ...notes].join('\n')}\n`
}

function openCves({ verdict }: ServerSummary): string {
  const open = (verdict?.cves ?? []).filter(({ state }) => state === 'open')
  const exploited = open.filter(({ kev }) => kev).length
  if (open.length === 0) return '-'
  return exploited === 0 ? String(open.length) : `${open.length}, ${exploited} KEV`
}
