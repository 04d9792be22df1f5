import type { Fleet, TenantSummary } from '../fleet'
import { html, type Content, type Html } from './html'
import type { Links } from './links'
import type { Page } from './page'
import { table } from './table'
import { statusCounts } from './tenant'
import { breakable, counted, day, linked, number } from './words'

/** The tenants, with what their servers come to. */
export function tenantsPage({ tenants, at }: Fleet, links: Links): Page {
  return {
    title: 'Tenants',
    section: 'tenants',
    body: html`<h1>Tenants</h1>
      <p class="lead">${counted(tenants.length, 'tenant')}.</p>
      ${table<TenantSummary>({
        caption: null,
        columns: [
          {
            heading: 'tenant',
            kind: 'name',
            cell: ({ tenant }) => linked(links.tenant(tenant), breakable(tenant)),
          },
          { heading: 'servers', kind: 'number', cell: ({ servers }) => number(servers.length) },
          { heading: 'of them', cell: statusCounts },
          { heading: 'highest stage', kind: 'number', cell: highestStage },
          { heading: 'known exploited', kind: 'number', cell: ({ totals }) => totals.knownExploited || null },
          { heading: 'enforcement', cell: (tenant) => pauseCell(tenant, at) },
          { heading: 'pause days left', kind: 'number', cell: ({ budgets }) => budgets[0]?.left ?? null },
          { heading: 'messages', kind: 'minor', cell: messagesCell },
        ],
        rows: tenants,
        empty: 'The configuration names no connector, and memory holds nothing.',
      })}`,
  }
}

function highestStage({ totals }: TenantSummary): Content {
  const taken = [...totals.byStage].flatMap(([stage, count]) => (count > 0 ? stage : []))
  return taken.length === 0 ? null : Math.max(...taken)
}

function pauseCell({ pauses, exemptions }: TenantSummary, at: number): Content {
  const running = pauses.find(({ from, until }) => from <= at && at < until)
  const coming = pauses.find(({ from }) => from > at)
  const parts: Content[] = [
    running ? html`paused until ${day(running.until)}` : coming ? html`pause from ${day(coming.from)}` : null,
    exemptions.length > 0 && html` <span class="of">${counted(exemptions.length, 'exemption')}</span>`,
  ]
  return parts
}

function messagesCell({ totals }: TenantSummary): Html {
  const { accepted, deferred, refused } = totals.messages
  return html`${number(accepted)}
    <span class="of">${number(deferred)} deferred, ${number(refused)} refused</span>`
}
