import { formatCidr } from '../../rules/attribution/address'
import type { Exemption, Pause } from '../../rules/clock/record'
import { messagesChart } from '../chart/messages'
import { meter } from '../chart/meter'
import type { ConnectorSummary, PauseBudget, TenantSummary } from '../fleet'
import { html, type Content, type Html } from './html'
import { idOf, type Links } from './links'
import type { Page, Slots } from './page'
import { serverTable } from './servers'
import { table } from './table'
import { away, counted, day, number, statusMark, targetText } from './words'

/** Longer lists of servers are on the page of servers. */
const briefRows = 50

/** Everything about one tenant: pauses and what is left of them, exemptions, connectors, contacts, servers. */
export function tenantPage(tenant: TenantSummary, at: number, links: Links, { controls }: Slots): Page {
  const { tenant: name, servers, totals, pauses, exemptions, connectors, contacts } = tenant
  const rows = servers.slice(0, briefRows)
  const running = pauses.find(({ from, until }) => from <= at && at < until)
  return {
    title: name,
    section: 'tenants',
    body: html`<p class="crumbs"><a href="${links.tenants}">Tenants</a></p>
      <h1>${name}</h1>
      <p class="lead">
        ${counted(totals.servers, 'server')}${countsByStatus(tenant)}.
        ${
          running &&
          html`Enforcement is <b>paused</b> until ${day(running.until)}, which is ${away(running.until, at)}.`
        }
      </p>
      ${controls && html`<div class="controls">${controls}</div>`}
      <div class="columns">
        <section class="card">
          <h2>Pauses</h2>
          ${tenant.budgets.map(budgetMeter)}${pauseTable(pauses, at)}
        </section>
        <section class="card">
          <h2>Exemptions</h2>
          ${exemptionTable(exemptions, at)}
        </section>
      </div>
      <section class="card">
        <h2>Servers</h2>
        ${serverTable(rows, links, { withTenant: false, query: null })}${
          servers.length > rows.length &&
          html`<p class="more">
            <a href="${links.servers({ tenant: name })}">All ${counted(servers.length, 'server')}</a>
          </p>`
        }
      </section>
      <section class="card">
        <h2>Messages</h2>
        ${messagesChart(idOf('messages', name), totals.days, at)}
      </section>
      <div class="columns">
        <section class="card">
          <h2>Connectors</h2>
          ${connectorTable(connectors)}
        </section>
        <section class="card">
          <h2>Contacts</h2>
          ${
            contacts.length === 0
              ? html`<p class="empty">None: nobody is told.</p>`
              : html`<ul>
                  ${contacts.map((contact) => html`<li>${contact}</li>`)}
                </ul>`
          }
        </section>
      </div>`,
  }
}

/** `: 3 outdated, 1 paused`. */
function countsByStatus({ totals }: TenantSummary): Content {
  const parts = Object.entries(totals.byStatus).filter(([, count]) => count > 0)
  return parts.length > 0 && `: ${parts.map(([status, count]) => `${number(count)} ${status}`).join(', ')}`
}

function budgetMeter({ year, allowed, used, left }: PauseBudget): Html {
  const label = `${used} of ${counted(allowed, 'day')} of ${year} used, ${left} left`
  return html`<p class="budget"><span>${label}</span> ${meter(used, allowed, label)}</p>`
}

function pauseTable(pauses: readonly Pause[], at: number): Html {
  const state = ({ from, until }: Pause): string =>
    at < from ? `begins ${away(from, at)}` : at < until ? `ends ${away(until, at)}` : 'over'
  return table<Pause>({
    caption: null,
    columns: [
      { heading: 'from', cell: ({ from }) => day(from) },
      { heading: 'until', cell: ({ until }) => day(until) },
      { heading: 'days', kind: 'number', cell: ({ days }) => days },
      { heading: '', cell: state },
      { heading: 'reason', cell: ({ reason }) => reason },
    ],
    rows: [...pauses].reverse(),
    rowKind: ({ from, until }) => (from <= at && at < until ? 'current' : ''),
    empty: 'None yet.',
  })
}

function exemptionTable(exemptions: readonly Exemption[], at: number): Html {
  return table<Exemption>({
    caption: null,
    columns: [
      { heading: 'of', kind: 'name', cell: ({ target }) => targetText(target) },
      {
        heading: 'until',
        cell: ({ until }) => html`${day(until)} <span class="of">${away(until, at)}</span>`,
      },
      { heading: 'reason', cell: ({ reason }) => reason },
    ],
    rows: exemptions,
    empty: 'None in force.',
  })
}

function connectorTable(connectors: readonly ConnectorSummary[]): Html {
  return table<ConnectorSummary>({
    caption: null,
    columns: [
      { heading: 'connector', kind: 'name', cell: ({ connector }) => connector.id },
      { heading: 'type', cell: ({ connector }) => connector.type },
      { heading: 'mode', cell: ({ mode }) => mode },
      { heading: 'known by', cell: knownBy },
    ],
    rows: connectors,
    empty: 'None in the configuration any more.',
  })
}

function knownBy({ connector }: ConnectorSummary): Content {
  const { tlsCertificateName, addresses, senderDomains, esu, language } = connector
  const lines = [
    tlsCertificateName !== null && `certificate ${tlsCertificateName}`,
    addresses.length > 0 && `addresses ${addresses.map(formatCidr).join(', ')}`,
    senderDomains.length > 0 && `senders of ${senderDomains.join(', ')}`,
    esu && 'pays for extended updates',
    language !== null && `notices in ${language}`,
  ].filter((line) => line !== false)
  return lines.map((line, place) => html`${place > 0 && html`<br />`}${line}`)
}

/** For lists of tenants: status marks with their counts. */
export function statusCounts({ totals }: TenantSummary): Content {
  const { byStatus } = totals
  const shown = (['outdated', 'paused', 'exempt', 'recovered', 'compliant'] as const).filter(
    (status) => byStatus[status] > 0,
  )
  return shown.map(
    (status) => html`<span class="tally">${number(byStatus[status])} ${statusMark(status)}</span> `,
  )
}
