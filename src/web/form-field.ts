import { html, type Html } from '../report/page/html'
import type { FieldName, FormProblem } from './order-form'

/** One labelled field of a form, with its hint and what is wrong with it. */
export interface Field {
  readonly name: FieldName
  readonly label: string
  readonly hint: string | null
  /** The input itself; it takes `attributes`, which tie it to label, hint and problem. */
  readonly input: (attributes: Html) => Html
}

export function field({ name, label, hint, input }: Field, problems: readonly FormProblem[]): Html {
  const problem = problems.find((each) => each.field === name)
  const describedBy = [hint === null ? null : `${name}-hint`, problem ? `${name}-problem` : null].filter(
    (id) => id !== null,
  )
  const attributes = html` id="${name}"
  name="${name}"${
    describedBy.length > 0 && html` aria-describedby="${describedBy.join(' ')}"`
  }${problem !== undefined && html` aria-invalid="true"`}`
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint !== null && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${problem !== undefined && html`<p class="problem" id="${name}-problem">${problem.text}</p>`}
    ${input(attributes)}
  </div>`
}

/** At the head of a form: everything that is wrong with it, each leading to its field. */
export function problemList(problems: readonly FormProblem[]): Html | null {
  if (problems.length === 0) return null
  const lines = problems.map(({ field: name, text }) =>
    name === null ? html`<li>${text}</li>` : html`<li><a href="#${name}">${text}</a></li>`,
  )
  return html`<div class="notice fault problems" role="alert">
    <p>Nothing was done:</p>
    <ul>
      ${lines}
    </ul>
  </div>`
}

/** A form that changes something; `token` is what @fastify/csrf-protection asks for. */
export function postForm(action: string, token: string, content: Html): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="_csrf" value="${token}" />${content}
  </form>`
}
