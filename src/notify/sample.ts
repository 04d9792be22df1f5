import type { Clock, LastEvidence, ServerRecord, TenantRecord } from '../rules/clock/record'
import type { NoticeKind } from '../rules/notice/record'
import { dayMs, dayOf, hourMs } from '../rules/time'
import { formatBuild } from '../rules/verdict/build'
import { possibleNotices, type DueNotice, type NoticeRules } from './occasion'

const server = 'ex01.contoso.com'
const connector = 'contoso-hybrid'
export const sampleTenant = 'contoso'
export const sampleContact = 'it@contoso.com'

/** As the rules in force, but the sample's connector is enforced: else there would be few kinds to show. */
export function sampleRules(rules: NoticeRules): NoticeRules {
  return { ...rules, modeOf: (id) => (id === connector ? 'enforce' : rules.modeOf(id)) }
}

/**
 * A notice of a kind about a server that does not exist, true to the schedule, the policy and the catalogue in force. `rules`
 * come from `sampleRules`. `null`: the schedule has no stage to tell of.
 */
export function sampleNotice(kind: NoticeKind, rules: NoticeRules, now: number): DueNotice | null {
  const evidence = evidenceFor(kind, rules, now)
  const record: ServerRecord = {
    tenant: sampleTenant,
    server,
    firstSeenAt: now - 400 * dayMs,
    lastSeenAt: evidence.at,
    clock: clockFor(kind, rules, now),
    recovery: kind === 'recovery' ? { at: evidence.at, elapsedMs: 12 * dayMs } : null,
    stageSeen: 0,
    lastEvidence: evidence,
    events: [],
    days: {},
  }
  const tenant: TenantRecord = {
    tenant: sampleTenant,
    pauses: kind === 'resumption' ? [pauseAround(rules, now)] : [],
    exemptions: [],
  }
  if (kind === 'floor-ahead') return floorNotice(record, tenant, evidence, rules, now)
  return possibleNotices(record, tenant, rules, now).find((notice) => notice.kind === kind) ?? null
}

/** Of the fitting age: just detected, just in a stage, or so many days before the next. */
function clockFor(kind: NoticeKind, { schedule, noticeDays }: NoticeRules, now: number): Clock {
  if (kind === 'recovery' || kind === 'floor-ahead') return { state: 'clear' }
  const biting = schedule.find(
    ({ fromDay, deferMinutes, refuseMinutes }) => fromDay > 0 && deferMinutes + refuseMinutes > 0,
  )
  const firstDay = biting?.fromDay ?? 0
  const elapsedMs = {
    detection: 1.5 * dayMs,
    stage: firstDay * dayMs + hourMs,
    'stage-ahead': Math.max(1.5, firstDay - noticeDays) * dayMs,
    resumption: (firstDay + 1) * dayMs,
  }[kind]
  // A pause of the sample begins after all that.
  const pausedMs = kind === 'resumption' ? pausedSoFarMs(noticeDays) : 0
  const startedAt = now - elapsedMs - pausedMs
  return { state: 'running', startedAt, detectedAt: startedAt + dayMs, carriedMs: 0, reachedMs: 0 }
}

function pausedSoFarMs(noticeDays: number): number {
  return 14 * dayMs - Math.min(13, noticeDays) * dayMs
}

function pauseAround({ noticeDays }: NoticeRules, now: number): TenantRecord['pauses'][number] {
  const from = now - pausedSoFarMs(noticeDays)
  const days = Math.max(14, noticeDays + 1)
  return { id: 'sample', from, until: from + days * dayMs, days, reason: 'sample', createdAt: from }
}

/** The newest build that is outdated; for a recovery the newest of all. */
function evidenceFor(kind: NoticeKind, rules: NoticeRules, now: number): LastEvidence {
  const at = now - 2 * hourMs
  const base = (build: string): LastEvidence => ({
    at,
    build,
    transport: 'smtp',
    header:
      `Received: from ${server} (192.0.2.11) by ${server} (192.0.2.11) with Microsoft SMTP Server ` +
      `(version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id ${build}; ${new Date(at).toUTCString().replace('GMT', '+0000')}`,
    messageId: `<0123456789abcdef@${server}>`,
    connector,
    attribution: 'certificate *.contoso.com',
    bound: 'ehlo',
    ehlo: 'mail.contoso.com',
    address: '192.0.2.11',
    xoorg: null,
    mimeOle: null,
    verdict: { status: 'outdated', reason: 'behind' },
  })
  const builds = rules.catalogue.builds.map(({ build }) => formatBuild(build))
  const newest = builds.at(-1) ?? '15.2.0.0'
  if (kind === 'recovery') return base(newest)
  const isOutdated = (build: string): boolean =>
    rules.judgeOn(dayOf(now))(base(build))?.verdict.status === 'outdated'
  return base(builds.findLast(isOutdated) ?? newest)
}

/** As if the floor that the build is below took effect in 30 days. */
function floorNotice(
  record: ServerRecord,
  tenant: TenantRecord,
  evidence: LastEvidence,
  rules: NoticeRules,
  now: number,
): DueNotice | null {
  const verdict = rules.judgeOn(dayOf(now))(evidence)?.verdict
  if (!verdict) return null
  const until = now + 30 * dayMs
  const day = dayOf(until)
  const occasion = { kind: 'floor-ahead', day, verdict } as const
  return {
    kind: 'floor-ahead',
    server,
    mark: day,
    from: now,
    firstBy: until,
    until,
    occasion,
    record,
    tenant,
  }
}
