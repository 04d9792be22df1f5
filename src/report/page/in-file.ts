import { createHash } from 'node:crypto'
import { serverStatuses } from '../../rules/clock/status'
import type { Schedule } from '../../rules/clock/schedule'
import type { ServerQuery } from '../server-query'
import { html, type Html } from './html'
import { idOf, type Links } from './links'
import { stylesheet } from './stylesheet'

/** Names of the pages that a file holds once. */
export const pageIds = {
  overview: 'overview',
  servers: 'servers',
  tenants: 'tenants',
  catalogue: 'catalogue',
  configuration: 'configuration',
} as const

/** What a file has pages of its own of; what is left out of it stands in its lists only. */
export interface Contents {
  hasServer(tenant: string, server: string): boolean
  hasTenant(tenant: string): boolean
}

/** Places in one file. A list is cut down to a status or a stage by the place that is gone to, so no script is needed. */
export function linksInFile({ hasServer, hasTenant }: Contents): Links {
  return {
    overview: `#${pageIds.overview}`,
    servers: (query) => `#${listId(query)}`,
    server: (tenant, server) => (hasServer(tenant, server) ? `#${serverId(tenant, server)}` : null),
    tenants: `#${pageIds.tenants}`,
    tenant: (tenant) => (hasTenant(tenant) ? `#${tenantId(tenant)}` : null),
    catalogue: `#${pageIds.catalogue}`,
    configuration: `#${pageIds.configuration}`,
    search: null,
    download: () => null,
  }
}

export function serverId(tenant: string, server: string): string {
  return idOf('server', tenant, server)
}

export function tenantId(tenant: string): string {
  return idOf('tenant', tenant)
}

/** One condition at a time: the first that a query has. */
function listId({ status = null, stage = null, exploited = false }: Partial<ServerQuery>): string {
  if (exploited) return 'servers-exploited'
  if (status !== null) return `servers-${status}`
  return stage === null ? pageIds.servers : `servers-stage-${stage}`
}

/** A list that can be cut down: where the link leads, what it says, and which rows stay. */
interface Cut {
  readonly id: string
  readonly label: string
  readonly rows: string
}

function cutsOf(stages: Schedule): readonly Cut[] {
  return [
    { id: listId({ exploited: true }), label: 'known exploited', rows: '.is-exploited' },
    ...serverStatuses.map((status) => ({ id: listId({ status }), label: status, rows: `.is-${status}` })),
    ...stages.map(({ stage }) => ({
      id: listId({ stage }),
      label: `stage ${stage}`,
      rows: `.in-stage-${stage}`,
    })),
  ]
}

/** Above the list in a file, in place of a form. */
export function cutLinks(stages: Schedule): Html {
  const cuts = cutsOf(stages)
  return html`${cuts.map(({ id }) => html`<span class="place" id="${id}"></span>`)}
    <nav class="cuts" aria-label="Which servers">
      <ul>
        <li><a href="#${pageIds.servers}">all</a></li>
        ${cuts.map(({ id, label }) => html`<li><a href="#${id}">${label}</a></li>`)}
      </ul>
    </nav>`
}

/** The stylesheet of a file: one page of it is seen, the first until another is gone to. */
export function styleInFile(stages: Schedule): { readonly text: string; readonly source: string } {
  const chosen = 'box-shadow:inset 0 -2px var(--link);background:var(--raised);font-weight:650'
  const text = [
    stylesheet,
    // Who cannot do that sees all pages, one after the other.
    '@supports selector(:has(a)){',
    'main>.page{display:none}',
    'main>.page:target,main>.page:has(.place:target){display:block}',
    'main:not(:has(.page:target,.place:target))>.page:first-child{display:block}',
    ...Object.values(pageIds).map(
      (id) =>
        `body:has(#${id}:target) .top a[href="#${id}"],body:has(#${id} .place:target) .top a[href="#${id}"]{${chosen}}`,
    ),
    `body:not(:has(.page:target,.place:target)) .top a[href="#${pageIds.overview}"]{${chosen}}`,
    ...cutsOf(stages).map(
      ({ id, rows }) =>
        `.page:has(#${id}:target) tr.row:not(${rows}){display:none}.page:has(#${id}:target) .cuts a[href="#${id}"]{${chosen}}`,
    ),
    '}',
  ].join('')
  return { text, source: `'sha256-${createHash('sha256').update(text).digest('base64')}'` }
}
