import type { Unread } from '../mailbox/messages'
import type { ReplayReport, ServerReplay, StageForecast, TenantReplay } from '../replay/replay-report'
import type { ServerEvent } from '../rules/clock/record'
import { iso, isoOrNull } from './instant'
import { jsonText } from './json-text'
import type { Output } from './output'
import { summaryJson } from '../report/summary-json'

/** Writes the answer of `replay --json`, server by server: of a large fleet it does not fit into memory well. */
export async function writeReplayJson(
  report: ReplayReport,
  unread: readonly Unread[],
  out: Output,
): Promise<void> {
  const head = jsonText(headJson(report, unread), true)
  await out.write(`${head.slice(0, head.lastIndexOf('\n}'))},\n  "servers": [`)
  for (const [at, server] of report.servers.entries()) {
    const text = jsonText(serverJson(server), true).replaceAll('\n', '\n    ')
    await out.write(`${at === 0 ? '' : ','}\n    ${text}`)
  }
  await out.write(`${report.servers.length === 0 ? '' : '\n  '}]\n}\n`)
}

function headJson(report: ReplayReport, unread: readonly Unread[]): object {
  const { read, copies, dropped, period, settings, enforceFrom, receivedBy } = report
  return {
    read: {
      messages: read.messages,
      undated: read.undated,
      outside: read.outside,
      unattributed: read.unattributed,
      ambiguous: read.ambiguous,
      authenticated: read.authenticated,
      off: read.off,
      judged: { certificate: read.certificate, address: read.address, internet: read.internet },
      copies,
      newcomers_dropped: dropped,
      received_by: receivedBy,
      unread: unread.map(({ source, why }) => ({ source, why })),
    },
    policy: settings.policy.preset,
    mode: settings.mode,
    scope: settings.scope,
    enforce_from: isoOrNull(enforceFrom),
    from: isoOrNull(period?.from ?? null),
    until: isoOrNull(period?.until ?? null),
    messages: report.totals,
    days: report.days,
    in_stage: report.inStage.map(forecastJson),
    tenants: report.tenants.map(tenantJson),
  }
}

function tenantJson({ tenant, totals, days, servers, detected }: TenantReplay): object {
  return { tenant, messages: totals, days, servers, detected }
}

function serverJson(replayed: ServerReplay): object {
  const { tenant, server, summary, history, totals, days, delay } = replayed
  return {
    tenant,
    server,
    at_the_end: summary && summaryJson(summary),
    history: history.map(eventJson),
    messages: totals,
    days,
    outdated_messages: replayed.outdated,
    first_deferred_at: isoOrNull(replayed.firstDeferredAt),
    first_refused_at: isoOrNull(replayed.firstRefusedAt),
    delay: delay && { mean_ms: Math.round(delay.meanMs), longest_ms: delay.longestMs },
    senders: replayed.senders,
    in_stage: replayed.inStage.map(forecastJson),
  }
}

function forecastJson({ stage, deferred, refused }: StageForecast): object {
  return { stage: stage.stage, deferred, refused }
}

function eventJson({ at, ...event }: ServerEvent): object {
  return { at: iso(at), ...event }
}
