import type { Unread } from '../mailbox/messages'
import { messagesChart } from '../report/chart/messages'
import { wayChart } from '../report/chart/way'
import { productName } from '../report/page/document'
import type { Html } from '../report/page/html'
import { html, type Content } from '../report/page/html'
import { headInFile } from '../report/page/in-file'
import { idOf } from '../report/page/links'
import { facts, table } from '../report/page/table'
import { breakable, counted, day, demands, instant, number, statusMark } from '../report/page/words'
import type { ServerEvent } from '../rules/clock/record'
import { minuteMs } from '../rules/time'
import {
  isWorthTelling,
  wasDetected,
  type ReplayReport,
  type ServerReplay,
  type StageForecast,
} from './replay-report'

/** Servers that are told of one by one, those hit hardest first. */
const maxDetails = 200
/** Two years are still bars that can be told apart. */
const maxDays = 731

/** What a replay found, as one HTML document that needs nothing but itself. */
export function replayDocument(report: ReplayReport, unread: readonly Unread[]): string {
  return `<!doctype html>\n${html`<html lang="en">
    ${headInFile(`Replay · ${productName}`, [])}
    <body>
      <header class="top"><p class="brand">${productName}</p></header>
      <main>${body(report, unread)}</main>
      <footer class="bottom"><p>Times are UTC.</p></footer>
    </body>
  </html>`}\n`
}

function body(report: ReplayReport, unread: readonly Unread[]): Html {
  const { period, totals, servers, days, tenants, inStage } = report
  const shown = servers.filter(isWorthTelling)
  const outdated = servers.reduce((sum, server) => sum + server.outdated, 0)
  return html`<h1>Whom enforcing would have hit</h1>
    <p class="lead">
      ${number(totals.accepted)} accepted, ${number(totals.deferred)} deferred, ${number(totals.refused)}
      refused; ${number(servers.filter(wasDetected).length)} of ${counted(servers.length, 'server')} detected.
    </p>
    ${unreadNotice(unread)}
    <section class="card" aria-labelledby="replayed">
      <h2 id="replayed">What was replayed</h2>
      ${facts(replayed(report))}
    </section>
    ${
      period &&
      html`<section class="card" aria-labelledby="by-day">
        <h2 id="by-day">Messages by day</h2>
        ${messagesChart('messages', days, period.until, maxDays)}
      </section>`
    }
    <section class="card" aria-labelledby="servers">
      <h2 id="servers">Servers</h2>
      ${serverTable(shown)}
    </section>
    <section class="card" aria-labelledby="stages">
      <h2 id="stages">How hard each stage would hit</h2>
      <p>
        Of ${counted(outdated, 'message')} of outdated servers each stage would turn away so many, had all
        servers been in it all the time.
      </p>
      ${stageTable(inStage)}
    </section>
    <section class="card" aria-labelledby="tenants">
      <h2 id="tenants">Tenants</h2>
      ${table({
        caption: null,
        columns: [
          { heading: 'Tenant', kind: 'name', cell: ({ tenant }) => tenant },
          { heading: 'Servers', kind: 'minor', cell: (row) => number(row.servers) },
          { heading: 'Detected', kind: 'minor', cell: ({ detected }) => number(detected) },
          ...countColumns,
        ],
        rows: tenants,
        empty: 'No message was judged.',
      })}
    </section>
    ${shown.slice(0, maxDetails).map(serverSection)}
    ${
      shown.length > maxDetails &&
      html`<p class="note">In the table only: ${counted(shown.length - maxDetails, 'further server')}.</p>`
    }`
}

function unreadNotice(unread: readonly Unread[]): Html | null {
  if (unread.length === 0) return null
  return html`<div class="notice warning" role="status">
    <p>
      ${counted(unread.length, 'file or folder', 'files or folders')} could not be read, or not to the end:
    </p>
    <ul>
      ${unread.map(({ source, why }) => html`<li>${source}: ${why}</li>`)}
    </ul>
  </div>`
}

function replayed({
  read,
  copies,
  period,
  settings,
  enforceFrom,
  receivedBy,
}: ReplayReport): [string, Content][] {
  const unjudged =
    read.unattributed + read.ambiguous + read.authenticated + read.off + read.outside + read.undated
  return [
    ['Messages', number(read.messages)],
    ['Judged', number(read.certificate + read.address + read.internet)],
    ['Not judged', unjudged > 0 && number(unjudged)],
    ['Copies', copies > 0 && `${number(copies)}, counted once`],
    ['Arrived', period && html`${instant(period.from)} to ${instant(period.until)}`],
    [
      'Received by',
      receivedBy.slice(0, 5).map(({ host }) => html`<div>${host ?? 'none of your servers'}</div>`),
    ],
    ['Policy', settings.policy.preset],
    ['Mode', html`${settings.mode}${enforceFrom !== null && html` from ${instant(enforceFrom)}`}`],
  ]
}

