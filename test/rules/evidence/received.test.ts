import assert from 'node:assert/strict'
import { maxFieldLength, parseReceived } from '../../../src/rules/evidence/received'

describe('parseReceived', () => {
  it('takes every clause and comment of a field apart', () => {
    const field =
      'Received: from Mail.Contoso.com (192.0.2.1) by EX01.contoso.com.\r\n (192.0.2.2)\twith Microsoft\r\n SMTP ' +
      'Server (version=TLS1_2,\r\n cipher=X (Y)) id\r\n 15.1.2507.39 via Frontend  Transport for <a@b.example>; Wed'
    assert.deepEqual(parseReceived(field), {
      from: 'mail.contoso.com',
      by: 'ex01.contoso.com',
      via: 'Frontend Transport',
      with: 'Microsoft SMTP Server',
      id: '15.1.2507.39',
      comments: [
        { clause: 'from', text: '192.0.2.1' },
        { clause: 'by', text: '192.0.2.2' },
        { clause: 'with', text: 'version=TLS1_2, cipher=X (Y)' },
      ],
    })
  })

  it('leaves absent clauses null', () => {
    const empty = { from: null, by: null, via: null, with: null, id: null }
    assert.deepEqual(parseReceived('Received: (qmail 1 invoked by uid 0); Wed'), {
      ...empty,
      comments: [{ clause: null, text: 'qmail 1 invoked by uid 0' }],
    })
    assert.deepEqual(parseReceived('received:'), { ...empty, comments: [] })
  })

  it('keeps the first clause of a kind', () => {
    const parsed = parseReceived('Received: from a by b with c id d by e with f id g')
    assert.deepEqual([parsed?.by, parsed?.with, parsed?.id], ['b', 'c', 'd'])
  })

  const words: readonly (readonly [value: string, by: string | null, reason: string])[] = [
    ['from "a by x" by b', 'b', 'a keyword in a quoted string is none'],
    ['from "a\\" by x" by b', 'b', 'a quote behind a backslash ends no string'],
    ['from (a (by x) \\) by y) by b', 'b', 'nor is one in a comment'],
    ['from a"\\"\\"\\" by b', 'b', 'a quote that is never closed is a letter'],
    ['from a(b(c (d) by b', 'b', 'and so is a parenthesis'],
    ['from a(b(c ( by x) by b', 'b', 'which hides no comment behind it'],
    ['from a) by b', 'b', 'a closing parenthesis alone is a letter'],
    ['from a (x)by(y)b', 'b', 'comments part words'],
    ['from by by b', 'b', 'the name of the client may be a keyword'],
    ['from id (x) by b', 'b', 'any of them'],
    ['from (x) by b', 'b', 'or be missing'],
    ['from a by', null, 'a host may be missing'],
    ['from a by with x', null, 'also before the next clause'],
    ['from a; by b', null, 'nothing counts behind the date'],
    ['by ex-01_a.contoso.com', 'ex-01_a.contoso.com', 'an underscore is no fault'],
    ['by EX\u00dcBER.contoso.com', 'ex\u00fcber.contoso.com', 'nor is an umlaut'],
    ['by a\0b', null, 'a NUL is'],
    ['by a\u009fb', null, 'and every control character'],
    ['by a,b', null, 'and a comma'],
    [`by ${'a'.repeat(256)}`, null, 'and a length that no name has'],
  ]
  for (const [value, by, reason] of words) {
    it(reason, () => assert.equal(parseReceived(`Received: ${value}`)?.by, by))
  }

  const unread: readonly (readonly [field: string, reason: string])[] = [
    ['Received', 'no colon'],
    ['X-Received: by b', 'another name'],
    ['Received-SPF: pass', 'a longer name'],
    [' Received: by b', 'a continuation line'],
    [`Received: by b (${'x'.repeat(maxFieldLength)})`, 'a field that is too long'],
    [`Received: by b ${'('.repeat(33)}${')'.repeat(33)}`, 'comments too deep'],
  ]
  for (const [field, reason] of unread) {
    it(`gives null for ${reason}`, () => assert.equal(parseReceived(field), null))
  }

  it('reads a field that is just short enough', () => {
    const start = 'Received: by b ('
    const field = `${start}${'x'.repeat(maxFieldLength - start.length - 1)})`
    assert.equal(field.length, maxFieldLength)
    assert.equal(parseReceived(field)?.by, 'b')
    assert.equal(parseReceived(`${field} `), null)
  })
})
