import { advance, type Advance, type ClockRules, type Sighting } from '../../../src/rules/clock/advance'
import type { RunningClock } from '../../../src/rules/clock/elapsed'
import type { LastEvidence, Pause, ServerRecord } from '../../../src/rules/clock/record'
import { defaultSchedule, type Schedule } from '../../../src/rules/clock/schedule'
import { decide, type Circumstances } from '../../../src/rules/decision/decide'
import type { Action, Decision } from '../../../src/rules/decision/decision'
import { dayMs, type Interval } from '../../../src/rules/time'

/** The instant that most examples count from. */
export const t0 = Date.UTC(2026, 0, 5, 9, 15, 8, 250)

export const clockRules: ClockRules = { confirmSightings: 3, confirmHours: 24, relapseDays: 30 }

export type Status = Sighting['status']

export function evidence(at: number, status: string, build = '15.1.2507.16'): LastEvidence {
  return {
    at,
    build,
    transport: 'smtp',
    header: `from ex01.contoso.local by ex01.contoso.local with Microsoft SMTP Server id ${build}`,
    messageId: '<1@contoso.com>',
    connector: 'contoso-hybrid',
    attribution: 'certificate *.contoso.com',
    bound: 'ehlo',
    ehlo: 'ex01.contoso.local',
    address: '192.0.2.10',
    xoorg: null,
    mimeOle: null,
    verdict: { status, reason: 'behind' },
  }
}

export function sighting(at: number, status: Status = 'outdated', build = '15.1.2507.16'): Sighting {
  return {
    at,
    tenant: 'contoso',
    server: 'ex01.contoso.local',
    status,
    build,
    evidence: evidence(at, status, build),
  }
}

/** The record after those sightings, and the last step. */
export function afterSightings(
  sightings: readonly Sighting[],
  given: {
    readonly before?: ServerRecord | null
    readonly rules?: ClockRules
    readonly pauses?: readonly Interval[]
    readonly schedule?: Schedule
  } = {},
): Advance {
  const { rules = clockRules, pauses = [], schedule = defaultSchedule } = given
  let record = given.before ?? null
  let last: Advance | null = null
  for (const each of sightings) {
    last = advance(record, each, rules, pauses, schedule)
    record = last.record
  }
  if (!last) throw new Error('No sighting was given.')
  return last
}

/** A server detected with the clock started at `startedAt`: three sightings over 24 hours. */
export function detectedServer(startedAt = t0, pauses: readonly Interval[] = []): ServerRecord {
  return afterSightings(
    [0, 0.5, 1].map((days) => sighting(startedAt + days * dayMs)),
    { pauses },
  ).record
}

export function runningClock(startedAt = t0, changes: Partial<RunningClock> = {}): RunningClock {
  return { state: 'running', startedAt, detectedAt: startedAt, carriedMs: 0, reachedMs: 0, ...changes }
}

export function circumstances(changes: Partial<Circumstances> = {}): Circumstances {
  return {
    at: t0,
    clock: runningClock(),
    pauses: [],
    exemption: null,
    schedule: defaultSchedule,
    offsetMs: 0,
    mode: 'enforce',
    ...changes,
  }
}

/** A decision of stage 5 that does `action`. */
export function decisionTo(action: Action, changes: Partial<Decision> = {}): Decision {
  return {
    ...decide(circumstances({ at: t0 + 61 * dayMs })),
    action,
    demanded: action,
    ...changes,
  }
}

export function pause(from: number, days: number, changes: Partial<Pause> = {}): Pause {
  return {
    id: 'p1',
    from,
    until: from + days * dayMs,
    days,
    reason: 'migration',
    createdAt: from,
    ...changes,
  }
}
