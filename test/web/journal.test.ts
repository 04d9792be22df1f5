import assert from 'node:assert/strict'
import { journalTo } from '../../src/web/journal'

describe('The journal of the page', () => {
  for (const [facts, line, reason] of [
    [
      { tenant: 'contoso', days: 14, all: false, gone: null },
      'tenant=contoso days=14 all=false',
      'plain facts stay plain, and none is not told',
    ],
    [{ reason: 'in two words' }, 'reason="in two words"', 'a text has quotes around it'],
    [{ reason: '' }, 'reason=""', 'also an empty one'],
    [
      { reason: 'x" session=other result="done' },
      'reason="x\\" session=other result=\\"done"',
      'quotes of its own do not end it',
    ],
    [{ reason: 'x\\" y' }, 'reason="x\\\\\\" y"', 'nor do they behind a backslash'],
    [
      { reason: 'a\n2026-11-27T06:00:00.000Z event=order' },
      'reason="a\\u{a}2026-11-27T06:00:00.000Z event=order"',
      'no second line',
    ],
    [{ reason: '\u001b[2J\u202eabc' }, 'reason="\\u{1b}[2J\\u{202e}abc"', 'nothing that a terminal obeys'],
    [{ remote: '2001:db8::1' }, 'remote=2001:db8::1', 'addresses stay as they are'],
  ] as const) {
    it(`writes one line an event: ${reason}`, () => {
      const lines: string[] = []
      journalTo(
        (text) => lines.push(text),
        () => Date.UTC(2026, 10, 27, 6),
      ).tell('order', facts)
      assert.deepEqual(lines, [`2026-11-27T06:00:00.000Z event=order ${line}`])
    })
  }
})
