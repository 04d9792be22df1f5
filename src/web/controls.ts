import { html, type Html } from '../report/page/html'
import type { ServerSummary } from '../report/summary'
import type { TenantSummary } from '../report/fleet'
import { orderAddress } from './addresses'
import { targetValues } from './order-form'

/** What can be done about a tenant. */
export function tenantControls({ tenant, pauses, exemptions }: TenantSummary, now: number): Html {
  const isOpen = pauses.some(({ until }) => now < until)
  return html`${[
    link(orderAddress(tenant, 'pause'), 'Pause'),
    ...(isOpen ? [link(orderAddress(tenant, 'resume'), 'Resume')] : []),
    link(orderAddress(tenant, 'exempt', { target: 'tenant' }), 'Exempt'),
    ...exemptions.map(({ target }) => {
      const values = targetValues(target)
      const what =
        target.kind === 'connector' ? target.connector : target.kind === 'server' ? target.server : tenant
      return link(orderAddress(tenant, 'unexempt', values), `End the exemption of ${what}`)
    }),
  ]}`
}

/** What can be done about a server. */
export function serverControls({ tenant, server, exemption, pause }: ServerSummary): Html {
  return html`${[
    exemption
      ? link(orderAddress(tenant, 'unexempt', targetValues(exemption.target)), 'End its exemption')
      : link(orderAddress(tenant, 'exempt', { target: 'server', server }), 'Exempt this server'),
    pause
      ? link(orderAddress(tenant, 'resume'), `Resume ${tenant}`)
      : link(orderAddress(tenant, 'pause'), `Pause ${tenant}`),
  ]}`
}

function link(address: string, text: string): Html {
  return html`<a class="button quiet" href="${address}">${text}</a>`
}
