import { advance, maxEvents, type ClockRules, type Sighting } from './advance'
import type {
  Clock,
  DayCounts,
  LastEvidence,
  PathRecord,
  ServerEvent,
  ServerRecord,
  TenantRecord,
} from './record'
import type { Schedule } from './schedule'
import { maxServersPerPath } from '../decision/path'
import type { Day, Interval } from '../time'

/**
 * One record of a server of two that were kept apart for a while, as when memory moves to another store. What the later one saw last
 * is taken for one more sighting of what the earlier one knows, so that no clock is lost, and none is moved but by that sighting.
 */
export function mergeServers(
  one: ServerRecord,
  other: ServerRecord,
  rules: ClockRules,
  pauses: readonly Interval[],
  schedule: Schedule,
): ServerRecord {
  const [earlier, later] = seenAt(one) <= seenAt(other) ? [one, other] : [other, one]
  const { clock, recovery, stageSeen, events } = clockOf(earlier, later, rules, pauses, schedule)
  return {
    tenant: later.tenant,
    server: later.server,
    firstSeenAt: Math.min(one.firstSeenAt, other.firstSeenAt),
    lastSeenAt: Math.max(one.lastSeenAt, other.lastSeenAt),
    clock,
    recovery,
    stageSeen,
    lastEvidence: later.lastEvidence ?? earlier.lastEvidence,
    events: mergeEvents([...one.events, ...other.events, ...events]),
    days: mergeDays(one.days, other.days),
  }
}

type ClockPart = Pick<ServerRecord, 'clock' | 'recovery' | 'stageSeen' | 'events'>

function clockOf(
  earlier: ServerRecord,
  later: ServerRecord,
  rules: ClockRules,
  pauses: readonly Interval[],
  schedule: Schedule,
): ClockPart {
  const since = seenAt(earlier)
  if (later.events.some(({ kind, at }) => kind === 'recovered' && at > since)) {
    // The later one saw the server recover after all that the earlier one knows: that stands, and so does what came of it.
    const wasClear = earlier.clock.state === 'clear' && earlier.recovery !== null && later.recovery !== null
    return wasClear ? { ...later, recovery: earlier.recovery } : later
  }
  const { clock } = later
  if (clock.state === 'running' && (earlier.recovery === null || earlier.recovery.at <= clock.startedAt)) {
    return running(clock, later, earlier)
  }
  const sighting = sightingOf(later)
  // Both know the same last sighting: counted twice it could detect a server too soon (C1).
  if (sighting === null || sighting.at <= since) return earlier
  const { record, events } = advance(earlier, sighting, rules, pauses, schedule)
  return { ...record, events }
}

/** Of two clocks the one that has run longer, or was detected first; a suspicion is where a clock would have begun. */
function running(
  clock: Extract<Clock, { state: 'running' }>,
  later: ServerRecord,
  earlier: ServerRecord,
): ClockPart {
  const { clock: other } = earlier
  switch (other.state) {
    case 'clear':
      return later
    case 'suspected':
      return { ...later, clock: { ...clock, startedAt: Math.min(clock.startedAt, other.firstAt) } }
    case 'running': {
      const isLonger = other.startedAt - other.carriedMs <= clock.startedAt - clock.carriedMs
      return {
        ...later,
        clock: { ...(isLonger ? other : clock), reachedMs: Math.max(clock.reachedMs, other.reachedMs) },
        stageSeen: Math.max(later.stageSeen, earlier.stageSeen),
      }
    }
  }
}

function seenAt({ lastEvidence, lastSeenAt }: ServerRecord): number {
  return lastEvidence?.at ?? lastSeenAt
}

function sightingOf({ tenant, server, lastEvidence }: ServerRecord): Sighting | null {
  const status = statusOf(lastEvidence)
  if (lastEvidence === null || status === null) return null
  return {
    at: lastEvidence.at,
    tenant,
    server,
    status,
    build: lastEvidence.build ?? 'unknown',
    evidence: lastEvidence,
  }
}

function statusOf(evidence: LastEvidence | null): Sighting['status'] | null {
  const status = evidence?.verdict.status
  return status === 'compliant' || status === 'outdated' || status === 'undetermined' ? status : null
}

/** In their order, each once, and without those that change nothing any more: both may have detected the server by themselves. */
function mergeEvents(events: readonly ServerEvent[]): readonly ServerEvent[] {
  const known = new Map(events.map((event) => [JSON.stringify(event), event]))
  let isDetected: boolean | null = null
  let stage = 0
  const telling = [...known.values()]
    .sort((a, b) => a.at - b.at)
    .filter((event) => {
      const before = { isDetected, stage }
      switch (event.kind) {
        case 'detected':
        case 'relapsed':
          ;[isDetected, stage] = [true, before.isDetected === true ? stage : 0]
          return before.isDetected !== true
        case 'recovered':
          isDetected = false
          return before.isDetected !== false
        case 'stage':
          stage = Math.max(stage, event.stage)
          return event.stage > before.stage
        default:
          return true
      }
    })
  return telling.slice(-maxEvents)
}

/** Both may hold the same messages, so that their sum would count them twice. */
function mergeDays(
  one: Readonly<Record<Day, DayCounts>>,
  other: Readonly<Record<Day, DayCounts>>,
): Readonly<Record<Day, DayCounts>> {
  const days = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()
  const none: DayCounts = { accepted: 0, deferred: 0, refused: 0 }
  return Object.fromEntries(
    days.map((day) => {
      const [a, b] = [one[day] ?? none, other[day] ?? none]
      const counts = {
        accepted: Math.max(a.accepted, b.accepted),
        deferred: Math.max(a.deferred, b.deferred),
        refused: Math.max(a.refused, b.refused),
      }
      return [day, counts]
    }),
  )
}

/** When each server was last seen on the path by either. */
export function mergePaths(one: PathRecord, other: PathRecord): PathRecord {
  const servers = new Map(Object.entries(one.servers))
  for (const [server, at] of Object.entries(other.servers)) {
    servers.set(server, Math.max(at, servers.get(server) ?? at))
  }
  const newestFirst = [...servers].sort(([, a], [, b]) => b - a).slice(0, maxServersPerPath)
  return {
    ...other,
    servers: Object.fromEntries(newestFirst),
    lastEvidenceAt: Math.max(one.lastEvidenceAt, other.lastEvidenceAt),
  }
}

/** What either knows; where both know an order by its id, that of `holding`, the record in force. */
export function mergeTenants(other: TenantRecord, holding: TenantRecord): TenantRecord {
  const byId = <T extends { readonly id: string }>(from: readonly T[], to: readonly T[]): readonly T[] => [
    ...new Map([...from, ...to].map((each) => [each.id, each])).values(),
  ]
  return {
    tenant: holding.tenant,
    pauses: byId(other.pauses, holding.pauses),
    exemptions: byId(other.exemptions, holding.exemptions),
  }
}
