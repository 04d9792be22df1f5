import { isoOrNull } from '../rules/instant'
import { dayMs } from '../rules/time'
import { formatBuild, type Build } from '../rules/verdict/build'
import type { CveState } from '../rules/verdict/verdict'
import { csv, type Column } from './csv'
import type { ServerSummary } from './summary'

/** Servers for a spreadsheet, a line each (R3). Times are ISO 8601, lists have blanks between. `part`: it goes on, without headings. */
export function serversCsv(rows: readonly ServerSummary[], part: 'whole' | 'rest' = 'whole'): string {
  const text = csv(columns, rows)
  return part === 'whole' ? text : text.slice(text.indexOf('\r\n') + 2)
}

const columns: readonly Column<ServerSummary>[] = [
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
  { heading: 'stage', text: ({ clock }) => number(clock?.stage.stage) },
  {
    heading: 'elapsed_days',
    text: ({ clock }) => number(clock ? Math.floor(clock.elapsedMs / dayMs) : null),
  },
  { heading: 'defer_minutes', text: ({ clock }) => number(clock?.stage.deferMinutes) },
  { heading: 'refuse_minutes', text: ({ clock }) => number(clock?.stage.refuseMinutes) },
  { heading: 'first_seen_at', text: ({ firstSeenAt }) => instant(firstSeenAt) },
  { heading: 'last_seen_at', text: ({ lastSeenAt }) => instant(lastSeenAt) },
  { heading: 'detected_at', text: ({ clock }) => instant(clock?.detectedAt) },
  { heading: 'next_stage', text: ({ clock }) => number(clock?.next?.stage.stage) },
  { heading: 'next_stage_at', text: ({ clock }) => instant(clock?.next?.at) },
  { heading: 'next_defer_minutes', text: ({ clock }) => number(clock?.next?.stage.deferMinutes) },
  { heading: 'next_refuse_minutes', text: ({ clock }) => number(clock?.next?.stage.refuseMinutes) },
  { heading: 'defer_from', text: ({ clock }) => instant(clock?.deferFrom) },
  { heading: 'refuse_from', text: ({ clock }) => instant(clock?.refuseFrom) },
  { heading: 'recovered_at', text: ({ recoveredAt }) => instant(recoveredAt) },
  { heading: 'paused_until', text: ({ pause }) => instant(pause?.until) },
  { heading: 'exempt_until', text: ({ exemption }) => instant(exemption?.until) },
  { heading: 'accepted_builds', text: ({ acceptedBuilds }) => builds(acceptedBuilds) },
  { heading: 'install', text: ({ verdict }) => verdict?.install ?? '' },
  { heading: 'missing', text: ({ verdict }) => (verdict?.missing ?? []).join(' ') },
  { heading: 'known_exploited_cves', text: ({ verdict }) => openCves(verdict?.cves, true) },
  { heading: 'open_cves', text: ({ verdict }) => openCves(verdict?.cves, false) },
  { heading: 'accepted', text: ({ messages }) => number(messages.accepted) },
  { heading: 'deferred', text: ({ messages }) => number(messages.deferred) },
  { heading: 'refused', text: ({ messages }) => number(messages.refused) },
]

function number(value: number | null | undefined): string {
  return value?.toString() ?? ''
}

function instant(at: number | null | undefined): string {
  return isoOrNull(at ?? null) ?? ''
}

function builds(accepted: readonly Build[]): string {
  return accepted.map(formatBuild).join(' ')
}

function openCves(cves: readonly CveState[] = [], onlyExploited: boolean): string {
  return cves
    .flatMap(({ id, kev, state }) => (state === 'open' && (kev || !onlyExploited) ? id : []))
    .join(' ')
}
