import assert from 'node:assert/strict'
import fc from 'fast-check'
import { findConflicts } from '../../../src/rules/attribution/conflicts'
import { connector } from '../../support/connectors'
import type { ConnectorSketch } from '../../support/connectors'

const range = { addresses: ['203.0.113.0/24'] }
const file = { file: '/etc/contoso-ca.pem' }

function found(sketches: Record<string, ConnectorSketch>): string[] {
  const connectors = Object.entries(sketches).map(([id, sketch]) => connector(id, sketch))
  return findConflicts(connectors).map((conflict) => {
    for (const id of conflict.connectors) assert.ok(conflict.text.includes(`[${id}]`))
    assert.ok(conflict.text.includes(conflict.value))
    return `${conflict.severity} ${conflict.kind} ${conflict.connectors.join('+')} ${conflict.value}`
  })
}

describe('findConflicts', () => {
  const cases: [why: string, Record<string, ConnectorSketch>, string[]][] = [
    [
      'nothing in common',
      { a: range, b: { addresses: ['198.51.100.0/24'] }, c: { certificate: 'c.com' } },
      [],
    ],
    ['the same range', { a: range, b: range }, ['error same-range a+b 203.0.113.0/24']],
    [
      'the same range thrice',
      { a: range, b: range, c: range },
      ['error same-range a+b 203.0.113.0/24', 'error same-range a+c 203.0.113.0/24'],
    ],
    [
      'the same range, one for all senders',
      { a: range, b: { ...range, senders: ['contoso.com'] } },
      ['error same-range a+b 203.0.113.0/24'],
    ],
    [
      'the same range, one sender within the wildcard of the other',
      { a: { ...range, senders: ['x.y.contoso.com'] }, b: { ...range, senders: ['*.contoso.com'] } },
      ['error same-range a+b 203.0.113.0/24'],
    ],
    [
      'the same range, the wildcard first',
      { a: { ...range, senders: ['*.contoso.com'] }, b: { ...range, senders: ['*.y.contoso.com'] } },
      ['error same-range a+b 203.0.113.0/24'],
    ],
    [
      'the same range, other senders: only bounces are in doubt',
      { a: { ...range, senders: ['*.contoso.com'] }, b: { ...range, senders: ['contoso.com'] } },
      ['warning null-sender a+b 203.0.113.0/24'],
    ],
    ['a range listed twice by one connector', { a: { addresses: ['10.0.0.0/8', '10.0.0.0/8'] } }, []],
    [
      'a range within another',
      { a: { addresses: ['203.0.0.0/16'] }, b: range },
      ['information range-covered b+a 203.0.113.0/24'],
    ],
    [
      'a range within that of a connector that lists it, too: the tie alone',
      { a: { addresses: ['203.0.0.0/16', '203.0.113.0/24'] }, b: range },
      ['error same-range a+b 203.0.113.0/24'],
    ],
    [
      'several ranges within another: named once',
      { a: { addresses: ['203.0.0.0/16'] }, b: { addresses: ['203.0.113.0/24', '203.0.114.0/24'] } },
      ['information range-covered b+a 203.0.113.0/24'],
    ],
    [
      'a range within another, for other senders',
      {
        a: { addresses: ['203.0.0.0/16'], senders: ['fabrikam.com'] },
        b: { ...range, senders: ['contoso.com'] },
      },
      [],
    ],
    [
      'a range within another of the same connector',
      { a: { addresses: ['203.0.0.0/16', '203.0.113.0/24'] } },
      [],
    ],
    [
      'the same certificate name',
      { a: { certificate: 'mail.contoso.com' }, b: { certificate: 'Mail.Contoso.com' } },
      ['error same-certificate-name a+b mail.contoso.com'],
    ],
    [
      'the same certificate name under two authorities',
      { a: { certificate: 'mail.contoso.com' }, b: { certificate: 'mail.contoso.com', trust: file } },
      ['warning same-certificate-name a+b mail.contoso.com'],
    ],
    [
      'a certificate name within a wildcard',
      { a: { certificate: 'mail.contoso.com' }, b: { certificate: '*.contoso.com' } },
      ['warning certificate-name-covered a+b mail.contoso.com'],
    ],
    [
      'a certificate name two labels below a wildcard',
      { a: { certificate: 'a.mail.contoso.com' }, b: { certificate: '*.contoso.com' } },
      [],
    ],
    ['names that match nothing', { a: { certificate: '*.com' }, b: { certificate: '*.com' } }, []],
  ]
  for (const [why, sketches, expected] of cases) {
    it(`${expected.length === 0 ? 'is silent about' : 'reports'} ${why}`, () => {
      assert.deepEqual(found(sketches), expected)
    })
  }

  it('says how many further ranges lie within the other', () => {
    const [conflict] = findConflicts([
      connector('a', { addresses: ['203.0.0.0/16'] }),
      connector('b', { addresses: ['203.0.113.0/24', '203.0.114.0/24', '203.0.115.0/24'] }),
    ])
    assert.match(conflict?.text ?? '', /\(and 2 more\)$/)
  })

  it('calls senders disjoint exactly when no domain belongs to both', () => {
    const domains = ['com', 'a.com', 'b.com', 'x.a.com', 'y.x.a.com']
    const patterns = domains.flatMap((domain) => [domain, `*.${domain}`])
    const matches = (pattern: string, domain: string): boolean =>
      pattern.startsWith('*.') ? domain.endsWith(pattern.slice(1)) : pattern === domain
    const senders = fc.uniqueArray(fc.constantFrom(...patterns), { minLength: 1, maxLength: 3 })
    const probes = [...domains, ...domains.map((domain) => `q.${domain}`)]
    fc.assert(
      fc.property(senders, senders, (one, other) => {
        const both = (domain: string) =>
          [one, other].every((list) => list.some((item) => matches(item, domain)))
        const [first] = found({ a: { ...range, senders: one }, b: { ...range, senders: other } })
        assert.equal(first?.split(' ')[1], probes.some(both) ? 'same-range' : 'null-sender')
      }),
      { numRuns: 1000 },
    )
  })
})
