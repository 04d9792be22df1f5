import type { ReplayReport, ServerReplay, StageForecast } from '../replay/replay-report'
import { isWorthTelling, wasDetected } from '../replay/replay-report'
import type { DayTotal } from '../report/explanation'
import { dayOf, minuteMs } from '../rules/time'
import { iso, shortInstant } from './instant'
import type { Output } from './output'
import type { Column } from '../report/csv'
import { facts, textTable } from './table'

/** Hosts named; the rest is counted. */
const maxHosts = 5

/** What `replay` tells people. */
export function replayText(report: ReplayReport, out: Output): string {
  const { servers, totals, period } = report
  const shown = servers.filter(isWorthTelling)
  const detected = servers.filter(wasDetected).length
  const heading = (text: string) => out.styled('bold', text)
  const parts = [facts(summaryRows(report), out.columns, '')]
  if (period !== null) {
    parts.push([
      heading(
        `${number(totals.accepted)} accepted, ${number(totals.deferred)} deferred, ${number(totals.refused)} refused; ` +
          `${number(detected)} of ${number(servers.length)} servers detected`,
      ),
    ])
  }
  if (shown.length > 0)
    parts.push([...headed(serverColumns, shown, heading), '', out.styled('dim', serverNote)])
  const hitDays = report.days.filter(({ deferred, refused }) => deferred + refused > 0)
  if (hitDays.length > 0) parts.push(headed(dayColumns, hitDays, heading))
  const outdated = servers.reduce((sum, server) => sum + server.outdated, 0)
  if (outdated > 0) {
    parts.push([
      `Of ${number(outdated)} messages of outdated servers each stage would turn away, had they all been in it:`,
      ...headed(stageColumns(outdated), report.inStage, heading),
    ])
  }
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function summaryRows(report: ReplayReport): readonly (readonly [string, string | null])[] {
  const { read, copies, dropped, period, settings, enforceFrom } = report
  const judged = parts([
    [read.certificate, 'by certificate name'],
    [read.address, 'by address'],
    [read.internet, 'of everyone else'],
  ])
  const passed = parts([
    [read.unattributed, 'of no connector'],
    [read.ambiguous, 'ambiguous'],
    [read.authenticated, 'authenticated'],
    [read.off, 'of connectors that are off'],
    [read.outside, 'outside of the time asked for'],
    [read.undated, 'without a date'],
  ])
  const hosts = report.receivedBy.slice(0, maxHosts).map(({ host, messages }) => {
    return `${host ?? 'none of yours'} (${number(messages)})`
  })
  const more = report.receivedBy.length - hosts.length
  return [
    ['messages', number(read.messages)],
    ['judged', judged || 'none'],
    ['not judged', passed || null],
    ['copies', copies > 0 ? `${number(copies)}, counted once` : null],
    [
      'not remembered',
      dropped > 0 ? `${number(dropped)} times too many new servers or paths in an hour` : null,
    ],
    ['received by', [...hosts, ...(more > 0 ? [`and ${number(more)} more hosts`] : [])].join(', ')],
    ['arrived', period && `${shortInstant(period.from)} to ${shortInstant(period.until)}`],
    [
      'as if',
      `policy ${settings.policy.preset}, mode ${settings.mode}${enforceFrom === null ? '' : ` from ${shortInstant(enforceFrom)}`}`,
    ],
  ]
}

function parts(counts: readonly (readonly [count: number, what: string])[]): string {
  return counts.flatMap(([count, what]) => (count > 0 ? `${number(count)} ${what}` : [])).join(', ')
}

function number(value: number): string {
  return value.toLocaleString('en')
}

function headed<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  heading: (text: string) => string,
): readonly string[] {
  const [head = '', ...lines] = textTable(columns, rows)
  return [heading(head), ...lines]
}

const serverNote =
  'detected, stage: as of the last message; hit: first message turned away; next: what its clock reaches if nothing changes'

const serverColumns: readonly Column<ServerReplay>[] = [
  { heading: 'server', text: ({ server }) => server },
  { heading: 'tenant', text: ({ tenant }) => tenant },
  { heading: 'build', text: ({ summary }) => summary?.build ?? '-' },
  { heading: 'detected', text: detectedText },
  { heading: 'stage', text: ({ summary }) => summary?.clock?.stage.stage.toString() ?? statusText(summary) },
  { heading: 'accepted', text: ({ totals }) => number(totals.accepted) },
  { heading: 'deferred', text: ({ totals }) => number(totals.deferred) },
  { heading: 'refused', text: ({ totals }) => number(totals.refused) },
  { heading: 'hit', text: hitText },
  { heading: 'delay', text: ({ delay }) => (delay ? `${Math.ceil(delay.meanMs / minuteMs)} min` : '-') },
  { heading: 'next', text: nextText },
  { heading: 'install', text: ({ summary }) => summary?.verdict?.install ?? '-' },
]

function detectedText({ history }: ServerReplay): string {
  const detection = history.findLast(({ kind }) => kind === 'detected' || kind === 'relapsed')
  return detection ? dayOf(detection.at) : '-'
}

function statusText(summary: ServerReplay['summary']): string {
  if (summary === null) return 'forgotten'
  return summary.suspected ? '?' : summary.status
}

function hitText({ firstDeferredAt, firstRefusedAt }: ServerReplay): string {
  const first = Math.min(firstDeferredAt ?? Infinity, firstRefusedAt ?? Infinity)
  return first === Infinity ? '-' : iso(first).slice(0, 16).replace('T', ' ')
}

function nextText({ summary }: ServerReplay): string {
  const next = summary?.clock?.next
  return next ? `${dayOf(next.at)} ${next.stage.deferMinutes}+${next.stage.refuseMinutes}` : '-'
}

const dayColumns: readonly Column<DayTotal>[] = [
  { heading: 'day', text: ({ day }) => day },
  { heading: 'accepted', text: ({ accepted }) => number(accepted) },
  { heading: 'deferred', text: ({ deferred }) => number(deferred) },
  { heading: 'refused', text: ({ refused }) => number(refused) },
]

function stageColumns(outdated: number): readonly Column<StageForecast>[] {
  const share = (count: number) => `${number(count)} (${Math.round((count / outdated) * 100)} %)`
  return [
    { heading: 'stage', text: ({ stage }) => String(stage.stage) },
    { heading: 'from day', text: ({ stage }) => String(stage.fromDay) },
    { heading: 'minutes', text: ({ stage }) => `${stage.deferMinutes}+${stage.refuseMinutes}` },
    { heading: 'deferred', text: ({ deferred }) => share(deferred) },
    { heading: 'refused', text: ({ refused }) => share(refused) },
  ]
}
