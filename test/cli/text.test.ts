import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseInstant, startOption } from '../../src/cli/instant'
import { readLines } from '../../src/cli/lines'
import { printable } from '../../src/rules/decision/printable'
import { jsonText } from '../../src/cli/json-text'
import { facts, textTable } from '../../src/cli/table'
import { csv } from '../../src/report/csv'
import { obeyedByTerminals } from './support'

describe('parseInstant', () => {
  const rows: readonly (readonly [text: string, iso: string | null, reason: string])[] = [
    ['2026-12-01', '2026-12-01T00:00:00.000Z', 'a date alone'],
    ['2026-12-01T08:30Z', '2026-12-01T08:30:00.000Z', 'to the minute'],
    ['2026-12-01 08:30:05', '2026-12-01T08:30:05.000Z', 'without a zone it is UTC'],
    ['2026-12-01T08:30:05.1239999+01:30', '2026-12-01T07:00:05.123Z', 'more digits than are kept'],
    ['2026-12-01T08:30:05.5-0800', '2026-12-01T16:30:05.500Z', 'a zone without its colon'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z', 'a leap day'],
    ['2026-02-29', null, 'no leap day'],
    ['2026-04-31', null, 'a day too many'],
    ['2026-00-01', null, 'month 0'],
    ['2026-12-01T24:00Z', null, 'hour 24'],
    ['2026-12-01T08:60Z', null, 'minute 60'],
    ['2026-12-01T08:00+24:00', null, 'a zone of a day'],
    ['1 Dec 2026', null, 'in words'],
    ['1796083200000', null, 'a number'],
    ['', null, 'nothing'],
  ]
  for (const [text, iso, reason] of rows) {
    it(`reads ${iso ?? 'nothing'}: ${reason}`, () => {
      const at = parseInstant(text)
      assert.equal(at === null ? null : new Date(at).toISOString(), iso)
    })
  }

  it('reads every instant that is written in full', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (at) => {
        assert.equal(parseInstant(new Date(at).toISOString()), at)
      }),
    )
  })

  it("takes today's date for now, and no other", () => {
    const now = Date.UTC(2026, 10, 22, 15)
    assert.equal(startOption('--from', '2026-11-22', now), now)
    assert.equal(startOption('--from', '2026-11-22T00:00', now), Date.UTC(2026, 10, 22))
    assert.equal(startOption('--from', '2026-11-21', now), Date.UTC(2026, 10, 21))
    assert.equal(startOption('--from', '2026-11-23', now), Date.UTC(2026, 10, 23))
  })
})

describe('readLines', () => {
  const linesOf = async (chunks: readonly Buffer[], maxBytes: number) => {
    const found: string[] = []
    async function* source() {
      yield* chunks
    }
    for await (const lines of readLines(source(), maxBytes)) {
      found.push(...lines.map(({ text, isCut }) => (isCut ? `${text}…` : text)))
    }
    return found
  }

  it('finds the same lines wherever the chunks end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'binary', maxLength: 9 }).filter((text) => !/[\n\ud800-\udfff]/.test(text)),
        ),
        fc.integer({ min: 1, max: 7 }),
        async (lines, size) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
            bytes.subarray(at * size, at * size + size),
          )
          assert.deepEqual(await linesOf(chunks, 1000), lines)
        },
      ),
    )
  })

  it('cuts a line that is too long, and keeps the last one without its end', async () => {
    assert.deepEqual(await linesOf([Buffer.from('abc'), Buffer.from('def\nabcd\n\nab')], 4), [
      'abcd…',
      'abcd',
      '',
      'ab',
    ])
  })
})

describe('What is printed', () => {
  it('holds nothing that a terminal obeys, in text, JSON, tables and CSV', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const value = `${text}\u202e\u009b\u{e0001}`
        assert.doesNotMatch(printable(value), obeyedByTerminals)
        assert.doesNotMatch(jsonText({ value }), obeyedByTerminals)
        assert.deepEqual(JSON.parse(jsonText({ value }, true)), { value })
        const column = { heading: 'x', text: (row: string) => row }
        assert.doesNotMatch(textTable([column], [value]).join('\n'), obeyedByTerminals)
        assert.doesNotMatch(csv([column], [value]).replaceAll('\r\n', ''), obeyedByTerminals)
      }),
    )
  })

  it('aligns what is said, folds what is long, and leaves out what is not known', () => {
    const lines = facts(
      [
        ['a', 'one two three'],
        ['long', null],
        ['bc', 'x'],
      ],
      26,
    )
    assert.deepEqual(lines, ['  a   one two three', '  bc  x'])
    assert.deepEqual(facts([['a', 'one two three four five six']], 20), [
      '  a  one two three four',
      '     five six',
    ])
  })
})