const countColumns = (['accepted', 'deferred', 'refused'] as const).map((outcome) => ({
  heading: `${outcome.charAt(0).toUpperCase()}${outcome.slice(1)}`,
  kind: 'number' as const,
  cell: ({ totals }: Pick<ServerReplay, 'totals'>): Content => number(totals[outcome]),
}))

function sectionId({ tenant, server }: ServerReplay): string {
  return idOf('replay', tenant, server)
}

function serverTable(servers: readonly ServerReplay[]): Html {
  const listed = new Set(servers.slice(0, maxDetails))
  return table({
    caption: null,
    columns: [
      {
        heading: 'Server',
        kind: 'name',
        cell: (row) =>
          listed.has(row)
            ? html`<a href="#${sectionId(row)}">${breakable(row.server)}</a>`
            : breakable(row.server),
      },
      { heading: 'Tenant', kind: 'minor', cell: ({ tenant }) => tenant },
      { heading: 'Build', kind: 'minor', cell: ({ summary }) => summary?.build ?? null },
      { heading: 'At the end', kind: 'minor', cell: ({ summary }) => summary && statusMark(summary.status) },
      { heading: 'Detected', kind: 'minor', cell: detected },
      { heading: 'Stage', kind: 'number', cell: ({ summary }) => summary?.clock?.stage.stage ?? null },
      ...countColumns,
      { heading: 'First hit', kind: 'minor', cell: firstHit },
      {
        heading: 'Next stage',
        kind: 'minor',
        cell: ({ summary }) => summary?.clock?.next && day(summary.clock.next.at),
      },
    ],
    rows: servers,
    empty: 'No outdated server was seen.',
  })
}

function detected({ history }: ServerReplay): Content {
  const event = history.findLast(({ kind }) => kind === 'detected' || kind === 'relapsed')
  return event ? day(event.at) : null
}

function firstHit({ firstDeferredAt, firstRefusedAt }: ServerReplay): Content {
  const first = Math.min(firstDeferredAt ?? Infinity, firstRefusedAt ?? Infinity)
  return first === Infinity ? null : day(first)
}

function stageTable(forecasts: readonly StageForecast[]): Html {
  return table({
    caption: null,
    columns: [
      { heading: 'Stage', kind: 'name', cell: ({ stage }) => stage.stage },
      { heading: 'From day', kind: 'minor', cell: ({ stage }) => stage.fromDay },
      { heading: 'Each hour', cell: ({ stage }) => demands(stage) },
      { heading: 'Deferred', kind: 'number', cell: ({ deferred }) => number(deferred) },
      { heading: 'Refused', kind: 'number', cell: ({ refused }) => number(refused) },
    ],
    rows: forecasts,
    empty: 'The schedule has no stage.',
  })
}

function serverSection(replay: ServerReplay): Html {
  const { tenant, server, summary, stages, history, delay, senders } = replay
  const id = sectionId(replay)
  const turnedAway = senders.slice(0, 10).map(({ domain, messages }) => {
    return html`<div>${domain === '' ? 'no sender, or not known' : domain}: ${number(messages)}</div>`
  })
  return html`<section class="card" id="${id}" aria-labelledby="${id}-name">
    <h2 id="${id}-name">${breakable(server)} <span class="of">of ${tenant}</span></h2>
    ${facts([
      [
        'Build',
        summary?.verdict && html`${summary.build}, ${summary.verdict.name ?? summary.verdict.productName}`,
      ],
      ['Because', summary?.verdict?.because ?? null],
      ['Install', summary?.verdict?.install ?? null],
      [
        'Happened',
        history.length > 0 && history.map((event) => html`<div>${day(event.at)} ${eventText(event)}</div>`),
      ],
      ['First deferred', replay.firstDeferredAt !== null && instant(replay.firstDeferredAt)],
      ['First refused', replay.firstRefusedAt !== null && instant(replay.firstRefusedAt)],
      ['Delay', delay && `${minutes(delay.meanMs)} on average, ${minutes(delay.longestMs)} at most`],
      ['Senders hit', turnedAway.length > 0 && turnedAway],
    ])}
    ${
      summary?.clock &&
      wayChart(idOf('way', tenant, server), stages, [], summary.clock.elapsedMs, summary.lastSeenAt)
    }
  </section>`
}

function minutes(ms: number): string {
  return counted(Math.ceil(ms / minuteMs), 'minute')
}

function eventText(event: ServerEvent): string {
  switch (event.kind) {
    case 'stage':
      return `stage ${event.stage} reached`
    case 'detected':
    case 'relapsed':
    case 'recovered':
      return `${event.kind} with ${event.build}`
    default:
      return event.kind
  }
}
