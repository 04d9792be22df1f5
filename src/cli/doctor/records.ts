import { connectorsFile } from '../../config/schema'
import type { Settings } from '../../config/settings'
import type { Store } from '../../store/store'
import { webhookContact } from '../../rules/notice/record'
import type { ConfigFolder } from './config-folder'
import type { Report } from './finding'
import { neverMatched, readAllRecords, type MissedLetter, type Remembered } from './remembered'

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
  'letters-failing': {
    severity: 'warning',
    about: 'The last notices to a contact have not gone out yet: each attempt so far has failed.',
    remedy:
      "Mend what the error says, as the way to the mail server or the webhook; they are tried again by themselves. 'exchange-enforcement notices list' shows all.",
  },
  'letters-undelivered': {
    severity: 'warning',
    about: 'The last notices to a contact were given up: nobody knows there what awaits their servers.',
    remedy:
      "Ask whether the address is right, and correct contacts in the connector; 'exchange-enforcement notices list' shows why.",
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
  if (settings.notices.enabled) tellLetters(remembered, report)
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

function tellLetters(
  { missed, contacts, isComplete }: Remembered,
  report: Report<'letters-failing' | 'letters-undelivered'>,
): void {
  const tell = (id: 'letters-failing' | 'letters-undelivered', isGivenUp: boolean, what: string): void => {
    const letters = missed.filter((each) => each.isGivenUp === isGivenUp)
    const [first] = letters
    if (first) report.found(id, `${what}: ${letters.length}; the first is ${missedText(first)}`)
    else if (!isComplete) report.unknown(id, 'memory is larger than there was time for')
    else report.ok(id, `contacts that were written to: ${contacts}, ${what}: 0`)
  }
  tell('letters-failing', false, 'letters that are tried again')
  tell('letters-undelivered', true, 'letters that were given up')
}

function missedText({ tenant, contact, letter }: MissedLetter): string {
  const whom = contact === webhookContact ? 'to the webhook' : `to ${contact}`
  const why =
    'error' in letter && letter.error !== null ? letter.error : 'its sender died while it was handed over'
  return `the one ${whom} about ${tenant} of ${iso(letter.madeAt)} (${why})`
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
