import { printable } from '../../rules/decision/printable'

/** Text that is HTML already. Only this file makes it. */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  /** Text of this project's own, never of the network. */
  static trusted(text: string): Html {
    return new Html(text)
  }

  toString(): string {
    return this.#text
  }
}

/** What may stand in a template: texts are escaped; `null`, `undefined` and `false` are nothing. */
export type Content = string | number | null | undefined | false | Html | readonly Content[]

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * HTML from a template. Whatever is filled in shows as text, in an element as in an attribute in quotes (S7): markup
 * as it was written, control and bidirectional characters by their number.
 */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  const markup = compact(strings)
  let text = markup[0] ?? ''
  contents.forEach((content, at) => {
    text += render(content) + (markup[at + 1] ?? '')
  })
  return Html.trusted(text)
}

const compacted = new WeakMap<TemplateStringsArray, readonly string[]>()

/** The indentation of a template is for who reads the code. Each is looked at once. */
function compact(strings: TemplateStringsArray): readonly string[] {
  const known = compacted.get(strings)
  if (known) return known
  const markup = strings.map((part) => part.replace(/\n\s*/g, '\n'))
  compacted.set(strings, markup)
  return markup
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return ''
  if (content instanceof Html) return content.toString()
  if (typeof content === 'string') return escapeHtml(content)
  if (typeof content === 'number') return String(content)
  return content.map(render).join('')
}

function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => named[character] ?? '')
}
