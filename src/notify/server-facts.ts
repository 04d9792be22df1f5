import { printable } from '../rules/decision/printable'
import { dayOf } from '../rules/time'
import { formatBuild } from '../rules/verdict/build'
import type { CveState, Verdict } from '../rules/verdict/verdict'
import { summarise, type ServerSummary } from '../report/summary'
import { clockFacts } from './clock-facts'
import type { Fact } from './document'
import type { DueNotice, NoticeRules } from './occasion'
import type { Wording } from './wording'

/** Open vulnerabilities and missing updates that are named; of more only the number. */
const maxItems = 8

/** What a letter tells of one server: what was seen, why it matters, what comes when, what to install. */
export function describeServer(
  notice: DueNotice,
  rules: NoticeRules,
  wording: Wording,
  now: number,
): readonly Fact[] {
  const { record, tenant, occasion } = notice
  const { labels } = wording.texts
  const summary = summarise(record, tenant, rules, now, rules.judgeOn(dayOf(now)))
  const mode = rules.modeOf(summary.connector)
  const verdict = occasion.kind === 'floor-ahead' ? occasion.verdict : summary.verdict
  const facts: (Fact | null)[] = [one(labels.version, versionOf(summary, verdict, wording))]
  if (occasion.kind === 'recovery') {
    facts.push(one(labels.recoveredAt, wording.instant(occasion.at)), ...evidenceFacts(notice, wording))
    return facts.filter((fact) => fact !== null)
  }
  facts.push(reasonFact(verdict, rules, wording))
  if (occasion.kind === 'floor-ahead') facts.push(one(labels.outdatedFrom, wording.day(occasion.day)))
  else facts.push(...clockFacts(notice, mode, rules, wording, now))
  facts.push(noteFact(notice, summary, wording))
  if (verdict) {
    const { install, missing, cves } = verdict
    facts.push(
      install === null ? null : one(labels.install, install),
      some(labels.missing, [...missing].reverse(), wording),
      some(labels.vulnerabilities, openCves(cves, wording), wording),
    )
  }
  facts.push(...evidenceFacts(notice, wording))
  return facts.filter((fact) => fact !== null)
}

function one(label: string, value: string): Fact {
  return { label, values: [value] }
}

function some(label: string, items: readonly string[], wording: Wording): Fact | null {
  if (items.length === 0) return null
  const more = items.length - maxItems
  return {
    label,
    values:
      more > 1 ? [...items.slice(0, maxItems), wording.texts.furtherItems(wording.number(more))] : items,
  }
}

function versionOf({ build }: ServerSummary, verdict: Verdict | null, wording: Wording): string {
  const { texts } = wording
  const name = verdict?.name ?? verdict?.productName ?? null
  const shown = build === null ? null : printable(build)
  const version = name === null ? shown : `${name}${shown === null ? '' : ` (${shown})`}`
  if (version === null) return texts.unknownVersion
  return verdict?.released ? texts.released(version, wording.day(verdict.released)) : version
}

function reasonFact(verdict: Verdict | null, { catalogue }: NoticeRules, { texts }: Wording): Fact | null {
  if (verdict?.status !== 'outdated') return null
  const { reasons, labels } = texts
  if (verdict.reason === 'end-of-life') {
    return one(labels.reason, reasons.endOfLife(verdict.productName ?? texts.unknownVersion))
  }
  // Under `lifecycle` the floor is only the first build that has what is missing.
  const { floor } = verdict
  if (floor === null) return one(labels.reason, reasons.lacksUpdates)
  const listed = catalogue.roundDown(floor)
  const number = formatBuild(floor)
  return one(
    labels.reason,
    reasons.belowFloor(
      listed && formatBuild(listed.build) === number ? `${listed.name} (${number})` : number,
    ),
  )
}

/** What the facts above cannot say: that a clock goes on, and what spares the server for now. */
function noteFact(
  { occasion }: DueNotice,
  { pause, exemption }: ServerSummary,
  wording: Wording,
): Fact | null {
  const { texts } = wording
  const notes = [
    ...(occasion.kind === 'detection' && occasion.relapsed ? [texts.relapsed] : []),
    ...(pause ? [texts.pausedUntil(wording.instant(pause.until))] : []),
    ...(exemption ? [texts.exemptUntil(wording.instant(exemption.until))] : []),
  ]
  return notes.length === 0 ? null : { label: texts.labels.note, values: notes }
}

function evidenceFacts({ record }: DueNotice, wording: Wording): readonly Fact[] {
  const { lastEvidence: evidence } = record
  if (!evidence) return []
  const { labels, seenFrom } = wording.texts
  return [
    one(
      labels.lastSeen,
      seenFrom(wording.instant(evidence.at), printable(evidence.address), printable(evidence.ehlo)),
    ),
    ...(evidence.messageId === null ? [] : [verbatim(labels.messageId, evidence.messageId)]),
    verbatim(labels.evidence, evidence.header),
  ]
}

function verbatim(label: string, value: string): Fact {
  return { label, values: [printable(value)], verbatim: true }
}

/** Known-exploited ones come first (V5). */
function openCves(cves: readonly CveState[], { texts }: Wording): readonly string[] {
  return cves.flatMap(({ id, kev, state }) => (state !== 'open' ? [] : kev ? texts.exploited(id) : id))
}
