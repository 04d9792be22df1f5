import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TenantSummary } from '../report/fleet'
import { servedLinks } from '../report/page/links'
import type { Notice } from '../report/page/page'
import { sendError } from './error-pages'
import { textOf } from './form-text'
import { orderKinds, type Order, type Outcome, type PendingOrder } from './order'
import { formValues, readOrder, valuesOf, type FormProblem, type FormValues } from './order-form'
import { orderFormPage, orderReviewPage } from './order-pages'
import { reviewOrder, type Reviewed } from './order-review'
import { keepPending, nameOf } from './sessions'
import { sendPage } from './show'
import type { Site } from './site'

/** How long the answer to an order waits for what it changed to be read again. */
const freshnessMs = 2_000
/** How long it waits at all: a note in each history of a very large tenant takes its time. */
const patienceMs = 5_000

/** Pauses and exemptions: a form, what it will do, and doing it. */
export function orderRoutes(app: FastifyInstance, site: Site): void {
  const preHandler = app.csrfProtection
  for (const kind of orderKinds) {
    const path = `/tenants/:tenant/${kind}`
    const showForm = (
      reply: FastifyReply,
      { tenant }: TenantSummary,
      values: FormValues,
      problems: readonly FormProblem[],
    ): FastifyReply => {
      const form = { kind, tenant, values, problems, settings: site.settings(), now: site.now() }
      const page = orderFormPage({ ...form, csrfToken: reply.generateCsrf() })
      return sendPage(reply, site, page, { status: problems.length === 0 ? 200 : 422 })
    }
    app.get(path, (request, reply) => {
      const tenant = tenantOf(request, site)
      if (!tenant) return sendError(reply, site, site.snapshots.current ? 404 : 503)
      const before = request.session?.pending.get(textOf(request.query, 'order'))
      return showForm(reply, tenant, before ? valuesOf(before.order) : formValues(request.query), [])
    })
    app.post(path, { preHandler }, async (request, reply) => {
      const { session } = request
      const tenant = tenantOf(request, site)
      if (!tenant || !session) return sendError(reply, site, site.snapshots.current ? 404 : 503)
      const values = formValues(request.body)
      const reading = readOrder(kind, tenant.tenant, values, { settings: site.settings(), now: site.now() })
      if (!reading.ok) return showForm(reply, tenant, values, reading.problems)
      const reviewed = await review(reading.order, tenant, site)
      if (!reviewed.ok) return showForm(reply, tenant, values, [reviewed.problem])
      const pending: PendingOrder = { id: site.newId(), order: reading.order, outcome: null }
      keepPending(session, pending)
      const shown = { id: pending.id, ...pending.order }
      return sendPage(reply, site, orderReviewPage(shown, reviewed.review, reply.generateCsrf()))
    })
  }
  app.post('/orders/:id', { preHandler }, async (request, reply) => {
    const { session } = request
    const pending = session?.pending.get(textOf(request.params, 'id'))
    if (!session || !pending) return sendError(reply, site, 409)
    pending.outcome ??= carryOut(pending.order, request, site)
    const outcome = await Promise.race([pending.outcome, sleep(patienceMs, null, { ref: false })])
    session.notice = noticeOf(outcome)
    const { order } = pending
    return reply.redirect(outcome?.ok === true ? placeOf(order, site) : servedLinks.tenant(order.tenant), 303)
  })
}

/** @param outcome `null`: it is still being carried out */
function noticeOf(outcome: Outcome | null): Notice {
  if (outcome === null) {
    const text = 'It is under way: the histories of many servers are written. The log tells when it is done.'
    return { kind: 'info', text }
  }
  return outcome.ok
    ? { kind: 'done', text: outcome.text }
    : { kind: 'fault', text: `Nothing was done: ${outcome.why}.` }
}

/** One line for each order, however it went. */
async function carryOut(order: Order, request: FastifyRequest, site: Site): Promise<Outcome> {
  const outcome = await site.desk.carryOut(order)
  site.journal.tell('order', {
    ...facts(order),
    session: request.session && nameOf(request.session),
    remote: request.ip,
    result: outcome.ok ? 'done' : 'refused',
    said: outcome.ok ? outcome.text : outcome.why,
  })
  if (outcome.ok)
    await Promise.race([site.snapshots.refresh(), sleep(freshnessMs, undefined, { ref: false })])
  return outcome
}

function facts({ kind, tenant, reason, ...rest }: Order): Record<string, string | number | boolean | null> {
  const more: Record<string, string | number | boolean | null> = { order: kind, tenant }
  const at = (instant: number): string => new Date(instant).toISOString()
  if ('days' in rest) more['days'] = rest.days
  if ('from' in rest) more['from'] = rest.from === null ? 'now' : at(rest.from)
  if ('all' in rest) more['all'] = rest.all
  if ('target' in rest) {
    const { target } = rest
    more['target'] = target.kind
    if (target.kind === 'connector') more['connector'] = target.connector
    if (target.kind === 'server') more['server'] = target.server
  }
  if ('until' in rest) more['until'] = at(rest.until)
  return { ...more, reason }
}

/** Where its effect is seen. */
function placeOf(order: Order, { snapshots }: Site): string {
  const { tenant } = order
  if ('target' in order && order.target.kind === 'server') {
    const { server } = order.target
    const isKnown = snapshots.current?.tenants
      .find((each) => each.tenant === tenant)
      ?.servers.some((each) => each.server === server)
    if (isKnown === true) return servedLinks.server(tenant, server) ?? servedLinks.tenant(tenant)
  }
  return servedLinks.tenant(tenant)
}

/** By what memory holds of the tenant now, not a few seconds ago. */
async function review(order: Order, { tenant, servers }: TenantSummary, site: Site): Promise<Reviewed> {
  const refuse = (why: string): Reviewed => ({
    ok: false,
    problem: { field: null, text: `Memory cannot be read: ${why}.` },
  })
  const open = site.link.get()
  if (typeof open === 'string') return refuse(open)
  try {
    const stored = await open.store.read({ kind: 'tenant', tenant })
    if (stored.state === 'unreadable') return refuse(`the record of ${tenant} is ${stored.why}`)
    const record = stored.state === 'present' ? stored.value : { tenant, pauses: [], exemptions: [] }
    return reviewOrder(order, { record, servers, settings: site.settings(), now: site.now() })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

function tenantOf(request: FastifyRequest, { snapshots }: Site): TenantSummary | undefined {
  const name = textOf(request.params, 'tenant')
  return snapshots.current?.tenants.find(({ tenant }) => tenant === name)
}
