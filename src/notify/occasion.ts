import type { Mode } from '../rules/attribution/connector'
import { elapsedAt, instantOf, type RunningClock } from '../rules/clock/elapsed'
import type { LastEvidence, ServerRecord, TenantRecord } from '../rules/clock/record'
import { nextStage, stageAt, type Stage } from '../rules/clock/schedule'
import type { DueName } from '../rules/notice/ledger'
import { dayMs, dayOf, type Day } from '../rules/time'
import { lastSupportedDay } from '../rules/verdict/support'
import type { Verdict } from '../rules/verdict/verdict'
import type { JudgeSeen, ReportRules } from '../report/summary'
import { sparedUntil } from './spared'

/** What notices go by besides the records. */
export interface NoticeRules extends ReportRules {
  readonly noticeDays: number
  /** What holds for sessions of that connector; `null`: not known which it was. */
  readonly modeOf: (connector: string | null) => Mode
  /** Judges what was seen as of a day; asked again for the same day it remembers. */
  readonly judgeOn: (day: Day) => JudgeSeen
}

/** Why a contact is told something of a server, with what only that occasion knows. Times are epoch ms. */
export type Occasion =
  | { readonly kind: 'detection'; readonly relapsed: boolean }
  | { readonly kind: 'stage'; readonly stage: Stage; readonly at: number }
  | { readonly kind: 'stage-ahead'; readonly stage: Stage; readonly at: number }
  | {
      readonly kind: 'resumption'
      /** What ends. */
      readonly by: 'pause' | 'exemption'
      readonly stage: Stage
      readonly at: number
    }
  | { readonly kind: 'floor-ahead'; readonly day: Day; readonly verdict: Verdict }
  | { readonly kind: 'recovery'; readonly at: number }

/** One notice that is due about a server, whoever is to be told. */
export interface DueNotice extends DueName {
  readonly from: number
  readonly occasion: Occasion
  readonly record: ServerRecord
  readonly tenant: TenantRecord
}

/** Floors are told of so long before they take effect (R4). */
const floorNoticeDays = 30
/** What happened is told within so many days or, where nobody sent notices then, not at all: no flood at switching on. */
const startWithinDays = 3
/** … and is tried so long. */
const tryForDays = 7
/** A server that is not seen for so long is taken for one that is gone: nobody is reminded of it. */
const goneAfterDays = 30

/**
 * The notices that are due about a server (R4), as of `now`. Only what is true then: a stage that a pause, an exemption or the
 * mode keeps from biting is not told of, and neither is what a later stage has overtaken.
 */
export function dueNotices(
  record: ServerRecord,
  tenant: TenantRecord,
  rules: NoticeRules,
  now: number,
): readonly DueNotice[] {
  if (now - record.lastSeenAt > goneAfterDays * dayMs) return []
  return possibleNotices(record, tenant, rules, now).filter(({ from, until }) => from <= now && now < until)
}

/** Every notice that there is about a server as it stands, its time over, come or still ahead. */
export function possibleNotices(
  record: ServerRecord,
  tenant: TenantRecord,
  rules: NoticeRules,
  now: number,
): readonly DueNotice[] {
  const { clock, lastEvidence: evidence, server } = record
  const mode = rules.modeOf(evidence?.connector ?? null)
  if (mode === 'off') return []
  const candidates =
    clock.state === 'running'
      ? ofRunning(record, clock, tenant, rules, mode, now)
      : [...ofRecovery(record), ...(clock.state === 'clear' && evidence ? ofFloor(evidence, rules, now) : [])]
  return candidates.map((each) => ({ ...each, kind: each.occasion.kind, server, record, tenant }))
}

/** An occasion that may be due, and when: from `from` on, first within `firstBy`, and before `until`. */
interface Candidate {
  readonly occasion: Occasion
  readonly mark: string
  readonly from: number
  readonly firstBy: number
  readonly until: number
}

function happened(occasion: Occasion, mark: string, at: number): Candidate {
  return {
    occasion,
    mark,
    from: at,
    firstBy: at + startWithinDays * dayMs,
    until: at + tryForDays * dayMs,
  }
}

function ahead(occasion: Occasion, mark: string, at: number, days: number): Candidate {
  return { occasion, mark, from: at - days * dayMs, firstBy: at, until: at }
}

