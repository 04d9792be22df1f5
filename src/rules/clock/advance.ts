import { dayMs, hourMs, type Interval } from '../time'
import { elapsedAt, instantOf, type RunningClock } from './elapsed'
import type { Clock, LastEvidence, Recovery, ServerEvent, ServerRecord } from './record'
import { stageAt, type Schedule } from './schedule'

/** Histories are kept to this many events, the newest (C7). */
export const maxEvents = 200

/** Workers hand in their sightings out of order, but never by more than this. */
const maxDisorderMs = hourMs

/** When a server counts as detected, and when a relapse goes on (C1, C3). */
export interface ClockRules {
  readonly confirmSightings: number
  readonly confirmHours: number
  readonly relapseDays: number
}

/** One message whose connecting hop names a server, judged. */
export interface Sighting {
  readonly at: number
  readonly tenant: string
  readonly server: string
  readonly status: 'compliant' | 'outdated' | 'undetermined'
  /** The build, or `unknown`. */
  readonly build: string
  readonly evidence: LastEvidence
}

export interface Advance {
  readonly record: ServerRecord
  /** What happened, oldest first; they are in the record, too. */
  readonly events: readonly ServerEvent[]
  /**
   * Whether memory must learn of it at once. Else only `lastSeenAt`, `lastEvidence` and counts moved, which may be
   * gathered and written later.
   */
  readonly significant: boolean
}

/** The record of a server seen for the first time, before its first sighting is applied. */
function newServer(sighting: Pick<Sighting, 'tenant' | 'server' | 'at'>): ServerRecord {
  return {
    tenant: sighting.tenant,
    server: sighting.server,
    firstSeenAt: sighting.at,
    lastSeenAt: sighting.at,
    clock: { state: 'clear' },
    recovery: null,
    stageSeen: 0,
    lastEvidence: null,
    events: [],
    days: {},
  }
}

/** Whether a sighting is one more of a server that was and is compliant: nothing but counts and times moves. */
export function isOneMore(before: ServerRecord | null, status: Sighting['status']): boolean {
  if (status !== 'compliant' || before?.clock.state !== 'clear') return false
  return before.lastEvidence?.verdict.status === 'compliant'
}

/** A server's record after one more sighting (C1–C3, C7). `null`: the server was never seen before. */
export function advance(
  before: ServerRecord | null,
  sighting: Sighting,
  rules: ClockRules,
  pauses: readonly Interval[],
  schedule: Schedule,
): Advance {
  const start = before ?? newServer(sighting)
  // What was reached since the last sighting is noted first: a recovery ends the clock that reached it.
  const passed = noteStages(start, sighting.at, pauses, schedule)
  const moved = moveClock(passed.record, sighting, rules, pauses)
  const seen: ServerRecord = {
    ...passed.record,
    ...moved.changes,
    lastSeenAt: Math.max(start.lastSeenAt, sighting.at),
    lastEvidence: sighting.evidence,
  }
  const entered = noteStages(seen, sighting.at, pauses, schedule)
  const events = [...passed.events, ...moved.events, ...entered.events]
  const record = { ...entered.record, events: [...start.events, ...events].slice(-maxEvents) }
  // Not another build alone: the ids of mapi and SMTP hops differ from message to message (E3).
  const judgedOtherwise = start.lastEvidence?.verdict.status !== sighting.evidence.verdict.status
  return { record, events, significant: !before || moved.significant || events.length > 0 || judgedOtherwise }
}

interface Movement {
  readonly changes: {
    readonly clock?: Clock
    readonly recovery?: Recovery | null
    readonly stageSeen?: number
  }
  readonly events: readonly ServerEvent[]
  readonly significant: boolean
}

const unmoved: Movement = { changes: {}, events: [], significant: false }

