import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseAddress } from '../../../src/config/address'
import { addressBits } from '../../../src/rules/attribution/address'
import type { Address, CidrRange } from '../../../src/rules/attribution/address'
import { attribute, indexConnectors } from '../../../src/rules/attribution/attribute'
import type { Attribution } from '../../../src/rules/attribution/attribute'
import { certificateNameMatches } from '../../../src/rules/attribution/certificate-name'
import type { Connector } from '../../../src/rules/attribution/connector'
import { domainMatches } from '../../../src/rules/attribution/domain'
import { connector } from '../../support/connectors'

const few = { size: 'small' } as const

/** Addresses that share long beginnings, so that ranges do contain them. */
const address: fc.Arbitrary<Address> = fc.oneof(
  fc.record({ family: fc.constant(4 as const), value: nearby(32) }),
  fc.record({ family: fc.constant(6 as const), value: nearby(128) }),
)
const range: fc.Arbitrary<CidrRange> = address.chain(({ family, value }) =>
  fc.integer({ min: 0, max: addressBits[family] }).map((prefix) => {
    const free = BigInt(addressBits[family] - prefix)
    return { family, value: (value >> free) << free, prefix }
  }),
)
const domain = fc.constantFrom('contoso.com', 'a.contoso.com', 'b.a.contoso.com', 'fabrikam.com')
const pattern = fc.oneof(
  domain,
  domain.map((name) => `*.${name}`),
)
const connectors = fc
  .array(
    fc.record({
      addresses: fc.array(range, { ...few, maxLength: 6 }),
      senderDomains: fc.oneof(fc.constant([]), fc.array(pattern, { ...few, maxLength: 12 })),
    }),
    { maxLength: 8 },
  )
  .map((sketches) => sketches.map((sketch, index) => ({ ...connector(`c${index}`), ...sketch })))

function nearby(bits: number): fc.Arbitrary<bigint> {
  return fc
    .tuple(fc.integer({ min: 0, max: bits - 1 }), fc.bigInt(0n, 3n))
    .map(
      ([shift, low]) =>
        (0b1011n << BigInt(bits - 4)) ^ ((low << BigInt(shift)) & ((1n << BigInt(bits)) - 1n)),
    )
}

function contains(outer: CidrRange, { family, value }: Address): boolean {
  const free = BigInt(addressBits[family] - outer.prefix)
  return outer.family === family && outer.value >> free === value >> free
}

/** A2 and A3 read aloud: every connector, every range. */
function naively(all: readonly Connector[], from: Address, sender: string): string[] {
  const matching = all
    .filter(
      ({ senderDomains }) =>
        sender === '' ||
        senderDomains.length === 0 ||
        senderDomains.some((one) => domainMatches(one, sender)),
    )
    .flatMap(({ id, addresses }) =>
      addresses.filter((one) => contains(one, from)).map(({ prefix }) => ({ id, prefix })),
    )
  const longest = Math.max(...matching.map(({ prefix }) => prefix))
  return [...new Set(matching.filter(({ prefix }) => prefix === longest).map(({ id }) => id))].sort()
}

function idsOf(attribution: Attribution): string[] {
  if (attribution.kind === 'none') return []
  const found = attribution.kind === 'connector' ? [attribution.connector] : attribution.connectors
  return found.map(({ id }) => id).sort()
}

describe('attribute', () => {
  it('finds by index what a scan of all connectors finds', () => {
    let found = 0
    fc.assert(
      fc.property(connectors, address, fc.oneof(domain, fc.constant('')), (all, from, senderDomain) => {
        const facts = { address: from, certificate: null, senderDomain }
        const expected = naively(all, from, senderDomain)
        found += expected.length
        assert.deepEqual(idsOf(attribute(facts, indexConnectors(all))), expected)
      }),
      { numRuns: 2000 },
    )
    assert.ok(found > 500)
  })

  it('tells ranges apart whose 32-bit keys are the same by chance', () => {
    const one = connector('one', { addresses: ['2001:db8:e177:3c6d::/64'] })
    const other = connector('other', { addresses: ['2001:dba:9ce4:d4e9::/64'] })
    const whose = (all: readonly Connector[], text: string): string[] => {
      const from = parseAddress(text)
      assert.ok(from)
      return idsOf(attribute({ address: from, certificate: null, senderDomain: '' }, indexConnectors(all)))
    }
    assert.deepEqual(whose([one, other], '2001:db8:e177:3c6d::1'), ['one'])
    assert.deepEqual(whose([one, other], '2001:dba:9ce4:d4e9::1'), ['other'])
    assert.deepEqual(whose([one], '2001:dba:9ce4:d4e9::1'), [])
  })

  it('finds by certificate a connector exactly when one of its names matches', () => {
    const name = fc.oneof(
      pattern,
      fc.constantFrom(
        'mail.contoso.com',
        '*.com',
        '*',
        'mail..contoso.com',
        'a.*.com',
        'contoso',
        '*.contoso',
      ),
    )
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), fc.array(name, { maxLength: 4 }), (configured, names) => {
        const all = configured.map((certificate, index) => connector(`c${index}`, { certificate }))
        const certificate = { names, trustedBy: new Set(['system']) }
        const facts = { address: { family: 4, value: 1n }, certificate, senderDomain: '' } as const
        const found = idsOf(attribute(facts, indexConnectors(all)))
        const matching = all.filter(({ tlsCertificateName }) =>
          names.some((presented) => certificateNameMatches(tlsCertificateName ?? '', presented)),
        )
        assert.equal(found.length > 0, matching.length > 0)
        assert.ok(found.every((id) => matching.some((match) => match.id === id)))
      }),
      { numRuns: 2000 },
    )
  })
})
