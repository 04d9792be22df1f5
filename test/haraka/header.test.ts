import assert from 'node:assert/strict'
import fc from 'fast-check'
import { addReportingField, fieldsOfPeer, stripReportingFields } from '../../src/haraka/header'
import { fakeTransaction } from './fakes'

const name = 'X-Exchange-Enforcement'
const own =
  'Received: from ex01 (ex01 [192.0.2.1])\r\n\tby mx.example.com (Haraka/3.3.4) with ESMTPS id A.1\r\n\tenvelope-from <a@contoso.com>;\r\n\tnow\n'
const peers = 'Received: from a by ex01.contoso.local with mapi id 15.01.2507.039; now\n'

describe('Fields of our name from outside', () => {
  const others = ['Subject: x\n', `X-Exchange-Enforcement-Not: y\n`, `Comment: ${name}: z\n`]
  const spelled = fc
    .tuple(
      fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }),
      fc.stringMatching(/^[ \t]{0,3}$/),
      fc.constantFrom('', '\r\n ', '\n\t'),
      fc.string({ unit: 'grapheme-ascii' }),
    )
    .map(([upper, blank, fold, value]) => {
      const letters = [...name].map((letter, i) =>
        upper[i] === true ? letter.toUpperCase() : letter.toLowerCase(),
      )
      return `${letters.join('')}${blank}${fold}:${value.replaceAll(/[\r\n]/g, '')}\n`
    })

  it('are removed in any spelling, and nothing else is', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(spelled, fc.constantFrom(...others))), (fields) => {
        const transaction = fakeTransaction(fields)
        const list = transaction.header.header_list
        const kept = fields.filter((field) => others.includes(field))
        assert.equal(stripReportingFields(transaction), fields.length - kept.length)
        assert.deepEqual(list, kept)
        assert.equal(transaction.header.header_list, list, 'Haraka shares the list with the message')
        assert.deepEqual(transaction.removed, fields.length > kept.length ? [name] : [])
      }),
    )
  })

  it('make room for ours', () => {
    const transaction = fakeTransaction([`${name}: forged\n`])
    stripReportingFields(transaction)
    addReportingField(transaction, 'v=1; action=accept')
    assert.deepEqual(transaction.header.header_list, [`${name}: v=1; action=accept\n`])
  })
})

describe('The fields of the peer', () => {
  const table: [what: string, fields: readonly string[], expected: readonly string[]][] = [
    ['are those below Haraka’s own', [own, peers], [peers]],
    ['are all where Haraka adds none', [peers, 'Subject: x\n'], [peers, 'Subject: x\n']],
    [
      'leave out Haraka’s own below what others put on top',
      ['Authentication-Results: y\n', own, peers],
      ['Authentication-Results: y\n', peers],
    ],
    ['keep a field that bears our id further down', [peers, own], [peers, own]],
    ['keep that of another transaction', [own.replace('A.1', 'A.2')], [own.replace('A.1', 'A.2')]],
    ['are none where there is no header', [], []],
    ['know the field in any case', [own.replace('Received:', 'RECEIVED :'), peers], [peers]],
  ]
  for (const [what, fields, expected] of table) {
    it(what, () => {
      assert.deepEqual(fieldsOfPeer(fakeTransaction(fields)), expected)
    })
  }

  it('do not take a longer id for ours', () => {
    const tenth = own.replace('id A.1', 'id A.10')
    assert.deepEqual(fieldsOfPeer(fakeTransaction([tenth, peers])), [tenth, peers])
  })
})