function ofRunning(
  record: ServerRecord,
  clock: RunningClock,
  tenant: TenantRecord,
  rules: NoticeRules,
  mode: Mode,
  now: number,
): readonly Candidate[] {
  const { pauses } = tenant
  const detection = happened(
    { kind: 'detection', relapsed: clock.carriedMs > 0 },
    String(clock.startedAt),
    clock.detectedAt,
  )
  // Where everything is accepted no stage makes a difference.
  if (mode === 'report') return [detection]
  const isSpared = (at: number): boolean => sparedUntil(record, tenant, at) !== null
  const candidates = [detection]
  const elapsedMs = elapsedAt(clock, pauses, now)

  const stage = stageAt(rules.schedule, elapsedMs)
  const reachedAt = Math.min(now, instantOf(clock, pauses, stage.fromDay * dayMs))
  // What was reached before the detection was told with it.
  if (reachedAt > clock.detectedAt && !isSpared(now)) {
    candidates.push(happened({ kind: 'stage', stage, at: reachedAt }, stageMark(stage, clock), reachedAt))
  }

  const next = nextStage(rules.schedule, elapsedMs)
  if (next) {
    const at = instantOf(clock, pauses, next.fromDay * dayMs)
    const toldAtDetection = at - rules.noticeDays * dayMs < clock.detectedAt
    if (!toldAtDetection && !isSpared(at)) {
      const occasion = { kind: 'stage-ahead', stage: next, at } as const
      candidates.push(ahead(occasion, stageMark(next, clock), at, rules.noticeDays))
    }
  }

  const spared = sparedUntil(record, tenant, now)
  if (spared) {
    const { since, until: at, by } = spared
    const then = stageAt(rules.schedule, elapsedAt(clock, pauses, at))
    const longEnough = at - since > rules.noticeDays * dayMs
    if (longEnough && then.deferMinutes + then.refuseMinutes > 0) {
      const occasion = { kind: 'resumption', by, stage: then, at } as const
      candidates.push(ahead(occasion, String(at), at, rules.noticeDays))
    }
  }
  return candidates
}

function stageMark({ stage }: Stage, clock: RunningClock): string {
  return `${stage}@${clock.startedAt}`
}

function ofRecovery({ recovery }: ServerRecord): readonly Candidate[] {
  if (!recovery) return []
  const { at } = recovery
  return [happened({ kind: 'recovery', at }, String(at), at)]
}

/** The first day of the next month or so on which a build that passes today will not pass any more. */
function ofFloor(evidence: LastEvidence, rules: NoticeRules, now: number): readonly Candidate[] {
  const today = dayOf(now)
  const verdict = rules.judgeOn(today)(evidence)?.verdict
  if (!verdict || verdict.status === 'outdated') return []
  for (const day of changesAhead(verdict.product, evidence, rules, now)) {
    const then = rules.judgeOn(day)(evidence)?.verdict
    if (then?.status !== 'outdated') continue
    const at = Date.parse(`${day}T00:00:00Z`)
    return [ahead({ kind: 'floor-ahead', day, verdict: then }, day, at, floorNoticeDays)]
  }
  return []
}

/** Days within the time of notice on which something changes for a product under the policy (V2), soonest first. */
function changesAhead(
  productId: string | null,
  { connector }: LastEvidence,
  { policy, catalogue, connectors }: NoticeRules,
  now: number,
): readonly Day[] {
  const product = catalogue.products.find(({ id }) => id === productId)
  if (!product) return []
  const days: (Day | null | undefined)[] = [policy.inScopeFrom.get(product.id)]
  if (policy.preset === 'microsoft') {
    days.push(product.scopeFrom, ...product.floorSets.map(({ effective }) => effective))
  }
  if (policy.preset === 'lifecycle') {
    const esu = connectors.find(({ id }) => id === connector)?.esu ?? false
    const last = lastSupportedDay(product, esu)
    days.push(last && dayOf(Date.parse(`${last}T00:00:00Z`) + dayMs))
  }
  const today = dayOf(now)
  const last = dayOf(now + floorNoticeDays * dayMs)
  return days.filter((day): day is Day => !!day && day > today && day <= last).sort()
}
