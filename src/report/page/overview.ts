import type { Fleet } from '../fleet'
import { html } from './html'
import type { Links } from './links'
import type { Page } from './page'

/** The state of the whole fleet at a glance. */
export function overviewPage(fleet: Fleet, links: Links): Page {
  return {
    title: 'Overview',
    section: 'overview',
    body: html`<h1>Overview</h1>
      <p><a href="${links.servers({})}">${fleet.totals.servers} servers</a></p>`,
  }
}
