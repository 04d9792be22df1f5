import { serverStatuses } from '../../rules/clock/status'
import { dayMs } from '../../rules/time'
import type { Fleet } from '../fleet'
import { everyServer, type ServerPage, type ServerQuery, type SortKey } from '../server-query'
import type { ServerSummary } from '../summary'
import { html, type Content, type Html } from './html'
import { cutLinks } from './in-file'
import type { Links } from './links'
import type { Page } from './page'
import { table, type Column } from './table'
import { breakable, counted, day, demands, linked, number, shortRelease, statusMark } from './words'

/** More tenants than a person would scroll through are typed. */
const mostChoices = 200

/** The list of servers: what a query found, and the means to ask for something else. */
export function serversPage(found: ServerPage, fleet: Fleet, links: Links): Page {
  const { query, rows, total, first } = found
  const shown =
    total === rows.length
      ? `${counted(total, 'server')}${links.search === null ? ' in all' : ''}`
      : `${number(first)}–${number(first + rows.length - 1)} of ${counted(total, 'server')}`
  return {
    title: titleOf(query),
    section: 'servers',
    body: html`<h1>${titleOf(query)}</h1>
      ${links.search === null ? cutLinks(fleet.stages) : filterForm(found, fleet, links.search, links)}
      <p class="lead" role="status">
        ${total === 0 ? 'No server is like that.' : `${shown}.`} ${downloads(query, links)}
      </p>
      ${serverTable(rows, links, { withTenant: query.tenant === null, query })} ${pager(found, links)}`,
  }
}

