import { dayMs, minuteMs } from '../time'
import type { Place } from '../attribution/connector'
import type { PathRecord } from '../clock/record'
import type { Action, Decision } from './decision'

export interface ServerDecision {
  readonly server: string
  readonly decision: Decision
}

/** What memory says of a path: turn its mail away as `as`, or let it go on, and why. */
export type PathDecision =
  | { readonly turnAway: true; readonly as: ServerDecision; readonly because: string }
  | { readonly turnAway: false; readonly because: string }

/** The servers seen on a path within the days that count (S2). */
export function serversOf(path: PathRecord, at: number, pathMemoryDays: number): readonly string[] {
  return recentlySeen(path, at, pathMemoryDays).map(([server]) => server)
}

function recentlySeen(path: PathRecord, at: number, days: number): readonly [string, number][] {
  return Object.entries(path.servers).filter(([, seenAt]) => at - seenAt <= days * dayMs)
}

/**
 * No path lists more servers than this. One that would is crowded: which servers stand behind it is not known
 * any more, so memory does not speak for it.
 */
export const maxServersPerPath = 64

/** Whether a server is new to a path that is not crowded yet. Asked for every message that shows its server. */
export function isNewOnPath(path: PathRecord, server: string, at: number, pathMemoryDays: number): boolean {
  // A host may call itself `constructor`.
  const seenAt = Object.hasOwn(path.servers, server) ? path.servers[server] : undefined
  if (seenAt !== undefined && at - seenAt <= pathMemoryDays * dayMs) return false
  return recentlySeen(path, at, pathMemoryDays).length < maxServersPerPath
}

/** A path after a server was seen on it; `significant` where the server is new to it and it was not crowded yet. */
export function seenOnPath(
  before: PathRecord | null,
  key: Pick<PathRecord, 'tenant' | 'connector' | 'address' | 'ehlo'>,
  server: string,
  at: number,
  pathMemoryDays: number,
): { readonly record: PathRecord; readonly significant: boolean } {
  // A map, since a host may call itself `__proto__`.
  const servers = new Map(before ? recentlySeen(before, at, pathMemoryDays) : [])
  servers.set(server, Math.max(at, servers.get(server) ?? 0))
  // Those seen last stay: a list that is not full then names every server of the days that count.
  const kept = [...servers].sort(([, a], [, b]) => b - a).slice(0, maxServersPerPath)
  const { tenant, connector, address, ehlo } = key
  const lastEvidenceAt = Math.max(at, before?.lastEvidenceAt ?? 0)
  return {
    record: { tenant, connector, address, ehlo, servers: Object.fromEntries(kept), lastEvidenceAt },
    significant: !before || isNewOnPath(before, server, at, pathMemoryDays),
  }
}

const placeOrder: Record<Place, number> = { connect: 0, mail: 1, data: 2 }

export interface PathQuestion {
  readonly at: number
  readonly place: Place
  readonly deferAt: Place
  readonly refuseAt: Place
  readonly recheckMinutes: number
  readonly lastEvidenceAt: number
  /** One for every server seen on the path within `path_memory_days`. */
  readonly decisions: readonly ServerDecision[]
}

/**
 * Whether memory may speak before DATA (S2): only if every server of the path is to be turned away now, alike, and the
 * path's last evidence is recent. Servers that are to be told different things go on to DATA, where each is
 * known by its own message.
 */
export function decideBeforeData(question: PathQuestion): PathDecision {
  if (question.decisions.length >= maxServersPerPath) {
    return { turnAway: false, because: 'too many servers on this path to know them all' }
  }
  const common = turnedAwayAlike(question.decisions)
  if (!common)
    return { turnAway: false, because: 'not every server of this path is to be turned away alike now' }
  const spokenAt = common.decision.action === 'defer' ? question.deferAt : question.refuseAt
  if (placeOrder[spokenAt] > placeOrder[question.place]) {
    return { turnAway: false, because: `${common.decision.action} is spoken at ${spokenAt}` }
  }
  const age = question.at - question.lastEvidenceAt
  if (age < 0 || age > question.recheckMinutes * minuteMs) {
    return {
      turnAway: false,
      because: 'the last evidence of this path is too old: its build is looked at again',
    }
  }
  return { turnAway: true, as: common, because: 'every server of this path is to be turned away now' }
}

/** A message without evidence is treated as the servers of its path, if all are to be turned away now (S4). */
export function decideWithoutEvidence(decisions: readonly ServerDecision[]): PathDecision {
  const [first] = decisions
  const crowded = decisions.length >= maxServersPerPath
  if (!first || crowded || decisions.some((each) => each.decision.action === 'accept')) {
    return {
      turnAway: false,
      because: 'no evidence, and not every server of this path is to be turned away now',
    }
  }
  return {
    turnAway: true,
    // Of different fates the milder: a deferral costs no mail.
    as: decisions.find((each) => each.decision.action === 'defer') ?? first,
    because: 'no evidence, and every server of this path is to be turned away now',
  }
}

function turnedAwayAlike(decisions: readonly ServerDecision[]): ServerDecision | null {
  const [first] = decisions
  if (!first || first.decision.action === 'accept') return null
  const action: Action = first.decision.action
  return decisions.every((each) => each.decision.action === action) ? first : null
}
