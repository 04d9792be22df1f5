import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MailDamage } from '../../src/mailbox/damage'
import { HeaderScanner } from '../../src/mailbox/header-scanner'
import { separationOf, type Separation } from '../../src/mailbox/separator'

function blocksOf(text: string | Buffer, sizes: readonly number[] = [], mustBeMbox = false) {
  const scanner = new HeaderScanner(mustBeMbox)
  const bytes = Buffer.from(text)
  const found = []
  let at = 0
  for (const size of [...sizes, bytes.length]) {
    // The scanner's caller uses one buffer for all chunks.
    const chunk = Buffer.from(bytes.subarray(at, at + size))
    found.push(...scanner.push(chunk))
    chunk.fill(0)
    at += size
  }
  return [...found, ...scanner.end()]
}

const from = 'From a@contoso.com Sun Nov 22 12:00:00 2026'
const loose = 'From a@contoso.com on 22.11.2026 at 12:00, 2026'

describe('HeaderScanner', () => {
  const rows: readonly (readonly [text: string, blocks: readonly (readonly string[])[], reason: string])[] = [
    ['A: 1\n 2\n\t3\nB: 4\n\nC: 5', [['A: 1\n 2\n\t3', 'B: 4']], 'folded fields, and nothing of the body'],
    ['\n\r\nA: 1\r\n\r\nB: 2', [['A: 1']], 'blank lines above'],
    ['\ufeffA: 1\n\nB: 2', [['A: 1']], 'a byte order mark above'],
    ['A: 1', [['A: 1']], 'no body at all'],
    ['A : 1\n\n', [['A : 1']], 'a blank before the colon'],
    ['From : a@contoso.com\nA: 1\n\n', [['From : a@contoso.com', 'A: 1']], 'a field From with a blank'],
    [' x\nA: 1\n\n', [['A: 1']], 'the rest of a field whose name is missing'],
    ['A: 1\nno field\nB: 2', [['A: 1']], 'a line that is no field ends the header'],
    [`${from}\nA: 1\n\nbody\n\n${from}\nB: 2\n\n`, [['A: 1'], ['B: 2']], 'two messages of an mbox'],
    [
      `${from}\nA: 1\n\nbody\n${from}\nB: 2`,
      [['A: 1'], ['B: 2']],
      'two that were joined without a blank line',
    ],
    [`${from}\nA: 1\n\nbody\n\n${loose}\nB: 2`, [['A: 1'], ['B: 2']], 'a date of another shape'],
    [
      `${from}\nA: 1\n\nbody\n${loose}\nB: 2`,
      [['A: 1']],
      'of another shape, without a blank line: it is text',
    ],
    [`${from}\nA: 1\n\n${from}\nB: 2\n\n`, [['A: 1'], ['B: 2']], 'a body that is empty'],
    [`${from}\nA: 1\n\n\nFrom now on\nB: 2\n`, [['A: 1']], 'no date: it is text'],
    ['From x\nA: 1\n\n\nFrom y\nB: 2\n', [['A: 1'], ['B: 2']], 'no date in any of them'],
    [
      `${from}\nA: 1\n\n\n${from}\nno field\n\n${from}\nB: 2`,
      [['A: 1'], ['B: 2']],
      'no field below: it is text',
    ],
    [`${from}\nA: 1\n\n\n>${from}\nB: 2\n`, [['A: 1']], 'a quoted one is text (mboxrd)'],
    [`${from}\n>From x\nA: 1\n${from}\nB: 2`, [['A: 1'], ['B: 2']], 'a message without a body'],
    [`${from}\n${from}\nA: 1\nFrom x\nB: 2\n\n`, [['A: 1', 'B: 2']], 'such lines inside of a header'],
    [`A: 1\n${from}\nB: 2\n\n`, [['A: 1', 'B: 2']], 'one inside of the header of a single message'],
    [`A: 1\n\n\n${from}\nB: 2\n`, [['A: 1']], 'in a file of one message it is text'],
    [`${from}\nA: 1\n\n\n${from}`, [['A: 1']], 'a file that ends with the line before a message'],
    [`${from}\nA: 1\n\n\n${from.padEnd(1200, '!')}\nB: 2\n`, [['A: 1']], 'a line longer than any such'],
    ['', [], 'nothing'],
  ]
  for (const [text, blocks, reason] of rows) {
    it(`finds ${blocks.length} header blocks: ${reason}`, () => {
      for (const shown of [text, text.replace(/\r?\n/g, '\r\n')]) {
        assert.deepEqual(
          blocksOf(shown).map(({ fields }) => fields),
          blocks,
        )
      }
    })
  }

  it('finds the same blocks wherever the chunks end', () => {
    const line = fc.constantFrom(
      ...[
        from,
        loose,
        `>${from}`,
        'From x',
        'From',
        'A: 1',
        'Received: by a.contoso.com',
        ' folded',
        '',
        '',
        '',
      ],
      ...['text', 'Fr\u00f6hlich: \u{1f600}', '\r', 'x'.repeat(70)],
    )
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 30, size: 'max' }),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200, size: 'max' }),
        (lines, end, sizes) => {
          const text = [from, 'A: 0', ...lines].join(end)
          assert.deepEqual(blocksOf(text, sizes), blocksOf(text))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never fails but by naming the damage, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          blocksOf(Buffer.from(bytes))
        } catch (error) {
          assert.ok(error instanceof MailDamage)
        }
      }),
    )
  })

  it('gives the line before each message of an mbox', () => {
    const text = `${from}\r\nA: 1\r\n\r\nbody\r\n\r\n${loose}\r\nB: 2\r\n`
    assert.deepEqual(
      blocksOf(text).map(({ fromLine }) => fromLine),
      [from, loose],
    )
    assert.equal(blocksOf('A: 1\n')[0]?.fromLine, null)
  })

  it('keeps no more than a mebibyte of a header, and no more than 64 KiB of a line', () => {
    const field = `X: ${'x'.repeat(60_000)}`
    const [block] = blocksOf(`A: 1\n${`${field}\n`.repeat(30)}B: 2\n\n`)
    assert.ok(block!.fields.join('').length <= 1024 * 1024)
    assert.equal(block!.fields[0], 'A: 1')
    const chunks = Array.from({ length: 30 }, () => 10_000)
    const cut = blocksOf(`A: ${'x'.repeat(300_000)}\nB: 2\n\n`, chunks)[0]!.fields
    assert.deepEqual([cut[0]!.length <= 128 * 1024, cut[1]], [true, 'B: 2'])
  })

  const damaged: readonly (readonly [text: string, mustBeMbox: boolean, says: RegExp, reason: string])[] = [
    [
      'no field\n',
      false,
      /^line 1 \(byte 0\): 'no field' stands there; a message begins with a field/,
      'text',
    ],
    ['\n\r\nno field\n', false, /^line 3 \(byte 3\): 'no field'/, 'text behind blank lines'],
    ['\0'.repeat(100_000), false, /^line 1 \(byte 0\)/, 'NUL bytes'],
    ['x'.repeat(5000), false, /^line 1 \(byte 0\): 'x{40}…' stands there/, 'one long line'],
    [
      'A: 1\n\n',
      true,
      /^line 1 \(byte 0\): 'A: 1' stands there; an mbox begins with a line/,
      'a lost beginning',
    ],
  ]
  for (const [text, mustBeMbox, says, reason] of damaged) {
    it(`says where the damage is: ${reason}`, () => {
      assert.throws(() => blocksOf(text, [], mustBeMbox), { name: 'MailDamage', message: says })
    })
  }
})

