import type { Random } from './random'

/** What makes trouble in text: ends of things, their escapes, and characters that are not what they look like. */
const trouble: readonly string[] = [
  ...['\0', '\r', '\n', '\r\n', '\r\n ', '\n\t', '\t', ' ', '  ', '\x1b[2J', '\x7f', '\x85', '\b'],
  ...[
    '"',
    "'",
    '\\',
    '\\"',
    '(',
    ')',
    '()',
    '((',
    '[',
    ']',
    '{',
    '}',
    '<',
    '>',
    '<script>',
    ';',
    ':',
    ',',
    '=',
  ],
  ...[
    '%',
    '%s',
    '%n',
    '%00',
    '%0d%0a',
    '&',
    '*',
    '*.',
    '.',
    '..',
    '@',
    '/',
    '../',
    '~',
    '`',
    '$',
    '${x}',
    '|',
    '#',
    '-',
    '_',
  ],
  ...[
    '\u00a0',
    '\u00ad',
    '\u061c',
    '\u200b',
    '\u200f',
    '\u202e',
    '\u2028',
    '\u2029',
    '\u2066',
    '\ufeff',
    '\ufffd',
    '\uff0e',
  ],
  ...[
    '\u00df',
    '\u0130',
    '\u0131',
    '\u017f',
    '\u212a',
    '\u0430',
    '\u05d0',
    '\u0301',
    '\u{1f600}',
    '\ud800',
    '\udc00',
  ],
  ...[
    '0',
    '-1',
    '00',
    '1e9',
    '4294967296',
    '9007199254740993',
    '999999999999999999999',
    'NaN',
    'null',
    'true',
  ],
  ...['__proto__', 'constructor', 'toString', 'xn--', 'localhost', '::1', '0x7f.1'],
]

/** So long that it does not fit where it is put. */
const longest = 2000

/** Changes text in one to five places; `words` are those of the language that it is written in. */
export function mutate(
  text: string,
  random: Random,
  words: readonly string[],
  others: readonly string[],
): string {
  let changed = text
  for (let turn = random.few(5); turn >= 0; turn -= 1) changed = mutateOnce(changed, random, words, others)
  return changed
}

function mutateOnce(
  text: string,
  random: Random,
  words: readonly string[],
  others: readonly string[],
): string {
  const at = random.below(text.length + 1)
  const until = Math.min(text.length, at + 1 + random.few(40))
  switch (random.below(9)) {
    case 0:
      return splice(text, at, at, random.pick(trouble))
    case 1:
      return splice(text, at, until, random.pick(trouble))
    case 2:
      return splice(text, at, at, random.pick(words))
    case 3:
      return splice(text, at, until, '')
    case 4:
      return splice(text, at, at, text.slice(at, until))
    case 5:
      return splice(text, at, at + 1, String.fromCharCode(random.below(random.oneIn(4) ? 0x10000 : 0x100)))
    case 6:
      return splice(text, at, until, text.slice(at, until).toUpperCase())
    case 7:
      return splice(
        text,
        at,
        at,
        random.pick([...trouble, ...words]).repeat(1 + random.few(random.oneIn(20) ? longest : 20)),
      )
    default:
      return text.slice(0, at) + partOf(random.pick(others), random)
  }
}

function splice(text: string, from: number, to: number, put: string): string {
  return text.slice(0, from) + put + text.slice(to)
}

function partOf(text: string, random: Random): string {
  return text.slice(random.below(text.length + 1))
}

/** A word of the network: what a host calls itself, for better or worse. */
export function oddName(random: Random): string {
  const name = random.pick([
    'ex01.contoso.local',
    'mail.contoso.com',
    'EX02.FABRIKAM.COM.',
    'localhost',
    '[192.0.2.1]',
    '',
    'xn--bcher-kva.example',
    'b\u00fccher.example',
    'a'.repeat(64),
    'a.'.repeat(127),
  ])
  return random.oneIn(3) ? name : mutate(name, random, ['.', 'contoso', '.com', '*.'], [name])
}
