import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { reportRules } from '../config/report-rules'
import { showSettings } from '../config/shown-settings'
import { explain, type ServerExplanation } from '../report/explanation'
import type { Fleet } from '../report/fleet'
import { cataloguePage } from '../report/page/catalogue'
import { configurationPage } from '../report/page/configuration'
import { servedLinks } from '../report/page/links'
import { overviewPage } from '../report/page/overview'
import { serverPage } from '../report/page/server'
import { serversPage } from '../report/page/servers'
import { tenantPage } from '../report/page/tenant'
import { tenantsPage } from '../report/page/tenants'
import { cutPage, everyServer, readQuery } from '../report/server-query'
import { serverControls, tenantControls } from './controls'
import { sendError } from './error-pages'
import { textOf } from './form-text'
import { queryOf } from './query'
import { sendPage } from './show'
import type { Site } from './site'

/** The report, page by page. */
export function pageRoutes(app: FastifyInstance, site: Site): void {
  /** A page of the last snapshot; without one there is none yet. */
  const withFleet =
    (
      show: (
        fleet: Fleet,
        request: FastifyRequest,
        reply: FastifyReply,
      ) => FastifyReply | Promise<FastifyReply>,
    ) =>
    (request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply> => {
      const { current } = site.snapshots
      return current ? show(current, request, reply) : sendError(reply, site, 503)
    }

  app.get(
    servedLinks.overview,
    withFleet((fleet, _request, reply) =>
      sendPage(reply, site, overviewPage(fleet, servedLinks), { asOf: fleet.at }),
    ),
  )
  app.get(
    '/servers',
    withFleet((fleet, request, reply) => {
      const found = cutPage(fleet, readQuery(queryOf(request)))
      return sendPage(reply, site, serversPage(found, fleet, servedLinks), { asOf: fleet.at })
    }),
  )
  app.get(
    '/servers/:tenant/:server',
    withFleet(async (fleet, request, reply) => {
      const tenant = textOf(request.params, 'tenant')
      const server = textOf(request.params, 'server')
      const now = site.now()
      const explained = await explainServer(tenant, server, now, site)
      if (explained === null) return sendError(reply, site, 404)
      if (typeof explained !== 'string') {
        const controls = serverControls(explained.summary)
        const page = serverPage(explained, now, servedLinks, { controls })
        return sendPage(reply, site, page, { asOf: now })
      }
      // What the list knows is better than nothing.
      const found = cutPage(fleet, { ...everyServer, tenant, text: server })
      const text = `All that is known of ${server} cannot be read now: ${explained}. This is what the list holds.`
      return sendPage(reply, site, serversPage(found, fleet, servedLinks), {
        status: 503,
        asOf: fleet.at,
        notices: [{ kind: 'fault', text }],
      })
    }),
  )
  app.get(
    servedLinks.tenants,
    withFleet((fleet, _request, reply) =>
      sendPage(reply, site, tenantsPage(fleet, servedLinks), { asOf: fleet.at }),
    ),
  )
  app.get(
    '/tenants/:tenant',
    withFleet((fleet, request, reply) => {
      const tenant = fleet.tenants.find((each) => each.tenant === textOf(request.params, 'tenant'))
      if (!tenant) return sendError(reply, site, 404)
      const controls = tenantControls(tenant, site.now())
      return sendPage(reply, site, tenantPage(tenant, fleet.at, servedLinks, { controls }), {
        asOf: fleet.at,
      })
    }),
  )
  app.get(servedLinks.catalogue, (_request, reply) =>
    sendPage(reply, site, cataloguePage(site.catalogue(), site.settings().policy, site.now())),
  )
  app.get(servedLinks.configuration, (_request, reply) => {
    const { source } = site
    return sendPage(reply, site, configurationPage(showSettings(site.settings(), source), source.configDir))
  })
}

/** Asks the store itself, so that what is shown holds now; `null`: it knows no such server; a sentence: it does not answer. */
async function explainServer(
  tenant: string,
  server: string,
  now: number,
  { link, settings, catalogue }: Site,
): Promise<ServerExplanation | string | null> {
  const open = link.get()
  if (typeof open === 'string') return open
  try {
    const [record, owner] = await Promise.all([
      open.store.read({ kind: 'server', tenant, server }),
      open.store.read({ kind: 'tenant', tenant }),
    ])
    if (record.state === 'absent') return null
    if (record.state === 'unreadable') return `its record is ${record.why}`
    if (owner.state === 'unreadable') return `the record of its tenant is ${owner.why}`
    const ownerRecord = owner.state === 'present' ? owner.value : { tenant, pauses: [], exemptions: [] }
    return explain(record.value, ownerRecord, reportRules(settings(), catalogue()), now)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
