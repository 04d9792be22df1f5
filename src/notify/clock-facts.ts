import type { Mode } from '../rules/attribution/connector'
import { elapsedAt, instantOf } from '../rules/clock/elapsed'
import { stageAt, type Stage } from '../rules/clock/schedule'
import { minutesUnder } from '../rules/decision/decide'
import { dayMs } from '../rules/time'
import type { Fact } from './document'
import type { DueNotice, NoticeRules } from './occasion'
import { sparedUntil } from './spared'
import type { Wording } from './wording'

/** Since when a server is outdated, what holds now, and what comes when. None where no clock runs. */
export function clockFacts(
  { record, tenant }: DueNotice,
  mode: Mode,
  { schedule }: NoticeRules,
  wording: Wording,
  now: number,
): readonly Fact[] {
  const { clock } = record
  if (clock.state !== 'running') return []
  const { pauses } = tenant
  const { texts } = wording
  const { labels } = texts
  const elapsedMs = elapsedAt(clock, pauses, now)
  const days = wording.counted(Math.floor(elapsedMs / dayMs), texts.days)
  const since = texts.sinceDay(wording.instant(clock.startedAt), days)
  const observed = mode === 'report'
  // Observed only, a server is told what enforcement would mean.
  const effect = (stage: Stage): string => effectOf(stage, observed ? 'enforce' : mode, wording)
  const spared = sparedUntil(record, tenant, now)
  const resumes = spared
    ? [{ at: spared.until, stage: stageAt(schedule, elapsedAt(clock, pauses, spared.until)) }]
    : []
  const reached = schedule
    .filter(({ fromDay }) => fromDay * dayMs > elapsedMs)
    .map((stage) => ({ at: instantOf(clock, pauses, stage.fromDay * dayMs), stage }))
    .filter(({ at }) => at > (spared?.until ?? now))
  const steps = [...resumes, ...reached].map(({ at, stage }) =>
    texts.step(wording.instant(at), effect(stage)),
  )
  const stage = stageAt(schedule, elapsedMs)
  const holds = spared || observed ? texts.effects.none : effect(stage)
  return [
    { label: labels.since, values: [since] },
    { label: labels.now, values: [observed ? holds : texts.inStage(wording.number(stage.stage), holds)] },
    {
      label: observed ? labels.planned : labels.next,
      values: steps.length > 0 ? steps : [texts.noFurtherStep],
    },
  ]
}

/** What happens to mail in a stage, as the connector's mode has it. */
function effectOf(stage: Stage, mode: Mode, wording: Wording): string {
  const { texts } = wording
  const { deferMinutes, refuseMinutes } = minutesUnder(mode, stage)
  const { effects } = texts
  if (deferMinutes === 60) return effects.alwaysDeferred
  if (refuseMinutes === 60) return effects.alwaysRefused
  const [deferred, refused] = [deferMinutes, refuseMinutes].map((minutes) =>
    wording.counted(minutes, texts.minutes),
  )
  if (deferMinutes > 0 && refuseMinutes > 0) return effects.both(deferred ?? '', refused ?? '')
  if (deferMinutes > 0) return effects.deferred(deferred ?? '')
  return refuseMinutes > 0 ? effects.refused(refused ?? '') : effects.none
}
