import { elapsedAt } from '../clock/elapsed'
import { pauseAt } from '../clock/pause'
import { stageAt } from '../clock/schedule'
import { decide, type Circumstances } from './decide'
import type { Decision } from './decision'
import { windowAt } from './window'

/** Pauses, stages and windows that change nothing are passed over, but not without end. */
const maxSteps = 1000

/** The first instant after `at` at which the server is told something else or reaches another stage; `null`: none in sight. */
export function nextChange(
  given: Circumstances,
): { readonly at: number; readonly decision: Decision } | null {
  const now = decide(given)
  let { at } = given
  for (let step = 0; step < maxSteps; step += 1) {
    const next = nextCandidate({ ...given, at })
    if (next === null) return null
    at = next
    const decision = decide({ ...given, at })
    if (decision.action !== now.action || decision.stage !== now.stage) return { at, decision }
  }
  return null
}

function nextCandidate(given: Circumstances): number | null {
  const { at, pauses, exemption } = given
  const candidates = [
    decide(given).nextStageAt,
    windowEnd(given),
    exemption?.until ?? null,
    ...pauses.flatMap((pause) => [pause.from, pause.until]),
  ].filter((candidate): candidate is number => candidate !== null && candidate > at)
  return candidates.length === 0 ? null : Math.min(...candidates)
}

/** `null` where windows change nothing: while all is accepted, and where the stage has one answer for the whole hour. */
function windowEnd({ at, clock, pauses, exemption, schedule, offsetMs, mode }: Circumstances): number | null {
  if (clock.state !== 'running' || mode === 'off' || mode === 'report') return null
  if (pauseAt(pauses, at) || (exemption && at < exemption.until)) return null
  const stage = stageAt(schedule, elapsedAt(clock, pauses, at))
  const minutes = [stage.deferMinutes, stage.refuseMinutes, 60 - stage.deferMinutes - stage.refuseMinutes]
  return minutes.filter((each) => each > 0).length > 1 ? windowAt(stage, offsetMs, at).until : null
}
