import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Evidence } from '../../../src/rules/evidence/evidence'
import { readEvidence } from '../../../src/rules/evidence/reading'
import { compareBuilds, sameBranch } from '../../../src/rules/verdict/build'
import { blocks, factsOf, labelled, receivedOf } from './corpus'

const plain = { trustedRelays: [], lookBehindRelays: false }
const everything = { trustedRelays: ['relay.example', '*.example'], lookBehindRelays: true }

function connecting(...fields: string[]): Evidence {
  return readEvidence(fields, plain).connecting
}

/** One field for every labelled hop of the corpus, without the server's other hops. */
const exchangeFields = blocks.flatMap((block) => {
  const indexes = receivedOf(block)
  return block.exchange_hops
    .filter((hop) => labelled(block, hop.index).kind !== 'neither')
    .map((hop) => block.headers[indexes[hop.index]!]!)
})
const anyField = fc.constantFrom(...blocks.flatMap((block) => [...block.headers]))
const exchangeField = fc.constantFrom(...exchangeFields)

const piece = fc.oneof(
  fc.constantFrom(
    ...[
      'from ',
      'by ',
      'with ',
      'id ',
      'via ',
      'for ',
      'Microsoft SMTP Server ',
      'mapi ',
      '(',
      ')',
      '"',
      '\\',
      ';',
    ],
    ...[
      'ex01.contoso.com ',
      '15.1.2507.39 ',
      'Internet Mail Service ',
      '\r\n ',
      '\0',
      ' ',
      '[',
      ']',
      '<',
      '>',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(piece, { maxLength: 60 }).map((pieces) => `Received: ${pieces.join('')}`),
)

const versionShape = /\d+(?:\.\d+){3}/

function padded(version: string): string {
  const widths = [2, 2, 4, 3]
  return version
    .split('.')
    .map((part, index) => part.padStart(widths[index] ?? 0, '0'))
    .join('.')
}

describe('Evidence of any input', () => {
  it('never throws, and tells why where it finds none', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 6 }), (fields) => {
        for (const options of [plain, everything]) {
          const evidence = readEvidence(fields, options).connecting
          if (evidence.kind === 'none') assert.ok(['no-received', 'unreadable'].includes(evidence.reason))
          else assert.match(fields[evidence.field] ?? '', /^received/i)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('never tells a build whose numbers are not in the field', () => {
    fc.assert(
      fc.property(hostile, (field) => {
        const evidence = connecting(field)
        if (evidence.kind !== 'exchange' || evidence.rawId === null) return
        assert.ok(field.includes(evidence.rawId))
        assert.deepEqual(factsOf(evidence).build, evidence.rawId.split('.').map(Number).join('.'))
      }),
      { numRuns: 2000 },
    )
  })

  it('is the same however the field is folded', () => {
    const folds = fc.infiniteStream(fc.constantFrom(' ', '\r\n ', '\n\t', '\r\n\t ', '  ', '\t'))
    fc.assert(
      fc.property(exchangeField, folds, (field, stream) => {
        const colon = field.indexOf(':')
        const value = field.slice(colon + 1).replace(/\s+/g, () => String(stream.next().value))
        assert.deepEqual(connecting(field.slice(0, colon + 1) + value), connecting(field))
      }),
      { numRuns: 1000 },
    )
  })

  it('is the same in any case of its letters', () => {
    fc.assert(
      fc.property(exchangeField, fc.infiniteStream(fc.boolean()), (field, upper) => {
        const mixed = field.replace(/[a-z]/gi, (letter) =>
          upper.next().value ? letter.toUpperCase() : letter.toLowerCase(),
        )
        assert.deepEqual(connecting(mixed), connecting(field))
      }),
      { numRuns: 1000 },
    )
  })

  it('is the same in the long form of the id', () => {
    fc.assert(
      fc.property(exchangeField, (field) => {
        const evidence = connecting(field)
        if (evidence.kind !== 'exchange' || evidence.rawId === null) return
        const long = padded(evidence.rawId)
        assert.match(long, versionShape)
        const found = connecting(field.replace(evidence.rawId, long))
        assert.deepEqual(found, { ...evidence, rawId: long })
      }),
      { numRuns: 1000 },
    )
  })

  it('changes through fields below by E3 alone', () => {
    const below = fc.array(fc.oneof(anyField, hostile), { maxLength: 5 })
    let same = 0
    fc.assert(
      fc.property(exchangeField, below, (field, fields) => {
        const alone = connecting(field)
        const found = connecting(field, ...fields)
        if (alone.kind !== 'exchange' || found.kind !== 'exchange') return assert.deepEqual(found, alone)
        const { build } = alone
        if (!build || !found.build || found.rawId === alone.rawId) {
          same++
          return assert.deepEqual(found, alone)
        }
        assert.deepEqual([found.server, found.field], [alone.server, alone.field])
        assert.ok(sameBranch(found.build, build) && compareBuilds(found.build, build) > 0)
      }),
      { numRuns: 1000 },
    )
    assert.ok(same > 100)
  })

  it('is told of the highest id of a row, wherever that stands', () => {
    const revisions = fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(revisions, (numbers) => {
        const fields = numbers.map((n) => `Received: from a by ex01.contoso.com with mapi id 15.01.2507.${n}`)
        assert.equal(factsOf(connecting(...fields)).build, `15.1.2507.${Math.max(...numbers)}`)
      }),
    )
  })
})

describe('Evidence of long input', () => {
  const fieldLength = 16 * 1024
  const fill = (unit: string, length = fieldLength) =>
    `Received: from microsoft http ${unit.repeat(length)}`.slice(0, length)
  const units = [
    '(',
    ')',
    '()',
    '(\\',
    '"',
    '"\\"',
    '\\',
    ' ',
    'a',
    'a ',
    'by ',
    'from ',
    'with ',
    'x(',
    '((x) ',
  ]
  units.push(
    'internet ',
    'internet',
    'microsoft ',
    'microsoft smtp server ',
    'mapi ',
    '15.',
    '\0',
    '\r\n ',
    ';',
    '\u00e4',
  )

  /** Least of a few runs, in ms: what the work costs where nothing else disturbs it. */
  function leastTime(fields: readonly string[]): number {
    const times = Array.from({ length: 5 }, () => {
      const before = performance.now()
      readEvidence(fields, everything)
      return performance.now() - before
    })
    return Math.min(...times)
  }

  for (const unit of units) {
    it(`takes linear time in 1 MiB of ${JSON.stringify(unit)}`, () => {
      // Short fields first: were the scanner quadratic, one of 16 KiB would cost 256 times as much as one of 1 KiB.
      const short = Array.from({ length: 64 }, () => fill(unit, fieldLength / 16))
      const long = Array.from({ length: 64 }, () => fill(unit))
      leastTime(short)
      const [shortTime, longTime] = [leastTime(short), leastTime(long)]
      assert.ok(longTime < 64 * Math.max(shortTime, 0.5), `${shortTime} ms, then ${longTime} ms`)
    })
  }

  it('costs next to nothing where one field is 1 MiB long', () => {
    assert.ok(leastTime([fill('(', 1 << 20), fill('by ', 1 << 20)]) < 5)
  })
})
