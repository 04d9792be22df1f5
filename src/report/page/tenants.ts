import type { Fleet } from '../fleet'
import { html } from './html'
import type { Links } from './links'
import type { Page } from './page'

/** The tenants, with what their servers come to. */
export function tenantsPage(fleet: Fleet, links: Links): Page {
  return {
    title: 'Tenants',
    section: 'tenants',
    body: html`<h1>Tenants</h1>
      <ul>
        ${fleet.tenants.map(({ tenant }) => html`<li><a href="${links.tenant(tenant)}">${tenant}</a></li>`)}
      </ul>`,
  }
}
