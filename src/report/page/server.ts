import type { LastEvidence, ServerEvent } from '../../rules/clock/record'
import { dayMs } from '../../rules/time'
import { formatBuild } from '../../rules/verdict/build'
import type { CveState, Verdict } from '../../rules/verdict/verdict'
import { messagesChart } from '../chart/messages'
import { wayChart } from '../chart/way'
import type { ServerExplanation, StageDate } from '../explanation'
import { html, type Content, type Html } from './html'
import { idOf, type Links } from './links'
import type { Page, Slots } from './page'
import { situation } from './situation'
import { facts, table } from './table'
import { away, breakable, counted, day, demands, instant, linked, number, orNever, statusMark } from './words'

/** More vulnerabilities than that are folded away, but for those known to be exploited. */
const briefCves = 12

/** Everything about one server (R3, R5). `at`: the instant that it was explained for. */
export function serverPage(
  explanation: ServerExplanation,
  at: number,
  links: Links,
  { controls }: Slots,
): Page {
  const { summary } = explanation
  const { tenant, server, status, isKnownExploited } = summary
  return {
    title: server,
    section: 'servers',
    body: html`<p class="crumbs">${linked(links.tenant(tenant), breakable(tenant))}</p>
      <h1>
        ${breakable(server)}
        ${statusMark(status)}${isKnownExploited && html` <span class="exploited">known exploited</span>`}
      </h1>
      ${situation(explanation, at).map((sentence) => html`<p class="lead">${sentence}</p>`)}
      ${controls && html`<div class="controls">${controls}</div>`}
      <div class="columns">
        ${card('What to do', remedy(explanation))} ${card('Now', nowFacts(explanation, at))}
      </div>
      ${summary.clock && card('The way through the stages', way(explanation, at))}
      <div class="columns">
        ${card('Verdict', verdictFacts(explanation))} ${card('Evidence', evidenceFacts(explanation.evidence))}
      </div>
      ${card('Messages', messagesChart(idOf('messages', tenant, server), explanation.days, at))}
      ${card('Vulnerabilities', vulnerabilities(summary.verdict))} ${card('History', history(explanation))}`,
  }
}

function card(heading: string, content: Content): Html {
  return html`<section class="card">
    <h2>${heading}</h2>
    ${content}
  </section>`
}

function remedy({ summary }: ServerExplanation): Html {
  const { verdict, acceptedBuilds } = summary
  if (!verdict) return html`<p>No build of it was seen yet, so there is nothing to advise.</p>`
  const { install, missing, productName } = verdict
  const accepted =
    acceptedBuilds.length > 0
      ? html`<ul class="builds">
          ${acceptedBuilds.map((build) => html`<li class="build">${formatBuild(build)}</li>`)}
        </ul>`
      : productName !== null && 'none: the product itself no longer passes'
  return html`${
    install === null
      ? html`<p class="remedy">Nothing to install: it is up to date as far as the catalogue knows.</p>`
      : html`<p class="remedy">Install <b>${install}</b>.</p>`
  }
  ${facts([
    ['accepted from', accepted],
    ['missing updates', missing.length > 0 && missing.join(', ')],
  ])}`
}

function nowFacts({ summary, mode, decision, nextChange }: ServerExplanation, at: number): Html {
  const { pause, exemption, messages } = summary
  const action = { accept: 'accepted', defer: 'deferred (450)', refuse: 'refused (550)' }
  const free =
    decision.action === 'accept'
      ? null
      : decision.freeAt === null
        ? 'not in sight'
        : html`${instant(decision.freeAt)}`
  return facts([
    ['next message', html`<b class="action ${decision.action}">${action[decision.action]}</b>`],
    [
      'because',
      html`<ul class="trail">
        ${decision.trail.map(({ rule, because }) => html`<li>${because} <span class="of">${rule}</span></li>`)}
      </ul>`,
    ],
    ['free again', free],
    [
      'next change',
      nextChange
        ? html`${instant(nextChange.at)}, ${away(nextChange.at, at)}:
          ${action[nextChange.decision.action]}${nextChange.decision.stage !== null && html`, stage ${nextChange.decision.stage}`}`
        : 'none in sight',
    ],
    ['mode', mode],
    ['paused', pause && html`until ${day(pause.until)}: ${pause.reason}`],
    ['exempt', exemption && html`until ${day(exemption.until)}: ${exemption.reason}`],
    [
      'messages',
      `${number(messages.accepted)} accepted, ${number(messages.deferred)} deferred, ${number(messages.refused)} refused`,
    ],
    ['first seen', instant(summary.firstSeenAt)],
    ['last seen', html`${instant(summary.lastSeenAt)}, ${away(summary.lastSeenAt, at)}`],
  ])
}

