import type { FastifyReply } from 'fastify'
import { document } from '../report/page/document'
import { html } from '../report/page/html'
import type { Page } from '../report/page/page'
import { sendPage } from './show'
import type { Site } from './site'
import { stylesheetAddress } from './style'

/** What a client is told for a status: what happened, and what to do. */
const texts: ReadonlyMap<number, readonly [title: string, text: string]> = new Map([
  [400, ['This request cannot be read', 'The address or what was sent with it is damaged.']],
  [
    403,
    [
      'This form is not valid any more',
      'It was opened in another session, or elsewhere. Open the page anew and try again.',
    ],
  ],
  [
    404,
    ['There is no such page', 'Nothing of that name is known here. It may have been forgotten meanwhile.'],
  ],
  [405, ['That cannot be done here', 'This address does not take such a request.']],
  [
    409,
    [
      'This order is not waiting any more',
      'It was carried out or dropped meanwhile. Look at the tenant, and give it anew.',
    ],
  ],
  [413, ['That is too much', 'No form of these pages is that long.']],
  [415, ['That cannot be read', 'Only forms of these pages are taken.']],
  [
    421,
    [
      'Another name was asked for',
      'These pages answer to their address, and to the host of [web] public_url.',
    ],
  ],
  [429, ['Too many wrong tokens', 'Wait a minute, then try again.']],
  [503, ['Memory was not read yet', 'The page tries again by itself every few seconds; load it again.']],
])

export function errorPage(status: number): Page {
  const [title, text] = texts.get(status) ?? [
    'This page could not be made',
    'It is a fault of ours; the log of exchange-enforcement serve says which.',
  ]
  return {
    title,
    section: null,
    body: html`<h1>${title}</h1>
      <p class="lead">${text}</p>`,
  }
}

/** For a request that is so damaged that nothing is known of it, not even its session. */
export function bareError(status: number, now: number): string {
  const frame = { links: null, stylesheet: stylesheetAddress, now, asOf: null, notices: [], account: null }
  return document(errorPage(status), frame)
}

export function sendError(reply: FastifyReply, site: Site, status: number): FastifyReply {
  return sendPage(reply, site, errorPage(status), { status })
}
