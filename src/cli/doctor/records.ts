import { connectorsFile } from '../../config/schema'
import type { Settings } from '../../config/settings'
import type { Store } from '../../store/store'
import type { ConfigFolder } from './config-folder'
import type { Report } from './finding'
import { neverMatched, readAllRecords } from './remembered'

/** What memory tells of itself, whichever backend it is. */
export const recordChecks = {
  'records-unreadable': {
    severity: 'warning',
    about:
      'Memory holds records that are damaged or were written by a newer version; they count as not there.',
    remedy:
      "'exchange-enforcement state export' names them; bring them back from a backup, or update the package.",
  },
  'records-from-future': {
    severity: 'warning',
    about: 'Memory holds sightings later than the clock of this host: the clock is behind, or was ahead.',
    remedy: 'Set the clock, and keep it so with chrony or systemd-timesyncd.',
  },
  'connector-unmatched': {
    severity: 'hint',
    about:
      'No server and no path in memory names a connector: it has matched no Exchange server, as far back as memory goes.',
    remedy:
      "Compare it with the log: 'exchange-enforcement connectors check' finds overlaps, and sessions that no connector takes are counted as none in the metrics.",
  },
} as const

/** Well within what an area has. */
const longestMs = 4_000

export async function tellRecords(
  store: Store,
  settings: Settings,
  config: ConfigFolder,
  now: number,
  report: Report<keyof typeof recordChecks>,
  patienceMs = longestMs,
): Promise<void> {
  const remembered = await readAllRecords(store, patienceMs)
  const { servers, paths, unreadable, firstAt, lastAt } = remembered
  if (unreadable > 0) report.found('records-unreadable', `records that cannot be read: ${unreadable}`)
  else report.ok('records-unreadable', `servers in memory: ${servers}, paths: ${paths}`)
  if (lastAt !== null && lastAt > now + settings.store.maxClockSkewSeconds * 1000) {
    report.found('records-from-future', `the last sighting is of ${iso(lastAt)}, the clock says ${iso(now)}`)
  }
  if (!remembered.isComplete) {
    report.unknown('connector-unmatched', `memory is larger than can be read in ${patienceMs / 1000} s`)
    return
  }
  if (firstAt === null) {
    report.unknown('connector-unmatched', 'memory holds no server yet')
    return
  }
  const unmatched = neverMatched(settings, remembered)
  for (const id of unmatched) {
    report.found(
      'connector-unmatched',
      `nothing in memory names connector ${id}; memory goes back to ${iso(firstAt)}`,
      config.sectionEvidence(connectorsFile, id),
    )
  }
  if (unmatched.length === 0) report.ok('connector-unmatched', 'memory names every connector')
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
