import type { ServerStatus } from '../../rules/clock/status'
import { messagesChart } from '../chart/messages'
import { soonDays, type Fleet, type StageChange, type UnreadableRecord } from '../fleet'
import { findServers, everyServer } from '../server-query'
import type { ServerSummary } from '../summary'
import { html, type Content, type Html } from './html'
import type { Links } from './links'
import type { Page } from './page'
import { table } from './table'
import { away, breakable, counted, day, demands, linked, number, shortRelease, statusMark } from './words'

/** How many rows a list on the overview has; the rest is one link away. */
const briefRows = 12

/** The state of the whole fleet at a glance. */
export function overviewPage(fleet: Fleet, links: Links): Page {
  const { totals, tenants, at } = fleet
  return {
    title: 'Overview',
    section: 'overview',
    body: html`<h1>Overview</h1>
      ${totals.servers === 0 ? nothingYet : html`<p class="lead">${counted(totals.servers, 'server')} of ${counted(tenants.length, 'tenant')}.</p>`}
      ${unreadableNote(fleet.unreadable)}
      <section aria-labelledby="by-status">
        <h2 id="by-status">By status</h2>
        ${statusTiles(fleet, links)}
      </section>
      <section aria-labelledby="by-stage">
        <h2 id="by-stage">By stage</h2>
        ${stageTiles(fleet, links)}
      </section>
      <section class="card" aria-labelledby="messages-heading">
        <h2 id="messages-heading">Messages</h2>
        ${messagesChart('messages', totals.days, at)}
      </section>
      <section class="card" aria-labelledby="soon">
        <h2 id="soon">Changing stage within ${soonDays} days</h2>
        ${soonTable(fleet, links)}
      </section>
      <section class="card" aria-labelledby="exploited">
        <h2 id="exploited">Open to attacks that are known to happen</h2>
        ${exploitedTable(fleet, links)}
      </section>`,
  }
}

const nothingYet = html`<p class="lead">
  No server was seen yet. One appears here with its first message that is attributed to a connector.
</p>`

/** What each status means, in a line. */
const meanings: Readonly<Record<ServerStatus, string>> = {
  outdated: 'detected, or about to be',
  paused: 'outdated, enforcement paused',
  exempt: 'outdated, exempt by you',
  recovered: 'outdated not long ago',
  compliant: 'nothing held against it',
}

const tileOrder: readonly ServerStatus[] = ['outdated', 'paused', 'exempt', 'recovered', 'compliant']

function statusTiles({ totals }: Fleet, links: Links): Html {
  const exploited = tile(
    totals.knownExploited > 0 ? 'alarm' : 'calm',
    links.servers({ exploited: true }),
    totals.knownExploited,
    'known exploited',
    'open to attacks that happen',
  )
  return html`<ul class="tiles">
    ${tileOrder.map((status) =>
      tile(
        `is-${status}`,
        links.servers({ status }),
        totals.byStatus[status],
        statusMark(status),
        status === 'outdated' && totals.suspected > 0
          ? `${number(totals.suspected)} of them not detected yet`
          : meanings[status],
      ),
    )}${exploited}
  </ul>`
}

function tile(kind: string, address: string, count: number, label: Content, note: string): Html {
  return html`<li class="tile ${kind}">
    <a href="${address}"
      ><span class="count">${number(count)}</span> <span class="label">${label}</span>
      <span class="note">${note}</span></a
    >
  </li>`
}

function stageTiles({ totals, stages }: Fleet, links: Links): Html {
  const most = Math.max(1, ...totals.byStage.values())
  const known = new Map(stages.map((stage) => [stage.stage, stage]))
  return html`<ul class="stages">
    ${[...totals.byStage]
      .sort(([a], [b]) => a - b)
      .map(([place, count]) => {
        const stage = known.get(place)
        const share = count === 0 ? 0 : Math.max(2, (count / most) * 100)
        return html`<li>
          <a href="${links.servers({ stage: place })}"
            ><span class="label">Stage ${place}</span> <span class="count">${number(count)}</span>
            <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect class="bar-all" width="100" height="4" />
              <rect class="bar-part" width="${Math.round(share)}" height="4" />
            </svg>
            <span class="note">${stage ? demands(stage) : 'no longer in the schedule'}</span></a
          >
        </li>`
      })}
  </ul>`
}

function soonTable({ soon, at }: Fleet, links: Links): Html {
  const rows = soon.slice(0, briefRows)
  const rest = soon.length - rows.length
  return html`${table<StageChange>({
    caption: null,
    columns: [
      { heading: 'server', kind: 'name', cell: (row) => serverName(row, links) },
      { heading: 'tenant', kind: 'minor', cell: (row) => tenantName(row, links) },
      { heading: 'when', cell: (row) => html`${day(row.at)} <span class="of">${away(row.at, at)}</span>` },
      { heading: 'stage', cell: ({ from, to }) => `${from.stage} → ${to.stage}` },
      { heading: 'from then on', cell: ({ to }) => demands(to) },
      { heading: 'status', kind: 'minor', cell: ({ status }) => statusMark(status) },
    ],
    rows,
    empty: 'Nobody.',
  })}${rest > 0 && html`<p class="more">and ${counted(rest, 'more', 'more')}</p>`}`
}

function exploitedTable(fleet: Fleet, links: Links): Html {
  const found = findServers(fleet, { ...everyServer, exploited: true })
  const rows = found.slice(0, briefRows)
  const rest = found.length - rows.length
  return html`${table<ServerSummary>({
    caption: null,
    columns: [
      { heading: 'server', kind: 'name', cell: (row) => serverName(row, links) },
      { heading: 'tenant', kind: 'minor', cell: (row) => tenantName(row, links) },
      {
        heading: 'build',
        cell: ({ build, verdict }) =>
          html`<span class="build">${build}</span>
            <span class="of release">${shortRelease(verdict?.name)}</span>`,
      },
      { heading: 'open', cell: exploitedIds },
      { heading: 'install', kind: 'minor', cell: ({ verdict }) => shortRelease(verdict?.install) },
    ],
    rows,
    empty: 'No server that was seen of late.',
  })}${rest > 0 && html`<p class="more"><a href="${links.servers({ exploited: true })}">and ${counted(rest, 'more', 'more')}</a></p>`}`
}

function serverName(
  { tenant, server }: { readonly tenant: string; readonly server: string },
  links: Links,
): Html {
  return linked(links.server(tenant, server), breakable(server))
}

function tenantName({ tenant }: { readonly tenant: string }, links: Links): Html {
  return linked(links.tenant(tenant), breakable(tenant))
}

/** The newest of them, and how many more there are. */
function exploitedIds({ verdict }: ServerSummary): Html {
  const ids = (verdict?.cves ?? []).flatMap(({ id, kev, state }) => (kev && state === 'open' ? id : []))
  const more = ids.length - 1
  return html`<span class="cve">${ids[0] ?? ''}</span
    >${more > 0 && html` <span class="of">and ${more} more</span>`}`
}

function unreadableNote(unreadable: readonly UnreadableRecord[]): Html | null {
  if (unreadable.length === 0) return null
  return html`<details class="notice warning">
    <summary>
      ${counted(unreadable.length, 'record')} cannot be read and ${unreadable.length === 1 ? 'is' : 'are'} not
      counted here.
    </summary>
    <ul>
      ${unreadable
        .slice(0, 100)
        .map(
          ({ tenant, server, why }) =>
            html`<li>${server === null ? `tenant ${tenant}` : `${server} of ${tenant}`}: ${why}</li>`,
        )}
    </ul>
  </details>`
}