function titleOf({ status, stage, tenant, exploited }: ServerQuery): string {
  const parts = [
    exploited ? 'open to known attacks' : null,
    status,
    stage === null ? null : `in stage ${stage}`,
    tenant === null ? null : `of ${tenant}`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? 'Servers' : `Servers ${parts.join(', ')}`
}

function filterForm({ query }: ServerPage, { tenants, stages }: Fleet, address: string, links: Links): Html {
  const { status, stage, tenant, exploited, text, sort, reversed } = query
  const isFiltered = status !== null || stage !== null || tenant !== null || exploited || text !== ''
  const stageNumbers = stages.map((each) => String(each.stage))
  return html`<form class="filter" method="get" action="${address}" role="search" aria-label="Servers">
    <label class="wide"
      >Search
      <input type="search" name="text" value="${text}" placeholder="name, build, connector" maxlength="200"
    /></label>
    <label>Status ${choice('status', serverStatuses, status)}</label>
    <label>Stage ${choice('stage', stageNumbers, stage === null ? null : String(stage))}</label>
    <label
      >Tenant
      ${
        tenants.length <= mostChoices
          ? choice(
              'tenant',
              tenants.map((each) => each.tenant),
              tenant,
            )
          : html`<input name="tenant" value="${tenant ?? ''}" />`
      }</label
    >
    <label class="check"
      ><input type="checkbox" name="exploited" value="yes" ${exploited && html` checked`} /> known
      exploited</label
    >
    ${sort !== everyServer.sort && html`<input type="hidden" name="sort" value="${sort}" />`}
    ${reversed && html`<input type="hidden" name="reversed" value="yes" />`}
    <span class="buttons"
      ><button type="submit">Show</button
      >${isFiltered && html` <a href="${links.servers({ sort, reversed })}">Show all</a>`}</span
    >
  </form>`
}

function choice(name: string, values: readonly string[], chosen: string | null): Html {
  // What was asked for stands there even where it is not known.
  const all = chosen === null || values.includes(chosen) ? values : [chosen, ...values]
  return html`<select name="${name}">
    <option value="">any</option>
    ${all.map(
      (value) => html`<option value="${value}" ${value === chosen && html` selected`}>${value}</option>`,
    )}
  </select>`
}

function downloads(query: ServerQuery, links: Links): Content {
  const formats = (['csv', 'json'] as const).flatMap((format): Html | [] => {
    const address = links.download(query, format)
    return address === null ? [] : html` <a href="${address}" download>${format.toUpperCase()}</a>`
  })
  return formats.length > 0 && html`<span class="downloads">The list as${formats}</span>`
}

interface ListOptions {
  readonly withTenant: boolean
  /** Where the columns lead to another order; `null`: they do not. */
  readonly query: ServerQuery | null
}

/** Servers, one a line. */
export function serverTable(
  rows: readonly ServerSummary[],
  links: Links,
  { withTenant, query }: ListOptions,
): Html {
  const column = (
    label: string,
    key: SortKey | null,
    cell: Column<ServerSummary>['cell'],
    kind: Column<ServerSummary>['kind'] = 'text',
  ): Column<ServerSummary> => {
    if (query === null || key === null || links.search === null) return { heading: label, cell, kind }
    const isSorted = query.sort === key
    const to = links.servers({ ...query, sort: key, reversed: isSorted && !query.reversed, page: 1 })
    const sorted = !isSorted ? 'none' : isRising(key) !== query.reversed ? 'ascending' : 'descending'
    return { heading: html`<a href="${to}">${label}</a>`, cell, kind, sorted }
  }
  return table<ServerSummary>({
    caption: null,
    columns: [
      column(
        'server',
        'server',
        ({ tenant, server }) => linked(links.server(tenant, server), breakable(server)),
        'name',
      ),
      ...(withTenant
        ? [
            column(
              'tenant',
              'tenant',
              ({ tenant }) => linked(links.tenant(tenant), breakable(tenant)),
              'minor',
            ),
          ]
        : []),
      column('status', 'urgency', statusCell),
      column('build', 'build', buildCell, 'minor'),
      column('stage', 'stage', stageCell),
      column('next stage', null, nextCell, 'minor'),
      column('install', null, ({ verdict }) => shortRelease(verdict?.install), 'minor'),
      column('last seen', 'seen', ({ lastSeenAt }) => day(lastSeenAt), 'minor'),
    ],
    rows,
    rowKind,
    empty: 'No server.',
  })
}

function rowKind({ status, clock, isKnownExploited }: ServerSummary): string {
  const stage = clock ? ` in-stage-${clock.stage.stage}` : ''
  return `row is-${status}${stage}${isKnownExploited ? ' is-exploited' : ''}`
}

/** Which columns begin with the least. */
function isRising(key: SortKey): boolean {
  return key === 'server' || key === 'tenant' || key === 'build'
}

function statusCell({ status, isKnownExploited, verdict }: ServerSummary): Html {
  return html`${statusMark(status)}${verdict?.status === 'outdated' && html`, ${verdict.reason}`}${isKnownExploited && html` <span class="exploited">known exploited</span>`}`
}

function buildCell({ build, verdict }: ServerSummary): Html {
  return html`<span class="build">${build ?? 'none seen'}</span
    >${verdict && html` <span class="of release">${shortRelease(verdict.name)}</span>`}`
}

function stageCell({ clock, suspected }: ServerSummary): Content {
  if (!clock) return suspected ? 'not detected yet' : null
  return html`<b>${clock.stage.stage}</b>, day ${Math.floor(clock.elapsedMs / dayMs)}
    <span class="of">${demands(clock.stage)}</span>`
}

function nextCell({ clock }: ServerSummary): Content {
  const next = clock?.next
  return next ? html`${day(next.at)} <span class="of">${demands(next.stage)}</span>` : null
}

function pager({ query, page, pages }: ServerPage, links: Links): Html | null {
  if (pages === 1) return null
  const to = (target: number, label: string, rel: string): Html =>
    target >= 1 && target <= pages && target !== page
      ? html`<a rel="${rel}" href="${links.servers({ ...query, page: target })}">${label}</a>`
      : html`<span>${label}</span>`
  return html`<nav class="pager" aria-label="Pages of the list">
    ${to(1, 'First', 'first')} ${to(page - 1, 'Previous', 'prev')}
    <span class="here">Page ${number(page)} of ${number(pages)}</span> ${to(page + 1, 'Next', 'next')}
    ${to(pages, 'Last', 'last')}
  </nav>`
}
