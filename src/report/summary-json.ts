import type { Exemption, Pause } from '../rules/clock/record'
import type { Stage } from '../rules/clock/schedule'
import { iso, isoOrNull } from '../rules/instant'
import { formatBuild } from '../rules/verdict/build'
import type { ServerSummary } from './summary'
import { verdictJson } from './verdict-json'

/** A server under the names that programs rely on: one element of `servers --json`. */
export function summaryJson(summary: ServerSummary): object {
  const { verdict, clock, suspected, pause, exemption } = summary
  return {
    tenant: summary.tenant,
    server: summary.server,
    status: summary.status,
    connector: summary.connector,
    build: summary.build,
    verdict: verdict && { ...verdictJson(verdict), because: verdict.because },
    accepted_builds: summary.acceptedBuilds.map(formatBuild),
    known_exploited: summary.isKnownExploited,
    first_seen_at: iso(summary.firstSeenAt),
    last_seen_at: iso(summary.lastSeenAt),
    suspected: suspected && { since: iso(suspected.since), sightings: suspected.sightings },
    started_at: isoOrNull(clock?.startedAt ?? null),
    detected_at: isoOrNull(clock?.detectedAt ?? null),
    elapsed_ms: clock?.elapsedMs ?? null,
    stage: clock && stageJson(clock.stage),
    next_stage: clock?.next ? { ...stageJson(clock.next.stage), at: iso(clock.next.at) } : null,
    defer_from: isoOrNull(clock?.deferFrom ?? null),
    refuse_from: isoOrNull(clock?.refuseFrom ?? null),
    recovered_at: isoOrNull(summary.recoveredAt),
    pause: pause && pauseJson(pause),
    exemption: exemption && exemptionJson(exemption),
    messages: summary.messages,
  }
}

export function stageJson({ stage, deferMinutes, refuseMinutes }: Stage): object {
  return { stage, defer_minutes: deferMinutes, refuse_minutes: refuseMinutes }
}

export function pauseJson({ id, from, until, days, reason, createdAt }: Pause): object {
  return { id, from: iso(from), until: iso(until), days, reason, created_at: iso(createdAt) }
}

export function exemptionJson({ id, target, until, reason, createdAt }: Exemption): object {
  return { id, target, until: iso(until), reason, created_at: iso(createdAt) }
}
