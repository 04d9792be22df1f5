import type { Settings } from '../../config/settings'
import type { ContactRecord, Letter } from '../../rules/notice/record'
import type { Store } from '../../store/store'

/** The last letter to a contact, which has not arrived. */
export interface MissedLetter {
  readonly tenant: string
  readonly contact: string
  readonly letter: Letter
  /** Whether nobody tries it any more. */
  readonly isGivenUp: boolean
}

/** What memory as a whole shows. */
export interface Remembered {
  readonly servers: number
  readonly paths: number
  readonly unreadable: number
  /** Connectors that a record names. */
  readonly connectors: ReadonlySet<string>
  /** Contacts whom notices have been written to, and those of them who have not got the last one. */
  readonly contacts: number
  readonly missed: readonly MissedLetter[]
  /** Epoch ms of the first and the last sighting; `null`: there is none. */
  readonly firstAt: number | null
  readonly lastAt: number | null
  /** `false`: memory is larger than there was time for. */
  readonly isComplete: boolean
}

/** Reads every record once, for as long as there is patience. Rejects as the store does. */
export async function readAllRecords(store: Store, patienceMs: number): Promise<Remembered> {
  const until = performance.now() + patienceMs
  const isOver = (): boolean => performance.now() > until
  const connectors = new Set<string>()
  const missed: MissedLetter[] = []
  let [servers, paths, contacts, unreadable] = [0, 0, 0, 0]
  let [firstAt, lastAt]: [number | null, number | null] = [null, null]
  for await (const stored of store.list('server')) {
    if (isOver()) break
    if (stored.state !== 'present') {
      unreadable += 1
      continue
    }
    const { firstSeenAt, lastSeenAt, lastEvidence } = stored.value
    servers += 1
    firstAt = Math.min(firstAt ?? firstSeenAt, firstSeenAt)
    lastAt = Math.max(lastAt ?? lastSeenAt, lastSeenAt)
    if (lastEvidence) connectors.add(lastEvidence.connector)
  }
  for await (const stored of store.list('path')) {
    if (isOver()) break
    if (stored.state !== 'present') {
      unreadable += 1
      continue
    }
    paths += 1
    connectors.add(stored.value.connector)
  }
  for await (const stored of store.list('tenant')) {
    if (isOver()) break
    if (stored.state !== 'present') unreadable += 1
  }
  for await (const stored of store.list('contact')) {
    if (isOver()) break
    if (stored.state !== 'present') {
      unreadable += 1
      continue
    }
    contacts += 1
    const last = missedBy(stored.value)
    if (last) missed.push(last)
  }
  const isComplete = !isOver()
  return { servers, paths, contacts, missed, unreadable, connectors, firstAt, lastAt, isComplete }
}

/** What has arrived since makes up for earlier letters; one that is just being handed over is not missed yet. */
function missedBy({ tenant, contact, letters }: ContactRecord): MissedLetter | null {
  const letter = letters.at(-1)
  if (!letter) return null
  const isGivenUp = letter.state === 'undelivered' || letter.state === 'doubtful'
  const isTried = letter.state === 'failed' || (letter.state === 'queued' && letter.error !== null)
  return isGivenUp || isTried ? { tenant, contact, letter, isGivenUp } : null
}

/** Connectors of which nothing is remembered; those that are switched off leave nothing. */
export function neverMatched(settings: Settings, { connectors }: Remembered): readonly string[] {
  return settings.connectors
    .filter(({ id, mode }) => mode !== 'off' && !connectors.has(id))
    .map(({ id }) => id)
}
