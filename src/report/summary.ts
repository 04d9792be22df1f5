import type { Connector } from '../rules/attribution/connector'
import { elapsedAt, instantOf } from '../rules/clock/elapsed'
import { exemptionFor } from '../rules/clock/exemption'
import { pauseAt } from '../rules/clock/pause'
import type {
  DayCounts,
  Exemption,
  LastEvidence,
  Pause,
  ServerRecord,
  TenantRecord,
} from '../rules/clock/record'
import { nextStage, stageAt, type Schedule, type Stage } from '../rules/clock/schedule'
import { isSeenOfLate, statusAt, type ServerStatus } from '../rules/clock/status'
import { transportOf } from '../rules/evidence/evidence'
import { dayMs, dayOf, type Day } from '../rules/time'
import { acceptedBuilds } from '../rules/verdict/accepted'
import { parseBuild, type Build } from '../rules/verdict/build'
import type { Catalogue } from '../rules/verdict/catalogue'
import { judge } from '../rules/verdict/judge'
import type { Policy } from '../rules/verdict/policy'
import type { Verdict } from '../rules/verdict/verdict'

/** What records are read by. */
export interface ReportRules {
  readonly schedule: Schedule
  readonly relapseDays: number
  readonly policy: Policy
  readonly catalogue: Catalogue
  readonly connectors: readonly Connector[]
}

/** One server at one instant, as a report shows it (R3). Times are epoch ms. */
export interface ServerSummary {
  readonly tenant: string
  readonly server: string
  readonly status: ServerStatus
  /** Of the last sighting. */
  readonly connector: string | null
  readonly build: string | null
  /** The last build seen, judged as of now; `null` where none was seen. */
  readonly verdict: Verdict | null
  /** From which builds on its product passes now, one a branch; empty where none does, or the product is not known. */
  readonly acceptedBuilds: readonly Build[]
  /** A vulnerability known to be exploited is open for certain, on a server that was seen of late. */
  readonly isKnownExploited: boolean
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  /** Outdated sightings that do not suffice for a detection yet (C1). */
  readonly suspected: { readonly since: number; readonly sightings: number } | null
  /** Everything about a running clock; `null` where none runs. */
  readonly clock: ClockSummary | null
  readonly recoveredAt: number | null
  /** Pause and exemption in force. */
  readonly pause: Pause | null
  readonly exemption: Exemption | null
  /** Of the days that are kept. */
  readonly messages: DayCounts
}

export interface ClockSummary {
  readonly startedAt: number
  readonly detectedAt: number
  readonly elapsedMs: number
  readonly stage: Stage
  readonly next: { readonly stage: Stage; readonly at: number } | null
  /** When the schedule first defers and first refuses; in the past where it does already; `null`: never. */
  readonly deferFrom: number | null
  readonly refuseFrom: number | null
}

/** `judgeSeen`: for who summarises many; else one is made. */
export function summarise(
  record: ServerRecord,
  tenant: TenantRecord,
  rules: ReportRules,
  at: number,
  judgeSeen: JudgeSeen = judgeOn(dayOf(at), rules),
): ServerSummary {
  const { clock, recovery, lastEvidence } = record
  const { pauses, exemptions } = tenant
  const connector = lastEvidence?.connector ?? null
  const pause = pauseAt(pauses, at)
  const exemption = exemptionFor(exemptions, connector ?? '', record.server, at)
  const judged = lastEvidence && judgeSeen(lastEvidence)
  const hasExploited = judged?.verdict.cves.some(({ kev, state }) => kev && state === 'open') ?? false
  return {
    tenant: record.tenant,
    server: record.server,
    status: statusAt(record, tenant, rules.relapseDays, at),
    connector,
    build: lastEvidence?.build ?? null,
    verdict: judged?.verdict ?? null,
    acceptedBuilds: judged?.acceptedBuilds ?? [],
    isKnownExploited: hasExploited && isSeenOfLate(record, at),
    firstSeenAt: record.firstSeenAt,
    lastSeenAt: record.lastSeenAt,
    suspected: clock.state === 'suspected' ? { since: clock.firstAt, sightings: clock.sightings } : null,
    clock: summariseClock(record, pauses, rules.schedule, at),
    recoveredAt: recovery?.at ?? null,
    pause,
    exemption,
    messages: sum(Object.values(record.days)),
  }
}

/** What a build that was seen means on one day. */
export interface Judgement {
  readonly verdict: Verdict
  readonly acceptedBuilds: readonly Build[]
}

/** `null` where the evidence names no build. */
export type JudgeSeen = (evidence: LastEvidence) => Judgement | null

/** Judges what records hold as of a day. Each build is judged once: a fleet runs few. */
export function judgeOn(day: Day, { policy, catalogue, connectors }: ReportRules): JudgeSeen {
  const paying = new Set(connectors.filter(({ esu }) => esu).map(({ id }) => id))
  const known = new Map<string, Judgement | null>()
  const look = ({ build, transport }: LastEvidence, esu: boolean): Judgement | null => {
    const parsed = build === null ? null : parseBuild(build)
    if (parsed === null) return null
    const verdict = judge({ build: parsed, transport: transportOf(transport), day, esu }, policy, catalogue)
    const product = catalogue.products.find(({ id }) => id === verdict.product)
    return {
      verdict,
      acceptedBuilds: product ? acceptedBuilds(product, { day, esu }, policy, catalogue) : [],
    }
  }
  return (evidence) => {
    const esu = paying.has(evidence.connector)
    const key = `${esu ? 'esu' : ''} ${evidence.transport} ${evidence.build ?? ''}`
    const found = known.get(key)
    if (found !== undefined) return found
    const judged = look(evidence, esu)
    known.set(key, judged)
    return judged
  }
}

function summariseClock(
  { clock }: ServerRecord,
  pauses: readonly Pause[],
  schedule: Schedule,
  at: number,
): ClockSummary | null {
  if (clock.state !== 'running') return null
  const reachedAt = (stage: Stage | null | undefined): number | null =>
    stage ? instantOf(clock, pauses, stage.fromDay * dayMs) : null
  const elapsedMs = elapsedAt(clock, pauses, at)
  const next = nextStage(schedule, elapsedMs)
  const nextAt = reachedAt(next)
  return {
    startedAt: clock.startedAt,
    detectedAt: clock.detectedAt,
    elapsedMs,
    stage: stageAt(schedule, elapsedMs),
    next: next && nextAt !== null ? { stage: next, at: nextAt } : null,
    deferFrom: reachedAt(schedule.find(({ deferMinutes }) => deferMinutes > 0)),
    refuseFrom: reachedAt(schedule.find(({ refuseMinutes }) => refuseMinutes > 0)),
  }
}

function sum(days: readonly DayCounts[]): DayCounts {
  return days.reduce(
    (total, day) => ({
      accepted: total.accepted + day.accepted,
      deferred: total.deferred + day.deferred,
      refused: total.refused + day.refused,
    }),
    { accepted: 0, deferred: 0, refused: 0 },
  )
}
