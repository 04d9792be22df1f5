import type { Settings } from '../../config/settings'
import type { Store } from '../../store/store'

/** What memory as a whole shows. */
export interface Remembered {
  readonly servers: number
  readonly paths: number
  readonly unreadable: number
  /** Connectors that a record names. */
  readonly connectors: ReadonlySet<string>
  /** Epoch ms of the first and the last sighting; `null`: there is none. */
  readonly firstAt: number | null
  readonly lastAt: number | null
  /** `false`: memory is larger than there was time for. */
  readonly isComplete: boolean
}

/** Reads every server and path once, for as long as there is patience. Rejects as the store does. */
export async function readAllRecords(store: Store, patienceMs: number): Promise<Remembered> {
  const until = performance.now() + patienceMs
  const isOver = (): boolean => performance.now() > until
  const connectors = new Set<string>()
  let [servers, paths, unreadable] = [0, 0, 0]
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
  return { servers, paths, unreadable, connectors, firstAt, lastAt, isComplete: !isOver() }
}

/** Connectors of which nothing is remembered; those that are switched off leave nothing. */
export function neverMatched(settings: Settings, { connectors }: Remembered): readonly string[] {
  return settings.connectors
    .filter(({ id, mode }) => mode !== 'off' && !connectors.has(id))
    .map(({ id }) => id)
}
