import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { parseIni } from '../../src/config/ini'
import { formatProblem } from '../../src/config/problem'

type Section = Readonly<Record<string, unknown>>

const reader: {
  logger: (line: string) => void
  parseIni(name: string, options: object, text: string): Readonly<Record<string, Section>>
} = createRequire(__filename)('haraka-config/lib/readers/ini')

function read(text: string) {
  return parseIni({ path: 'x.ini', text }, { repeatedSections: 'join' })
}

function flat(text: string): Record<string, Record<string, string>> {
  return Object.fromEntries(
    [...read(text).sections].map(([name, { values }]) => [
      name,
      Object.fromEntries([...values].map(([key, value]) => [key, value.text])),
    ]),
  )
}

function problems(text: string): readonly string[] {
  return read(text).problems.map(formatProblem)
}

describe('Ini text', () => {
  const good: [why: string, text: string, expected: Record<string, Record<string, string>>][] = [
    ['a key before any section belongs to main', 'mode = off', { main: { mode: 'off' } }],
    ['nothing is turned into a number', '[a]\nv = 15.10\nid = 007', { a: { v: '15.10', id: '007' } }],
    ['blanks around = do not matter', '[a]\n  k   =  v  ', { a: { k: 'v' } }],
    ['a value may hold =', '[a]\nk = b=c', { a: { k: 'b=c' } }],
    ['an empty value is a value', '[a]\nk =', { a: { k: '' } }],
    ['comments and blank lines are skipped', '; x\n# y\n\n[a]\n  ; z\nk=1', { a: { k: '1' } }],
    ['lines of Windows and of the old Macintosh', '[a]\r\nk=1\rl=2', { a: { k: '1', l: '2' } }],
    ['a byte order mark is white space', '\uFEFF[a]\nk=1', { a: { k: '1' } }],
    ['a backslash continues the line', '[a]\nk = 1, \\\n 2', { a: { k: '1,  2' } }],
    ['comments inside a continued line are skipped', '[a]\nk = 1,\\\n; no\n2', { a: { k: '1,2' } }],
    ['items of key[] become one list', '[a]\nk[] = 1\nk[] = 2', { a: { k: '1, 2' } }],
    [
      'a section may be opened again where that is allowed',
      '[a]\nk=1\n[b]\n[a]\nl=2',
      { a: { k: '1', l: '2' }, b: {} },
    ],
    [
      'names of Object.prototype are ordinary names',
      '[toString]\nvalueOf = 1',
      { toString: { valueOf: '1' } },
    ],
  ]
  for (const [why, text, expected] of good) {
    it(`is read as written: ${why}`, () => {
      assert.deepEqual(problems(text), [])
      assert.deepEqual(flat(text), expected)
    })
  }

  const bad: [text: string, problem: string][] = [
    [
      '[a]\n*.contoso.com = x',
      "x.ini:2: [a]: '*.contoso.com': a key can hold letters, digits and @:._+-/[] only; Haraka would drop this line",
    ],
    [
      '[a]\npass word = hunter2',
      "x.ini:2: [a]: 'pass word': a key cannot hold blanks; Haraka would drop this line",
    ],
    ['[a]\nmode', "x.ini:2: [a] mode: 'mode': the key has no value; write key = value"],
    [
      '[a]\nmode report',
      "x.ini:2: [a]: 'mode report': this line is neither a comment, nor [section], nor key = value; Haraka would drop it",
    ],
    ['[a]\n= x', "x.ini:2: [a]: '': a key is missing before ="],
    [
      '[a] ; new\nk = 1',
      "x.ini:1: [main]: '[a] ; new': nothing may stand behind [section]; comments go on a line of their own",
    ],
    ['[a\nk = 1', "x.ini:1: [main]: '[a': a section needs both brackets, [name]; write key = value"],
    [
      '[a]\nk[1] = 2',
      "x.ini:2: [a]: 'k[1]': brackets belong around a section, or as [] at the very end of a key",
    ],
    ['[]\nk = 1', "x.ini:1: []: a section cannot be named ''"],
    ['[__proto__]\nk = 1', "x.ini:1: [__proto__]: a section cannot be named '__proto__'"],
    ['[a]\nconstructor = 1', "x.ini:2: [a] constructor: a key cannot be named 'constructor'"],
    ['[a]\nk = 1\nk = 2', 'x.ini:3: [a] k: the key was already set in line 2; keep one of the two'],
    ['[a]\nk = 1\nk[] = 2', 'x.ini:3: [a] k: the key was already set in line 2; keep one of the two'],
    ['[a]\nk = 1 \\', 'x.ini:2: [a]: a continued line ends with the file; take away the backslash'],
    ['[a]\nk = 1 \\\n[b]', 'x.ini:2: [a]: a continued line runs into a section; take away the backslash'],
    ['; \u2028\\\nk = 1', 'x.ini:1: [main]: a comment cannot hold the line separators U+2028 and U+2029'],
    [
      '[a]\nk = 1\u20282',
      "x.ini:2: [a]: 'k': a key can hold letters, digits and @:._+-/[] only; Haraka would drop this line",
    ],
  ]
  for (const [text, problem] of bad) {
    it(`is refused where haraka-config would surprise: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(problems(text), [problem])
    })
  }

  it('names a section that is opened twice where each may be opened once', () => {
    const document = parseIni({ path: 'x.ini', text: '[a]\n[b]\n[a]' }, { repeatedSections: 'refuse' })
    assert.deepEqual(document.problems.map(formatProblem), [
      'x.ini:3: [a]: the section was already opened in line 1',
    ])
  })

  const piece = fc.oneof(
    fc.constantFrom(
      '[a]',
      '[b c]',
      '[main]',
      '[',
      ']',
      '=',
      ' = ',
      '\\',
      ';',
      '#',
      '[]',
      ' ',
      '\t',
      '\uFEFF',
      '\u2028',
    ),
    fc.constantFrom(
      'mode',
      'k',
      '15.10',
      '007',
      '-1',
      'yes',
      '__proto__',
      'constructor',
      '*.x',
      '"q"',
      'é',
      '\0',
    ),
    fc.constantFrom('k = 1', 'k[] = 2', 'l = a ; b', '[x] ; y', 'm ='),
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.string({ maxLength: 4 }),
  )
  const garbage = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))

  it('is understood exactly as haraka-config understands it, wherever nothing is refused', () => {
    reader.logger = () => undefined
    let compared = 0
    fc.assert(
      fc.property(garbage, (text) => {
        const own = flat(text)
        if (problems(text).length > 0) return
        compared += 1
        const theirs = reader.parseIni('x.ini', {}, text)
        const names = Object.keys(theirs).filter((name) => name !== 'main' || own[name])
        assert.deepEqual(Object.keys(own).sort(), names.sort())
        for (const name of names) {
          for (const [key, value] of Object.entries(theirs[name] ?? {})) {
            // An item may hold what stands between items; the list is the same.
            const items = Array.isArray(value)
              ? value.flatMap((item) => (typeof item === 'string' ? item.split(', ').map(coerced) : [item]))
              : [value]
            const written = Array.isArray(value) ? own[name]?.[key]?.split(', ') : [own[name]?.[key]]
            assert.deepEqual(written?.map(coerced), items, `${name}.${key}`)
          }
          assert.deepEqual(Object.keys(own[name] ?? {}).sort(), Object.keys(theirs[name] ?? {}).sort())
        }
      }),
      { numRuns: 2000 },
    )
    assert.ok(compared > 200, `only ${compared} texts were accepted`)
  })

  it('takes time in proportion to its length', () => {
    const long = `[a]\nk = ${' '.repeat(200_000)}x${' '.repeat(200_000)}y\n${' '.repeat(200_000)}\\`
    const from = process.hrtime.bigint()
    read(long)
    assert.ok(process.hrtime.bigint() - from < 500_000_000n)
  })
})

/** What haraka-config makes of a value. */
function coerced(text: string | undefined): unknown {
  if (text === undefined) return undefined
  if (/^-?\d+$/.test(text)) return Number.parseInt(text, 10)
  return /^-?\d+\.\d+$/.test(text) ? Number.parseFloat(text) : text
}
