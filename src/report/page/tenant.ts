import type { TenantSummary } from '../fleet'
import { html } from './html'
import type { Links } from './links'
import type { Page, Slots } from './page'

/** Everything about one tenant: pauses and what is left of them, exemptions, connectors, contacts, servers. */
export function tenantPage(tenant: TenantSummary, at: number, links: Links, { controls }: Slots): Page {
  return {
    title: tenant.tenant,
    section: 'tenants',
    body: html`<h1>${tenant.tenant}</h1>
      <p>${at} <a href="${links.tenants}">Tenants</a></p>
      ${controls}`,
  }
}