function moveClock(
  record: ServerRecord,
  sighting: Sighting,
  rules: ClockRules,
  pauses: readonly Interval[],
): Movement {
  const { clock } = record
  switch (sighting.status) {
    case 'undetermined':
      return unmoved
    case 'compliant':
      if (clock.state === 'clear') return unmoved
      if (clock.state === 'suspected')
        return { changes: { clock: { state: 'clear' } }, events: [], significant: true }
      return recover(clock, sighting, pauses)
    case 'outdated':
      if (clock.state === 'running') return unmoved
      return suspect(clock, record.recovery, sighting, rules)
  }
}

/** C2: one compliant sighting clears a server at once, at any stage. */
function recover(clock: RunningClock, sighting: Sighting, pauses: readonly Interval[]): Movement {
  const recovery = { at: sighting.at, elapsedMs: elapsedAt(clock, pauses, sighting.at) }
  return {
    changes: { clock: { state: 'clear' }, recovery, stageSeen: 0 },
    events: [{ at: sighting.at, kind: 'recovered', build: sighting.build }],
    significant: true,
  }
}

/** C1: detected after enough outdated sightings over enough hours; the clock starts at the first of them. */
function suspect(
  clock: Exclude<Clock, RunningClock>,
  recovery: Recovery | null,
  sighting: Sighting,
  rules: ClockRules,
): Movement {
  if (clock.state === 'suspected' && clock.firstAt - sighting.at > maxDisorderMs) {
    // F2: the system's clock jumped, now or at the first sighting. Which of the two is wrong cannot be known, and a
    // time long past would begin in a late stage: neither is held against the server.
    return { changes: { clock: { state: 'clear' } }, events: [], significant: true }
  }
  const firstAt = clock.state === 'suspected' ? Math.min(clock.firstAt, sighting.at) : sighting.at
  const sightings = clock.state === 'suspected' ? clock.sightings + 1 : 1
  const enough = sightings >= rules.confirmSightings && sighting.at - firstAt >= rules.confirmHours * hourMs
  if (!enough) {
    // Beyond the number that is needed a further sighting adds nothing but time, so it costs no write.
    const counted = Math.min(sightings, Math.max(1, rules.confirmSightings))
    const significant = clock.state === 'clear' || counted !== clock.sightings || firstAt !== clock.firstAt
    return {
      changes: { clock: { state: 'suspected', firstAt, sightings: counted } },
      events: [],
      significant,
    }
  }
  // C3: within relapse_days of a recovery the clock goes on where it stood.
  const relapsed = recovery !== null && sighting.at - recovery.at <= rules.relapseDays * dayMs
  const carriedMs = relapsed ? recovery.elapsedMs : 0
  return {
    changes: {
      clock: {
        state: 'running',
        startedAt: firstAt,
        detectedAt: sighting.at,
        carriedMs,
        reachedMs: carriedMs,
      },
      recovery: null,
    },
    events: [{ at: sighting.at, kind: relapsed ? 'relapsed' : 'detected', build: sighting.build }],
    significant: true,
  }
}

/** Writes down how far a running clock has come (F5) and the stages that it has reached since (C7). */
function noteStages(
  record: ServerRecord,
  at: number,
  pauses: readonly Interval[],
  schedule: Schedule,
): { readonly record: ServerRecord; readonly events: readonly ServerEvent[] } {
  const { clock } = record
  if (clock.state !== 'running') return { record, events: [] }
  const reachedMs = elapsedAt(clock, pauses, at)
  const reached = schedule.filter((row) => row.stage > record.stageSeen && reachedMs >= row.fromDay * dayMs)
  // A relapse enters in the middle (C3): the rows before were reached by the clock before the recovery.
  const entry = stageAt(schedule, clock.carriedMs)
  const events = reached
    .filter((row) => row.fromDay > 0 && row.fromDay >= entry.fromDay)
    .map((row): ServerEvent => ({
      // A stage that was due before the detection begins with it.
      at: Math.min(at, Math.max(clock.detectedAt, instantOf(clock, pauses, row.fromDay * dayMs))),
      kind: 'stage',
      stage: row.stage,
    }))
  const stageSeen = reached.at(-1)?.stage ?? record.stageSeen
  return { record: { ...record, clock: { ...clock, reachedMs }, stageSeen }, events }
}