describe('The line before a message', () => {
  const rows: readonly (readonly [line: string, separation: Separation, reason: string])[] = [
    [from, 'certain', 'as most write it'],
    ['From MAILER-DAEMON Sun Nov  1 12:00:00 2026', 'certain', 'a day of one digit'],
    ['From - Sun Nov 22 12:00:00 2026', 'certain', 'as Thunderbird writes it'],
    ['From 123@xxx Sun Nov 22 12:00:00 +0000 2026', 'certain', 'with a zone, as an export of Gmail'],
    ['From a@b Sun, 22 Nov 2026 12:00:00 +0100', 'certain', 'the date as in a message'],
    ['From a b c@d Sun Nov 22 12:00 2026', 'certain', 'blanks in the address, no seconds'],
    ['From a@b 2026-11-22 12:00:00', 'dated', 'ISO 8601'],
    ['From the start at 10:30 in 2026 nothing was clear', 'dated', 'a sentence with a time'],
    ['From 2026 on, at 10:30', 'dateless', 'the year before the time'],
    ['From now on', 'dateless', 'a sentence'],
    ['from a@b Sun Nov 22 12:00:00 2026', 'none', 'in small letters'],
    ['From: a@b', 'none', 'a field'],
  ]
  for (const [line, separation, reason] of rows) {
    it(`is ${separation}: ${reason}`, () => assert.equal(separationOf(line), separation))
  }
})
