import { noticeText } from '../rules/notice/ledger'
import { isoSeconds } from '../rules/decision/reply'
import type { Stage } from '../rules/clock/schedule'
import { dayOf } from '../rules/time'
import { summarise } from '../report/summary'
import type { DueNotice, NoticeRules, Occasion } from './occasion'

/** What the webhook is sent: docs/notices.md describes it. */
export function webhookBody(
  notices: readonly DueNotice[],
  letter: { readonly id: string; readonly tenant: string; readonly madeAt: number },
  rules: NoticeRules,
  now: number,
): string {
  return JSON.stringify({
    schema: 1,
    id: letter.id,
    made_at: isoSeconds(letter.madeAt),
    tenant: letter.tenant,
    notices: notices.map((notice) => noticeJson(notice, rules, now)),
  })
}

function noticeJson(notice: DueNotice, rules: NoticeRules, now: number): object {
  const { kind, server, occasion, record, tenant } = notice
  const {
    clock,
    verdict: today,
    ...summary
  } = summarise(record, tenant, rules, now, rules.judgeOn(dayOf(now)))
  const verdict = occasion.kind === 'floor-ahead' ? occasion.verdict : today
  return {
    id: noticeText(notice),
    kind,
    server,
    connector: summary.connector,
    status: summary.status,
    mode: rules.modeOf(summary.connector),
    ...occasionJson(occasion),
    build: summary.build,
    name: verdict?.name ?? null,
    reason: verdict?.status === 'outdated' ? verdict.reason : null,
    install: verdict?.install ?? null,
    cves: verdict?.cves.filter(({ state }) => state === 'open').map(({ id, kev }) => ({ id, kev })) ?? [],
    outdated_since: clock && isoSeconds(clock.startedAt),
    current_stage: clock && stageJson(clock.stage),
    next_stage: clock?.next ? { ...stageJson(clock.next.stage), at: isoSeconds(clock.next.at) } : null,
    last_seen_at: isoSeconds(summary.lastSeenAt),
    message_id: record.lastEvidence?.messageId ?? null,
    header: record.lastEvidence?.header ?? null,
  }
}

function occasionJson(occasion: Occasion): object {
  switch (occasion.kind) {
    case 'detection':
      return { relapsed: occasion.relapsed }
    case 'stage':
    case 'stage-ahead':
      return { at: isoSeconds(occasion.at), stage: stageJson(occasion.stage) }
    case 'resumption':
      return { at: isoSeconds(occasion.at), of: occasion.by, stage: stageJson(occasion.stage) }
    case 'floor-ahead':
      return { at: `${occasion.day}T00:00:00Z` }
    case 'recovery':
      return { at: isoSeconds(occasion.at) }
  }
}

function stageJson({ stage, deferMinutes, refuseMinutes }: Stage): object {
  return { stage, defer_minutes: deferMinutes, refuse_minutes: refuseMinutes }
}
