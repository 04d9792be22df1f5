import type { ServerExplanation } from '../explanation'
import { html } from './html'
import type { Links } from './links'
import type { Page, Slots } from './page'

/** Everything about one server (R3, R5). `at`: the instant that it was explained for. */
export function serverPage(
  explanation: ServerExplanation,
  at: number,
  links: Links,
  { controls }: Slots,
): Page {
  const { tenant, server, lastSeenAt } = explanation.summary
  return {
    title: server,
    section: 'servers',
    body: html`<h1>${server}</h1>
      <p>of <a href="${links.tenant(tenant)}">${tenant}</a>, seen ${at - lastSeenAt}</p>
      ${controls}`,
  }
}
