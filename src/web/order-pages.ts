import { html, type Content, type Html } from '../report/page/html'
import type { Page } from '../report/page/page'
import { table } from '../report/page/table'
import { demands, statusMark } from '../report/page/words'
import type { Settings } from '../config/settings'
import { field, postForm, problemList } from './form-field'
import type { OrderKind } from './order'
import type { FormProblem, FormValues } from './order-form'
import type { Review } from './order-review'
import { servedLinks } from '../report/page/links'
import { orderAddress, orderConfirmAddress } from './addresses'

const shownServers = 20

export interface OrderForm {
  readonly kind: OrderKind
  readonly tenant: string
  readonly values: FormValues
  readonly problems: readonly FormProblem[]
  readonly settings: Settings
  readonly now: number
  readonly csrfToken: string
}

/** The form of an order; sent, it is shown what it will do before it does it. */
export function orderFormPage(form: OrderForm): Page {
  const { kind, tenant, csrfToken, problems, values } = form
  const server = values.target === 'server' && values.server !== '' ? values.server : null
  const title = titles[kind](server ?? tenant)
  const back = server === null ? null : servedLinks.server(tenant, server)
  const content = html`${fieldsOf(form)} ${reasonField(form)}
    <p class="buttons">
      <button type="submit">Go on</button> <a href="${back ?? servedLinks.tenant(tenant)}">Cancel</a>
    </p>
    <p class="hint">The next page shows what it will do; nothing is done before you confirm it there.</p>`
  return {
    title,
    section: 'tenants',
    body: html`<h1>${title}</h1>
      <p class="lead">${introductions[kind]}</p>
      <div class="card sheet">
        ${problemList(problems)} ${postForm(orderAddress(tenant, kind), csrfToken, content)}
      </div>`,
  }
}

const titles: Readonly<Record<OrderKind, (name: string) => string>> = {
  pause: (name) => `Pause ${name}`,
  resume: (name) => `Resume ${name}`,
  exempt: (name) => `Exempt ${name}`,
  unexempt: (name) => `End an exemption of ${name}`,
}

const introductions: Readonly<Record<OrderKind, string>> = {
  pause:
    'While a tenant is paused, its clocks stand still and all its mail is accepted. Its days in a year are limited.',
  resume: 'Ends the pause that is running. Days that have not begun are given back.',
  exempt:
    'What is exempt has its mail accepted until a date. Unlike in a pause, clocks run on, and no days are charged.',
  unexempt:
    'Ends the exemption of exactly what is named: of the tenant as a whole, or of one connector or server.',
}

function fieldsOf(form: OrderForm): Content {
  switch (form.kind) {
    case 'pause':
      return [daysField(form), fromField(form)]
    case 'resume':
      return allField(form)
    case 'exempt':
      return [targetFields(form), untilField(form)]
    case 'unexempt':
      return targetFields(form)
  }
}

function daysField({ values, problems, settings }: OrderForm): Html {
  return field(
    {
      name: 'days',
      label: 'Days',
      hint: `Each of 24 hours. A tenant has ${settings.clock.pauseDaysPerYear} in a calendar year.`,
      input: (attributes) =>
        html`<input
          type="number"
          min="1"
          max="9999"
          step="1"
          required
          value="${values.days}"
          ${attributes}
        />`,
    },
    problems,
  )
}

function fromField({ values, problems, now }: OrderForm): Html {
  const today = new Date(now).toISOString().slice(0, 10)
  return field(
    {
      name: 'from',
      label: 'Begins on (optional)',
      hint: 'At 00:00 UTC of that day. Today, or nothing: now.',
      input: (attributes) => html`<input type="date" min="${today}" value="${values.from}" ${attributes} />`,
    },
    problems,
  )
}

function allField({ values }: OrderForm): Html {
  return html`<div class="field check">
    <input type="checkbox" id="all" name="all" value="yes" ${values.all === 'yes' && html` checked`} /><label
      for="all"
      >Also pauses that have not begun</label
    >
  </div>`
}

