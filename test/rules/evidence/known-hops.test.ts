import assert from 'node:assert/strict'
import fc from 'fast-check'
import { KnownHops } from '../../../src/rules/evidence/known-hops'
import { readEvidence } from '../../../src/rules/evidence/reading'
import { blocks } from './corpus'

const plain = { trustedRelays: [], lookBehindRelays: true }

describe('Hops that were read before', () => {
  it('change no answer, over the whole corpus and again', () => {
    const known = new KnownHops()
    for (let round = 0; round < 2; round += 1) {
      for (const { id, headers } of blocks) {
        assert.deepEqual(readEvidence(headers, plain, known), readEvidence(headers, plain), id)
      }
    }
  })

  const heads = [
    'from a by ex01.contoso.com (192.0.2.1) with Microsoft SMTP Server (TLS) id 15.1.2507.39',
    'from a by ex01.contoso.com with mapi id 15.01.2507.039',
    // Each of these is read otherwise where something behind the semicolon closes what is open.
    'from "a by ex01.contoso.com with mapi id 15.01.2507.039',
    'from (a by ex01.contoso.com with mapi id 15.01.2507.039',
    'from a) by ex01.contoso.com (with mapi id 15.01.2507.039',
    'from a by ex01.contoso.com with mapi (\\) id 15.01.2507.039',
  ]
  const tail = fc
    .array(
      fc.constantFrom('"', ')', '(', ';', '\\', ' by b.contoso.com ', ' with mapi id 15.2.986.5 ', ' date '),
      {
        maxLength: 8,
      },
    )
    .map((pieces) => pieces.join(''))

  for (const head of heads) {
    it(`are not taken for what reads otherwise: ${head}`, () => {
      fc.assert(
        fc.property(fc.array(tail, { minLength: 2, maxLength: 6 }), (tails) => {
          const known = new KnownHops()
          for (const end of tails) {
            const fields = [`Received: ${head};${end}`]
            assert.deepEqual(readEvidence(fields, plain, known), readEvidence(fields, plain))
          }
        }),
      )
    })
  }

  it('are kept up to a number, and not where they are long', () => {
    const known = new KnownHops()
    const field = (id: number, pad = 0) =>
      `Received: from ${'a'.repeat(pad)}${id} by ex01.contoso.com with mapi id 15.01.2507.039; now`
    for (let id = 0; id < 2001; id += 1) readEvidence([field(id)], plain, known)
    assert.equal(known.find(field(0)), undefined, 'room was made')
    assert.equal(known.find(field(2000))?.kind, 'exchange')
    readEvidence([field(1, 3000)], plain, known)
    assert.equal(known.find(field(1, 3000)), undefined)
  })
})
