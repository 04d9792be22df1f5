import { isPlaceholder, maxReplyOctets, placeholders, type Placeholder } from '../rules/decision/reply'
import type { Reading, ValueKind } from './values'
import { suggestion } from './problem'

/** The most characters that can stand for what a reply mentions; the help address is known. */
const longest: Readonly<Record<Exclude<Placeholder, 'help_url'>, number>> = {
  minutes: 2,
  server: 253,
  build: '15.01.2507.039'.length,
  free_at: '2026-12-01T00:15:08Z'.length,
}

const codeLength = '450 4.7.230 '.length

/** A reply's text; its length is known only together with the help address: see `longestReply`. */
export const replyTemplate: ValueKind<string> = {
  allowed: `one line of printable ASCII with the placeholders ${placeholders
    .map((name) => `{${name}}`)
    .join(' ')}, ${maxReplyOctets} characters at most when filled in and with its code`,
  isList: false,
  read: (text) => readTemplate(text),
}

function readTemplate(text: string): Reading<string> {
  if (text === '') return { ok: false, why: 'is empty' }
  if (/[^\x20-\x7e]/.test(text)) return { ok: false, why: 'holds characters other than printable ASCII' }
  for (const [, name = ''] of text.matchAll(/\{([^{}]*)\}/g)) {
    if (!isPlaceholder(name)) {
      return {
        ok: false,
        why: `has the unknown placeholder {${name}}${suggestion(name, placeholders)}`,
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
    if (!isPlaceholder(name)) continue
    length += (name === 'help_url' ? helpUrl.length : longest[name]) - written.length
  }
  return length
}
