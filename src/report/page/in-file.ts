import { createHash } from 'node:crypto'
import { serverStatuses } from '../../rules/clock/status'
import type { Schedule } from '../../rules/clock/schedule'
import type { ServerQuery } from '../server-query'
import { html, Html } from './html'
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

/** Places to go to for a list that is cut down; they stand before the page of the list, for `headInFile`. */
export function cutPlaces(stages: Schedule): Html {
  return html`${cutsOf(stages).map(({ id }) => html`<span class="place" id="${id}"></span>`)}`
}

/** Above the list in a file, in place of a form. */
export function cutLinks(stages: Schedule): Html {
  return html`<nav class="cuts" aria-label="Which servers">
    <ul>
      <li><a href="#${pageIds.servers}">all</a></li>
      ${cutsOf(stages).map(({ id, label }) => html`<li><a href="#${id}">${label}</a></li>`)}
    </ul>
  </nav>`
}

/** The head of a file that needs nothing but itself, and by its policy gets nothing else. */
export function headInFile(title: string, stages: Schedule): Html {
  const { text, source } = styleInFile(stages)
  const policy = `default-src 'none'; style-src ${source}; base-uri 'none'; form-action 'none'`
  return html`<head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <title>${title}</title>
    ${Html.trusted(`<style>${text}</style>`)}
  </head>`
}

/**
 * The stylesheet of a file. One page of it is seen: the one that was gone to, else the overview, which for that reason is
 * the last. Only what follows a target is selected: `:has` would be asked anew for every element of a large file.
 */
function styleInFile(stages: Schedule): { readonly text: string; readonly source: string } {
  const list = `#${pageIds.servers}`
  const overview = `#${pageIds.overview}`
  const text = [
    stylesheet,
    `.page{display:none}.page:target,.place:target~${list},${overview}{display:block}:target~${overview}{display:none}`,
    ...cutsOf(stages).map(
      ({ id, rows }) =>
        `#${id}:target~${list} tr.row:not(${rows}){display:none}` +
        `#${id}:target~${list} .cuts a[href="#${id}"]{background:var(--raised);box-shadow:inset 0 -2px var(--link);font-weight:650}`,
    ),
  ].join('')
  return { text, source: `'sha256-${createHash('sha256').update(text).digest('base64')}'` }
}
