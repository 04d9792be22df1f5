import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { addresses } from './addresses'
import { sendError } from './error-pages'
import { hostOf, isOurs } from './host-names'
import { nameOf, type Session } from './sessions'
import type { Site } from './site'

declare module 'fastify' {
  interface FastifyRequest {
    session: Session | null
    /** When it came, on the clock of `performance`. */
    begunAt: number
  }
  interface FastifyContextConfig {
    /** Programs may ask with `Authorization: Bearer TOKEN`. */
    forPrograms?: boolean
  }
}

const cookieName = 'exchange-enforcement-session'

/** Of every answer. */
export const safetyHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** What holds for every request, before any page is asked for: host, origin, headers, session. */
export function guardAll(app: FastifyInstance, site: Site): void {
  app.decorateRequest('session', null)
  app.decorateRequest('begunAt', 0)
  app.addHook('onRequest', async (request, reply) => {
    request.begunAt = performance.now()
    reply.headers(safetyHeaders)
    const host = hostOf(request.headers.host)
    if (host === null || !isOurs(host, ownNames(site))) return sendError(reply, site, 421)
    if (request.method === 'POST' && isFromElsewhere(request)) return sendError(reply, site, 403)
    request.session = site.sessions.find(request.cookies[cookieName] ?? '', site.token.name(), site.now())
    if (request.session) site.snapshots.look()
    return undefined
  })
  app.addHook('onSend', async (request, reply) => {
    // What browsers show in their network panel; it tells strangers nothing.
    if (!request.session) return
    const tookMs = performance.now() - request.begunAt
    reply.header('server-timing', `page;dur=${tookMs.toFixed(1)}`)
  })
}

/** Lets in only who has logged in; others are led to the login, programs are told. */
export function guardLogin(app: FastifyInstance, site: Site): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.session) return undefined
    if (request.routeOptions.config.forPrograms === true) return admitProgram(request, reply, site)
    return toLogin(request, reply)
  })
}

export function toLogin(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isPage = request.method === 'GET' && request.url !== '/'
  const next = isPage ? `?${new URLSearchParams({ next: request.url }).toString()}` : ''
  return reply.redirect(`${addresses.login}${next}`, 303)
}

/** Whether the token is right; makes whoever guesses wait, and writes it down. `null`: it was not even looked at. */
export function checkToken(offered: string, request: FastifyRequest, site: Site): boolean | null {
  const { throttle, token, journal } = site
  const remote = request.ip
  const now = site.now()
  if (throttle.waitMs(remote, now) > 0) return null
  if (token.accepts(offered)) {
    throttle.succeeded(remote)
    return true
  }
  throttle.failed(remote, now)
  journal.tell('login-refused', { remote, why: token.trouble() ?? 'wrong token' })
  return false
}

export function openSession(request: FastifyRequest, reply: FastifyReply, site: Site): void {
  const session = site.sessions.open(site.token.name() ?? '', site.now())
  site.journal.tell('login', { session: nameOf(session), remote: request.ip })
  reply.setCookie(cookieName, session.id, cookieOptions(request, site))
}

export function closeSession(request: FastifyRequest, reply: FastifyReply, site: Site): void {
  if (request.session) {
    site.sessions.close(request.session)
    site.journal.tell('logout', { session: nameOf(request.session), remote: request.ip })
  }
  reply.clearCookie(cookieName, cookieOptions(request, site))
}

function cookieOptions(request: FastifyRequest, { settings }: Site) {
  const url = publicUrl(settings().web.publicUrl)
  const secure = url?.protocol === 'https:' && hostOf(request.headers.host) === url.hostname
  return { path: '/', httpOnly: true, sameSite: 'strict', secure } as const
}

function admitProgram(request: FastifyRequest, reply: FastifyReply, site: Site): FastifyReply | undefined {
  const offered = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const right = offered === undefined ? false : checkToken(offered, request, site)
  if (right === true) return undefined
  if (right === null) return refuseProgram(reply, 429, 'too many wrong tokens; wait a minute')
  return refuseProgram(
    reply.header('www-authenticate', 'Bearer'),
    401,
    'log in, or send the token: Authorization: Bearer TOKEN',
  )
}

export function refuseProgram(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`)
}

function ownNames({ listen, settings }: Site): readonly string[] {
  const name = publicUrl(settings().web.publicUrl)?.hostname
  return name === undefined ? [listen.host] : [listen.host, name]
}

function publicUrl(text: string | null): URL | null {
  return text === null ? null : new URL(text)
}

/** What browsers say of a request that another site made; SameSite and the token of the form stand behind it. */
function isFromElsewhere({ headers: sent }: FastifyRequest): boolean {
  const site = sent['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
