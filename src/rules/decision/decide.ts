import { elapsedAt, instantOf, type RunningClock } from '../clock/elapsed'
import { pauseAt } from '../clock/pause'
import type { Clock, Exemption } from '../clock/record'
import { nextStage, stageAt, type Schedule, type Stage } from '../clock/schedule'
import type { Mode } from '../attribution/connector'
import { dayMs, type Interval } from '../time'
import type { Action, Decision, TrailStep } from './decision'
import { windowAt } from './window'

/** All that a decision about one server depends on. */
export interface Circumstances {
  readonly at: number
  readonly clock: Clock
  readonly pauses: readonly Interval[]
  /** The exemption in force, if any (C5). */
  readonly exemption: Pick<Exemption, 'until' | 'reason'> | null
  readonly schedule: Schedule
  /** Place of the server's windows in the hour (W2). */
  readonly offsetMs: number
  readonly mode: Mode
}

/** What one server is told at one instant, from its clock alone. */
export function decide(given: Circumstances): Decision {
  const { clock } = given
  if (clock.state !== 'running') {
    const because =
      clock.state === 'clear'
        ? 'nothing is held against this server'
        : `${clock.sightings} outdated sighting(s) do not suffice for a detection yet`
    return acceptance(given.at, [{ rule: 'C1', because }])
  }
  return decideRunning(given, clock)
}

/** An acceptance of a server that no clock runs for. */
export function acceptance(at: number, trail: readonly TrailStep[]): Decision {
  return {
    action: 'accept',
    demanded: 'accept',
    stage: null,
    elapsedMs: 0,
    deferMinutes: 0,
    refuseMinutes: 0,
    freeAt: at,
    nextStageAt: null,
    trail,
  }
}

function decideRunning(given: Circumstances, clock: RunningClock): Decision {
  const { at, pauses, schedule } = given
  const elapsedMs = elapsedAt(clock, pauses, at)
  const stage = stageAt(schedule, elapsedMs)
  const next = nextStage(schedule, elapsedMs)
  const demanded = windowAt(stage, given.offsetMs, at).action
  const trail: TrailStep[] = [
    {
      rule: 'C6',
      because: `day ${Math.floor(elapsedMs / dayMs)} is stage ${stage.stage}: defer ${stage.deferMinutes}, refuse ${stage.refuseMinutes} minutes an hour`,
    },
    { rule: 'W1', because: `this minute demands ${demanded}` },
  ]
  const action = soften(demanded, given, trail)
  return {
    action,
    demanded,
    stage: stage.stage,
    elapsedMs,
    ...minutesUnder(given.mode, stage),
    freeAt: action === 'accept' ? at : nextFreeMoment(given, clock),
    nextStageAt: next ? instantOf(clock, pauses, next.fromDay * dayMs) : null,
    trail,
  }
}

/** In mode `defer` what would be refused is deferred as well (S5), so the minutes told are those of both. */
export function minutesUnder(mode: Mode, stage: Stage): Pick<Decision, 'deferMinutes' | 'refuseMinutes'> {
  const { deferMinutes, refuseMinutes } = stage
  return mode === 'defer'
    ? { deferMinutes: deferMinutes + refuseMinutes, refuseMinutes: 0 }
    : { deferMinutes, refuseMinutes }
}

/** Pause, exemption and mode only ever make a demand milder. */
function soften(demanded: Action, given: Circumstances, trail: TrailStep[]): Action {
  if (pauseAt(given.pauses, given.at)) {
    trail.push({ rule: 'C4', because: 'enforcement is paused for this tenant' })
    return 'accept'
  }
  if (given.exemption && given.at < given.exemption.until) {
    trail.push({ rule: 'C5', because: `exempted: ${given.exemption.reason}` })
    return 'accept'
  }
  if (demanded === 'accept' || given.mode === 'enforce') return demanded
  if (given.mode === 'defer') {
    if (demanded === 'refuse') trail.push({ rule: 'S5', because: 'mode = defer: 450 instead of 550' })
    return 'defer'
  }
  trail.push({ rule: 'S5', because: `mode = ${given.mode}: accepted` })
  return 'accept'
}

/**
 * The first instant from `at` on at which the server's mail is accepted (W3). Walks from change to change; where
 * a stage turns away all the hour round, only a later stage, a pause or nothing ends it.
 */
function nextFreeMoment(given: Circumstances, clock: RunningClock): number | null {
  let at = given.at
  for (;;) {
    if (pauseAt(given.pauses, at)) return at
    const elapsedMs = elapsedAt(clock, given.pauses, at)
    const stage = stageAt(given.schedule, elapsedMs)
    const window = windowAt(stage, given.offsetMs, at)
    if (window.action === 'accept') return at
    const everOpen = stage.deferMinutes + stage.refuseMinutes < 60
    const next = nextStage(given.schedule, elapsedMs)
    const changes = [
      everOpen ? window.until : null,
      next && instantOf(clock, given.pauses, next.fromDay * dayMs),
      ...given.pauses.map((pause) => pause.from),
    ].filter((change): change is number => change !== null && change > at)
    if (changes.length === 0) return null
    at = Math.min(...changes)
  }
}
