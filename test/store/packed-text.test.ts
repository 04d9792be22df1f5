import assert from 'node:assert/strict'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { encode } from '../../src/store/codec'
import { packText, unpackText } from '../../src/store/packed-text'
import { knownServer } from '../bench/memory-of'
import { serverKey, serverRecord } from '../support/records'

const long = encode(
  serverKey('ex01.contoso.local'),
  serverRecord('ex01.contoso.local', {
    events: Array.from({ length: 20 }, (_, at) => ({ at, kind: 'recovered', build: '15.2.1748.10' })),
  }),
)

describe('A packed text', () => {
  it('is what it was, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2000, size: 'max' }), (text) => {
        fc.pre(!text.startsWith('z1:'))
        assert.equal(unpackText(packText(text)), text)
      }),
    )
  })

  it('takes less than half of a usual record, in ASCII', () => {
    const sender = {
      tenant: 'fabrikam',
      connector: 'hybrid',
      server: 'mbx-17.ad.fabrikam.example.com',
      address: '203.0.113.77',
      build: '15.2.1748.36',
    }
    const record = encode(
      { kind: 'server', tenant: sender.tenant, server: sender.server },
      knownServer(sender, 40, Date.UTC(2027, 4, 5, 6, 7, 8, 9)),
    )
    const packed = packText(record)
    assert.match(packed, /^z1:[A-Za-z0-9+/=]+$/)
    assert.ok(packed.length * 2 < record.length, `${packed.length} of ${record.length}`)
  })

  it('stays as it is where it is short, so that people can read it', () => {
    const short = '{"s":1,"t":"contoso"}'
    assert.equal(packText(short), short)
  })

  it('is read again at the largest size, and stays as it is beyond', () => {
    const largest = 'x'.repeat(1024 * 1024)
    assert.ok(packText(largest).length < 10_000)
    assert.equal(unpackText(packText(largest)), largest)
    assert.equal(packText(`${largest}x`), `${largest}x`)
  })

  it('can be read as the first version with this mark wrote it', () => {
    const packed =
      'z1:hdQxDoAgEETRGxlGQOAwVsZWCi1svLtBSYBmpt1f8dhsv3dbPq585rp++20w1dH/0f1CJm9djEXDtN0chu0smfE' +
      'ufeAIrjy5HBLwPPNseXY8e54XngPPkeckWBSbcIOAg5CDoIOwg8CD0IPgA/Vbnxc='
    assert.equal(unpackText(packed), long)
  })

  const damaged: [what: string, packed: string][] = [
    ['nothing', 'z1:'],
    ['no base64', 'z1:!!!!'],
    ['cut off', packText(long).slice(0, 60)],
    ['of more than a mebibyte', `z1:${deflateRawSync(Buffer.alloc(1024 * 1024 + 1)).toString('base64')}`],
  ]
  for (const [what, packed] of damaged) {
    it(`is none where it is ${what}`, () => {
      assert.equal(unpackText(packed), '')
    })
  }
})