function way({ summary, stages, pauses }: ServerExplanation, at: number): Html {
  const { clock } = summary
  if (!clock) return html``
  const state = (row: StageDate): string =>
    row.stage.stage === clock.stage.stage
      ? 'now'
      : row.stage.fromDay * dayMs <= clock.elapsedMs
        ? 'over'
        : away(row.at, at)
  return html`${wayChart(idOf('way', summary.tenant, summary.server), stages, pauses, clock.elapsedMs, at)}
  ${table<StageDate>({
    caption: 'Dates hold with the pauses that are known today.',
    columns: [
      { heading: 'stage', kind: 'name', cell: ({ stage }) => stage.stage },
      { heading: 'from', cell: (row) => day(row.at) },
      { heading: 'day', kind: 'number', cell: ({ stage }) => stage.fromDay },
      { heading: 'each hour', cell: ({ stage }) => demands(stage) },
      { heading: '', cell: state },
    ],
    rows: stages,
    rowKind: ({ stage }) => (stage.stage === clock.stage.stage ? 'current' : ''),
    empty: '',
  })}
  ${facts([
    ['clock started', instant(clock.startedAt)],
    ['detected', instant(clock.detectedAt)],
    ['defers from', orNever(clock.deferFrom)],
    ['refuses from', orNever(clock.refuseFrom)],
  ])}`
}

function verdictFacts({ summary, verdictThen }: ServerExplanation): Html {
  const { verdict } = summary
  if (!verdict) return html`<p>No build of it was seen yet.</p>`
  const { name, productName, released, newerThanCatalogue } = verdict
  const then = verdictThen && verdictThen.because !== verdict.because ? verdictThen : null
  return facts([
    ['build', html`<span class="build">${summary.build}</span>`],
    ['release', name ?? productName],
    ['released', released],
    [
      'today',
      html`<b>${verdict.status}</b> (${verdict.reason})${newerThanCatalogue && ', newer than the catalogue'}`,
    ],
    ['because', verdict.because],
    ['floor', verdict.floor && html`<span class="build">${formatBuild(verdict.floor)}</span>`],
    ['when last seen', then && html`${then.status} (${then.reason}): ${then.because}`],
  ])
}

function evidenceFacts(evidence: LastEvidence | null): Html {
  if (!evidence) return html`<p>No message of it is remembered.</p>`
  const { at, header, messageId, connector, attribution, address, ehlo, bound, xoorg, mimeOle } = evidence
  const peer =
    bound === 'unbound'
      ? 'no name of the peer is that of the server'
      : `the server's name is that of its ${bound}`
  return html`<pre class="header-line">${header}</pre>
    ${facts([
      ['message-id', messageId ?? 'none'],
      ['time', instant(at)],
      ['attributed', `by ${attribution} to connector ${connector}`],
      ['peer', `${address}, EHLO ${ehlo === '' ? 'none' : ehlo}; ${peer}`],
      ['xoorg', xoorg && `${xoorg.domain}${xoorg.known ? '' : ', no domain of the tenant'}`],
      ['x-mimeole', mimeOle],
    ])}`
}

function vulnerabilities(verdict: Verdict | null): Html {
  const cves = verdict?.cves ?? []
  if (cves.length === 0) return html`<p class="empty">None is known to be open.</p>`
  const exploited = cves.filter(({ kev }) => kev)
  const others = cves.filter(({ kev }) => !kev)
  const unsure = cves.filter(({ state }) => state === 'cannot-tell').length
  return html`<p>
      ${counted(cves.length - unsure, 'vulnerability', 'vulnerabilities')}
      open${unsure > 0 && `; of ${unsure} more the build cannot tell`}.
      ${exploited.length === 0 ? 'None of them is known to be exploited.' : `Known to be exploited: ${exploited.length}.`}
    </p>
    ${cveList(exploited)}${
      others.length > briefCves
        ? html`<details>
            <summary>${others.length} others</summary>
            ${cveList(others)}
          </details>`
        : cveList(others)
    }`
}

function cveList(cves: readonly CveState[]): Html | null {
  if (cves.length === 0) return null
  const line = ({ id, kev, state }: CveState): Html =>
    html`<li class="${state}">
      <span class="cve">${id}</span
      >${kev && html` <span class="exploited">known exploited</span>`}${state === 'cannot-tell' && html` <span class="of">cannot tell</span>`}
    </li>`
  return html`<ul class="cves">
    ${cves.map(line)}
  </ul>`
}

function history({ history: events }: ServerExplanation): Html {
  return table<ServerEvent>({
    caption: null,
    columns: [
      { heading: 'when', cell: ({ at }) => instant(at) },
      { heading: 'what', kind: 'name', cell: eventName },
      { heading: 'how', cell: eventDetail },
    ],
    rows: [...events].reverse(),
    empty: 'Nothing has happened yet.',
  })
}

function eventName(event: ServerEvent): string {
  return event.kind === 'stage' ? `stage ${event.stage}` : event.kind
}

function eventDetail(event: ServerEvent): Content {
  switch (event.kind) {
    case 'detected':
    case 'relapsed':
    case 'recovered':
      return html`with <span class="build">${event.build}</span>`
    case 'stage':
      return null
    default:
      return event.reason
  }
}
