import { html, type Html } from './html'
import type { Links } from './links'
import type { Notice, Page, Section } from './page'
import { ago, instant } from './words'

/** What stands around a page. */
export interface Frame {
  /** Where the navigation leads; `null`: there is none, as before a login. */
  readonly links: Links | null
  /** Address of the stylesheet. */
  readonly stylesheet: string
  readonly now: number
  /** When memory was read, epoch ms; `null`: the page shows nothing of it. */
  readonly asOf: number | null
  readonly notices: readonly Notice[]
  /** At the end of the header, such as a form to log out. */
  readonly account: Html | null
}

export const productName = 'Exchange enforcement'

/** A whole document, as text. It needs no script and names nothing outside but its stylesheet. */
export function document(page: Page, frame: Frame): string {
  const { links, stylesheet, asOf, now, notices, account } = frame
  return `<!doctype html>\n${html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <title>${page.title} · ${productName}</title>
      <link rel="stylesheet" href="${stylesheet}" />
    </head>
    <body>
      <a class="skip" href="#content">Skip to content</a>
      ${header(links, page.section, account)}
      <main id="content" tabindex="-1">${notices.map(notice)} ${page.body}</main>
      ${asOf === null ? null : footer(asOf, now)}
    </body>
  </html> `}`
}

const sections: readonly (readonly [section: Section, label: string, address: (links: Links) => string])[] = [
  ['overview', 'Overview', (links) => links.overview],
  ['servers', 'Servers', (links) => links.servers({})],
  ['tenants', 'Tenants', (links) => links.tenants],
  ['catalogue', 'Catalogue', (links) => links.catalogue],
  ['configuration', 'Configuration', (links) => links.configuration],
]

export function header(links: Links | null, current: Section | null, account: Html | null): Html {
  const entry = ([section, label, address]: (typeof sections)[number], to: Links): Html =>
    html`<li><a href="${address(to)}" ${section === current && html` aria-current="page"`}>${label}</a></li>`
  return html`<header class="top">
    <p class="brand">${productName}</p>
    ${
      links &&
      html`<nav aria-label="Pages">
        <ul>
          ${sections.map((each) => entry(each, links))}
        </ul>
      </nav>`
    }
    ${account && html`<div class="account">${account}</div>`}
  </header>`
}

export function notice({ kind, text }: Notice): Html {
  const role = kind === 'fault' ? 'alert' : 'status'
  return html`<p class="notice ${kind}" role="${role}">${text}</p>`
}

function footer(asOf: number, now: number): Html {
  return html`<footer class="bottom">
    <p>As of ${instant(asOf)}${now - asOf < 1000 ? null : `, ${ago(asOf, now)}`}. Times are UTC.</p>
  </footer>`
}
