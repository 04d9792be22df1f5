import type { FastifyInstance, FastifyReply } from 'fastify'
import { html } from '../report/page/html'
import { servedLinks } from '../report/page/links'
import type { Page } from '../report/page/page'
import { checkToken, closeSession, openSession } from './access'
import { addresses, localAddress } from './addresses'
import { textOf } from './form-text'
import { sendPage } from './show'
import type { Site } from './site'

/** To log in; the form needs no token against forgery, since it holds the one that lets in. */
export function loginRoutes(app: FastifyInstance, site: Site): void {
  app.get(addresses.login, (request, reply) => {
    const next = localAddress(textOf(request.query, 'next'))
    return request.session ? reply.redirect(next, 303) : sendPage(reply, site, loginPage(next, null))
  })
  app.post(addresses.login, (request, reply) => {
    const next = localAddress(textOf(request.body, 'next'))
    const again = (status: number, problem: string): FastifyReply =>
      sendPage(reply, site, loginPage(next, problem), { status })
    const offered = textOf(request.body, 'token').trim()
    const right = checkToken(offered, request, site)
    if (right === null) {
      const seconds = Math.max(1, Math.ceil(site.throttle.waitMs(request.ip, site.now()) / 1000))
      reply.header('retry-after', String(seconds))
      return again(429, `Too many wrong tokens. Try again in ${seconds} s.`)
    }
    if (!right && site.token.trouble() !== null) {
      return again(503, 'Nobody can log in now: the token file cannot be used, and the log says why.')
    }
    if (!right) return again(401, 'That is not the token.')
    openSession(request, reply, site)
    return reply.redirect(next, 303)
  })
}

/** To log out, from within. */
export function logoutRoute(app: FastifyInstance, site: Site): void {
  app.post(addresses.logout, { preHandler: app.csrfProtection }, (request, reply) => {
    closeSession(request, reply, site)
    return reply.redirect(addresses.login, 303)
  })
}

function loginPage(next: string, problem: string | null): Page {
  return {
    title: 'Log in',
    section: null,
    body: html`<div class="card login">
      <h1>Log in</h1>
      ${problem !== null && html`<p class="notice fault" role="alert" id="token-problem">${problem}</p>`}
      <form method="post" action="${addresses.login}">
        ${next !== servedLinks.overview && html`<input type="hidden" name="next" value="${next}" />`}
        <div class="field">
          <!-- Password managers ask for one. -->
          <input type="text" name="username" value="operator" autocomplete="username" readonly hidden />
          <label for="token">Token</label>
          <p class="hint" id="token-hint">It is in the file that [web] token_file names.</p>
          <input
            type="password"
            id="token"
            name="token"
            required
            autocomplete="current-password"
            aria-describedby="token-hint${problem !== null && ' token-problem'}"
            ${problem !== null && html` aria-invalid="true"`}
          />
        </div>
        <p class="buttons"><button type="submit">Log in</button></p>
      </form>
    </div>`,
  }
}
