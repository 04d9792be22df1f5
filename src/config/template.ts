import type { Reading, ValueKind } from './values'
import { suggestion } from './problem'

/** What a reply may mention, with the most characters that can stand for it. */
export const placeholders: ReadonlyMap<string, number> = new Map([
  ['minutes', 2],
  ['help_url', 0],
  ['server', 253],
  ['build', '15.01.2507.039'.length],
  ['free_at', '2026-12-01T00:15:08Z'.length],
])

/** RFC 5321 4.5.3.1.5: 512 octets with CRLF. */
export const replyLineMax = 510
const codeLength = '450 4.7.230 '.length

/** A reply's text; its length is known only together with the help address: see `longestReply`. */
export const replyTemplate: ValueKind<string> = {
  allowed: `one line of printable ASCII with the placeholders ${[...placeholders.keys()]
    .map((name) => `{${name}}`)
    .join(' ')}, ${replyLineMax} characters at most when filled in and with its code`,
  isList: false,
  read: (text) => readTemplate(text),
}

function readTemplate(text: string): Reading<string> {
  if (text === '') return { ok: false, why: 'is empty' }
  if (/[^\x20-\x7e]/.test(text)) return { ok: false, why: 'holds characters other than printable ASCII' }
  for (const [, name = ''] of text.matchAll(/\{([^{}]*)\}/g)) {
    if (!placeholders.has(name)) {
      return {
        ok: false,
        why: `has the unknown placeholder {${name}}${suggestion(name, [...placeholders.keys()])}`,
      }
    }
  }
  return /[{}]/.test(text.replaceAll(/\{[^{}]*\}/g, ''))
    ? { ok: false, why: 'has a { or } that belongs to no placeholder' }
    : { ok: true, value: text }
}

/** Length of the reply line, code included, at worst. */
export function longestReply(template: string, helpUrl: string): number {
  let length = codeLength + template.length
  for (const [written, name = ''] of template.matchAll(/\{([^{}]*)\}/g)) {
    length += (name === 'help_url' ? helpUrl.length : (placeholders.get(name) ?? 0)) - written.length
  }
  return length
}