function targetFields({ tenant, values, problems, settings, kind }: OrderForm): Html {
  const connectors = settings.connectors.filter((each) => each.tenant === tenant).map(({ id }) => id)
  // A connector that is gone may still be exempt.
  const named = /^connector:(.+)$/s.exec(values.target)?.[1]
  const ids = kind === 'unexempt' && named !== undefined ? [...new Set([...connectors, named])] : connectors
  const option = (value: string, text: string): Html =>
    html`<option value="${value}" ${values.target === value && html` selected`}>${text}</option>`
  return html`${field(
    {
      name: 'target',
      label: 'What is meant',
      hint: null,
      input: (attributes) =>
        html`<select required${attributes}>
          ${option('tenant', `All of ${tenant}`)}
          ${ids.map((id) => option(`connector:${id}`, `Connector ${id}`))}
          ${option('server', 'One server, named below')}
        </select>`,
    },
    problems,
  )}
  ${field(
    {
      name: 'server',
      label: 'Server (only where one server is meant)',
      hint: 'The name that it writes into its mail. It need not have been seen yet.',
      input: (attributes) =>
        html`<input
          type="text"
          maxlength="255"
          autocapitalize="none"
          spellcheck="false"
          value="${values.server}"
          ${attributes}
        />`,
    },
    problems,
  )}`
}

function untilField({ values, problems, now }: OrderForm): Html {
  const tomorrow = new Date(now + 86_400_000).toISOString().slice(0, 10)
  return field(
    {
      name: 'until',
      label: 'Until',
      hint: 'It ends at 00:00 UTC of that day.',
      input: (attributes) =>
        html`<input type="date" min="${tomorrow}" required value="${values.until}" ${attributes} />`,
    },
    problems,
  )
}

function reasonField({ values, problems }: OrderForm): Html {
  return field(
    {
      name: 'reason',
      label: 'Reason',
      hint: 'Kept with it, and in the history of the servers. 200 characters at most.',
      input: (attributes) =>
        html`<input type="text" maxlength="200" required value="${values.reason}" ${attributes} />`,
    },
    problems,
  )
}

const verbs: Readonly<Record<OrderKind, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  exempt: 'Exempt',
  unexempt: 'End the exemption',
}

/** What an order will do, and the button that does it. */
export function orderReviewPage(
  order: { readonly id: string; readonly kind: OrderKind; readonly tenant: string; readonly reason: string },
  { title, effects, servers }: Review,
  csrfToken: string,
): Page {
  const { id, kind, tenant, reason } = order
  const buttons = html`<p class="buttons">
    <button type="submit">${verbs[kind]}</button>
    <a href="${orderAddress(tenant, kind)}?order=${id}">Change</a>
    <a href="${servedLinks.tenant(tenant)}">Cancel</a>
  </p>`
  return {
    title,
    section: 'tenants',
    body: html`<h1>${title}</h1>
      <div class="card sheet">
        <ul class="effects">
          ${effects.map((effect) => html`<li>${effect}</li>`)}
        </ul>
        <p class="reason">Reason: <q>${reason}</q></p>
        ${serverTable(servers)} ${postForm(orderConfirmAddress(id), csrfToken, buttons)}
      </div>`,
  }
}

function serverTable(servers: Review['servers']): Html {
  const shown = servers.slice(0, shownServers)
  return html`${table({
    caption: `Servers concerned: ${servers.length}`,
    columns: [
      { heading: 'server', kind: 'name', cell: ({ server }) => server },
      { heading: 'status now', cell: ({ status }) => statusMark(status) },
      {
        heading: 'stage now',
        cell: ({ clock }) => clock && html`${clock.stage.stage}: ${demands(clock.stage)}`,
      },
    ],
    rows: shown,
    empty: 'No server whose clock runs is concerned.',
  })}
  ${servers.length > shown.length && html`<p class="more">And ${servers.length - shown.length} more.</p>`}`
}
