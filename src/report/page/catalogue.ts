import type { Catalogue } from '../../rules/verdict/catalogue'
import type { Policy } from '../../rules/verdict/policy'
import { html } from './html'
import type { Page } from './page'

/** What is known of products, and which builds of them pass as of a day. */
export function cataloguePage(catalogue: Catalogue, policy: Policy, at: number): Page {
  return {
    title: 'Catalogue',
    section: 'catalogue',
    body: html`<h1>Catalogue</h1>
      <p>${catalogue.asOf} ${policy.preset} ${at}</p>`,
  }
}
