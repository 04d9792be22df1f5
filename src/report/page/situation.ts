import { dayMs, dayOf } from '../../rules/time'
import type { ServerExplanation } from '../explanation'
import { away, counted, demands } from './words'

/** Where a server stands and what comes next, in sentences. */
export function situation({ summary, mode }: ServerExplanation, at: number): readonly string[] {
  const { status, clock, suspected, pause, exemption, recoveredAt } = summary
  if (suspected) {
    return [
      `${counted(suspected.sightings, 'outdated message')} since ${dayOf(suspected.since)}: too few, or too close together, for a detection yet.`,
    ]
  }
  if (!clock) {
    return status === 'recovered' && recoveredAt !== null
      ? [
          `Recovered on ${dayOf(recoveredAt)}, ${away(recoveredAt, at)}: a message showed a build that passes.`,
        ]
      : ['Nothing is held against it.']
  }
  const { stage, next, elapsedMs } = clock
  const days = counted(Math.floor(elapsedMs / dayMs), 'day')
  const standing =
    status === 'paused' && pause
      ? `Its tenant has paused enforcement until ${dayOf(pause.until)}: the clock stands at ${days}, in stage ${stage.stage}, and all mail is accepted.`
      : status === 'exempt' && exemption
        ? `It is exempt until ${dayOf(exemption.until)}: all mail is accepted. The clock runs on: ${days}, stage ${stage.stage}.`
        : `Outdated for ${days}, in stage ${stage.stage}: ${demands(stage)}.`
  const change = next
    ? `Stage ${next.stage.stage} begins on ${dayOf(next.at)}, ${away(next.at, at)}: ${demands(next.stage)}.`
    : 'No later stage follows.'
  const softened =
    mode === 'report' || mode === 'off'
      ? `Its connector is in mode ${mode}: nothing is turned away yet.`
      : mode === 'defer'
        ? 'Its connector is in mode defer: what would be refused is deferred.'
        : null
  return [standing, change, ...(softened === null ? [] : [softened])]
}
