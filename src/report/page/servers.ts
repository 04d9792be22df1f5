import type { Fleet } from '../fleet'
import type { ServerPage } from '../server-query'
import { html } from './html'
import type { Links } from './links'
import type { Page } from './page'
import { linked } from './words'

/** The list of servers: what a query found, and the means to ask for something else. */
export function serversPage(found: ServerPage, fleet: Fleet, links: Links): Page {
  return {
    title: 'Servers',
    section: 'servers',
    body: html`<h1>Servers</h1>
      <p>${found.total} of ${fleet.totals.servers}</p>
      <ul>
        ${found.rows.map(({ tenant, server }) => html`<li>${linked(links.server(tenant, server), server)}</li>`)}
      </ul>`,
  }
}
