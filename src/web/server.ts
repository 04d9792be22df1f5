import cookie from '@fastify/cookie'
import csrfProtection from '@fastify/csrf-protection'
import formbody from '@fastify/formbody'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { guardAll, guardLogin, safetyHeaders, toLogin } from './access'
import { addresses } from './addresses'
import { bareError, sendError } from './error-pages'
import { dataRoutes } from './data-routes'
import { loginRoutes, logoutRoute } from './login-routes'
import { orderRoutes } from './order-routes'
import { pageRoutes } from './page-routes'
import type { Site } from './site'
import { stylesheetAddress, stylesheetText } from './style'

const patienceMs = 10_000
const maxConnections = 100
/** The longest form has a reason of 200 characters. */
const maxBodyBytes = 16_384
/** Names that servers give themselves are part of addresses. */
const maxNameLength = 2_000

/** The pages over HTTP; it listens nowhere yet. */
export async function createServer(site: Site): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    connectionTimeout: patienceMs,
    requestTimeout: patienceMs,
    keepAliveTimeout: patienceMs / 2,
    forceCloseConnections: true,
    // The proxy that [web] public_url tells of is the one that speaks to us; what stands before it only it knows.
    trustProxy: (_address, hop) => hop === 0 && site.settings().web.publicUrl !== null,
    routerOptions: { maxParamLength: maxNameLength },
    http: { maxHeaderSize: 16_384, headersTimeout: patienceMs, connectionsCheckingInterval: 2_000 },
    // No hook has run, and none will.
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack()
      reply.raw.writeHead(400, { ...safetyHeaders, 'content-type': 'text/html; charset=utf-8' })
      reply.raw.end(bareError(400, site.now()))
    },
    clientErrorHandler: (_error, socket) => {
      if (socket.writable)
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    },
  })
  app.server.maxConnections = maxConnections
  await app.register(cookie)
  // Only forms: what a page elsewhere can have a browser send as JSON or text is not even read.
  app.removeAllContentTypeParsers()
  await app.register(formbody)
  await app.register(csrfProtection, { sessionPlugin: '@fastify/session', sessionKey: 'csrfSecret' })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode = 500 } = error
    if (statusCode >= 400 && statusCode < 500) return sendError(reply, site, statusCode)
    site.journal.tell('fault', { path: request.url.split('?')[0] ?? '', why: error.message })
    return sendError(reply, site, 500)
  })
  app.setNotFoundHandler((request, reply) =>
    request.session ? sendError(reply, site, 404) : toLogin(request, reply),
  )
  guardAll(app, site)
  app.get(addresses.health, (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'))
  app.get(stylesheetAddress, (_request, reply) =>
    reply
      .type('text/css; charset=utf-8')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(stylesheetText),
  )
  loginRoutes(app, site)
  await app.register(async (inside) => {
    guardLogin(inside, site)
    logoutRoute(inside, site)
    pageRoutes(inside, site)
    dataRoutes(inside, site)
    orderRoutes(inside, site)
  })
  return app
}
