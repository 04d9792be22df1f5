import type { Catalogue } from '../../rules/verdict/catalogue'
import type { Policy } from '../../rules/verdict/policy'
import type { ServerExplanation } from '../explanation'
import type { Fleet, TenantSummary } from '../fleet'
import { cutPage, everyServer, findServers } from '../server-query'
import type { ServerSummary } from '../summary'
import { cataloguePage } from './catalogue'
import { configurationPage, type ShownFile } from './configuration'
import { header, productName } from './document'
import { html, Html } from './html'
import { cutPlaces, headInFile, linksInFile, pageIds, serverId, tenantId } from './in-file'
import type { Links } from './links'
import { overviewPage } from './overview'
import { noSlots, type Page } from './page'
import { serverPage } from './server'
import { serversPage } from './servers'
import { tenantPage } from './tenant'
import { tenantsPage } from './tenants'
import { counted, instant } from './words'

/** What a report in one file is made of. */
export interface FileReport {
  readonly fleet: Fleet
  readonly catalogue: Catalogue
  readonly policy: Policy
  readonly configuration: readonly ShownFile[]
  readonly configurationFolder: string | null
  /** So many servers and tenants at most have a page of their own, those first that need attention most. */
  readonly details: number
  /** `null`: it has gone, or cannot be read, since the fleet was. May reject. */
  explain(server: ServerSummary): Promise<ServerExplanation | null>
}

/** All pages in one document that needs nothing but itself, piece by piece, so that it need not fit into memory. */
export async function* fileReport(report: FileReport): AsyncGenerator<string> {
  const { fleet, catalogue, policy, configuration, configurationFolder, details, explain } = report
  const servers = findServers(fleet, everyServer).slice(0, details)
  const tenants = [...fleet.tenants].sort((a, b) => burden(b) - burden(a)).slice(0, details)
  const links = linksInFile(contents(servers, tenants))
  const [before, behind] = around(fleet, links)
  yield before
  yield cutPlaces(fleet.stages).toString()
  const all = cutPage(fleet, everyServer, Math.max(1, fleet.servers.length))
  yield section(
    pageIds.servers,
    serversPage(all, fleet, links),
    leftOut(fleet.servers.length - servers.length, 'server', details),
  )
  yield section(
    pageIds.tenants,
    tenantsPage(fleet, links),
    leftOut(fleet.tenants.length - tenants.length, 'tenant', details),
  )
  yield section(pageIds.catalogue, cataloguePage(catalogue, policy, fleet.at))
  yield section(pageIds.configuration, configurationPage(configuration, configurationFolder))
  for (const tenant of tenants) {
    yield section(tenantId(tenant.tenant), tenantPage(tenant, fleet.at, links, noSlots))
  }
  for (const server of servers) {
    const explanation = await explain(server)
    yield section(
      serverId(server.tenant, server.server),
      explanation ? serverPage(explanation, fleet.at, links, noSlots) : gone(server),
    )
  }
  yield section(pageIds.overview, overviewPage(fleet, links))
  yield behind
}

/** Servers that are not simply compliant. */
function burden({ totals }: TenantSummary): number {
  return totals.servers - totals.byStatus.compliant
}

function contents(servers: readonly ServerSummary[], tenants: readonly TenantSummary[]) {
  const serverIds = new Set(servers.map(({ tenant, server }) => serverId(tenant, server)))
  const tenantNames = new Set(tenants.map(({ tenant }) => tenant))
  return {
    hasServer: (tenant: string, server: string) => serverIds.has(serverId(tenant, server)),
    hasTenant: (tenant: string) => tenantNames.has(tenant),
  }
}

/** Where the pages stand in what is around them. */
const place = Html.trusted('<!-- pages -->')

/** What is around the pages: before and behind. */
function around({ at, stages }: Fleet, links: Links): readonly [before: string, behind: string] {
  const whole = html`<html lang="en">
    ${headInFile(`${productName}, ${new Date(at).toISOString().slice(0, 10)}`, stages)}
    <body>
      ${header(links, null, null)}
      <main>${place}</main>
      <footer class="bottom"><p>As of ${instant(at)}. Times are UTC.</p></footer>
    </body>
  </html>`
  const [before = '', behind = ''] = whole.toString().split(place.toString())
  return [`<!doctype html>\n${before}`, behind]
}

function section(id: string, { title, body }: Page, note: Html | null = null): string {
  return html`<section class="page" id="${id}" aria-label="${title}">${body}${note}</section> `.toString()
}

function leftOut(count: number, noun: string, details: number): Html | null {
  if (count <= 0) return null
  return html`<p class="note">
    ${counted(details, noun)} ${details === 1 ? 'has' : 'have'} a page of ${details === 1 ? 'its' : 'their'}
    own in this file, those that need attention most; ${counted(count, 'other')}
    ${count === 1 ? 'has' : 'have'} none.
  </p>`
}

function gone({ server }: ServerSummary): Page {
  return {
    title: server,
    section: 'servers',
    body: html`<h1>${server}</h1>
      <p class="lead">Its record could not be read any more when this page was written.</p>`,
  }
}
