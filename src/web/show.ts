import type { FastifyReply } from 'fastify'
import { document } from '../report/page/document'
import { html, type Html } from '../report/page/html'
import { servedLinks } from '../report/page/links'
import type { Notice, Page } from '../report/page/page'
import { shortInstant } from '../rules/instant'
import { addresses } from './addresses'
import { postForm } from './form-field'
import type { Session } from './sessions'
import type { Site } from './site'
import { stylesheetAddress } from './style'

export interface Showing {
  /** 200, if not given. */
  readonly status?: number
  /** When what the page shows was read. */
  readonly asOf?: number
  /** Said above it, before what is wrong in general. */
  readonly notices?: readonly Notice[]
}

/** Sends a page with everything around it; who has not logged in sees neither navigation nor notices. */
export function sendPage(reply: FastifyReply, site: Site, page: Page, showing: Showing = {}): FastifyReply {
  const { session } = reply.request
  const { status = 200, asOf = null, notices = [] } = showing
  const text = document(page, {
    links: session && servedLinks,
    stylesheet: stylesheetAddress,
    now: site.now(),
    asOf,
    notices: session ? [...takeNotice(session), ...notices, ...standing(site)] : notices,
    account: session && logoutForm(reply.generateCsrf()),
  })
  return reply.code(status).type('text/html; charset=utf-8').send(text)
}

function takeNotice(session: Session): readonly Notice[] {
  const { notice } = session
  session.notice = null
  return notice ? [notice] : []
}

/** What is wrong with memory or files, on every page until it is mended. */
function standing({ snapshots, troubles }: Site): readonly Notice[] {
  const { failure, current } = snapshots
  if (!failure) return troubles()
  const shown = current ? ` What is shown is as of ${shortInstant(current.at)}.` : ''
  const text = `Memory cannot be read since ${shortInstant(failure.since)}: ${failure.why.replace(/\.$/, '')}.${shown}`
  return [{ kind: 'fault', text }, ...troubles()]
}

function logoutForm(csrfToken: string): Html {
  return postForm(addresses.logout, csrfToken, html`<button type="submit" class="quiet">Log out</button>`)
}
