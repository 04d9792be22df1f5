import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseAddress } from '../../src/config/address'
import { addressCandidates, attribute, indexConnectors } from '../../src/rules/attribution/attribute'
import type { Attribution } from '../../src/rules/attribution/attribute'
import { certificateNameMatches } from '../../src/rules/attribution/certificate-name'
import { trustAnchorId } from '../../src/rules/attribution/connector'
import type { TrustAnchor } from '../../src/rules/attribution/connector'
import { connector } from '../support/connectors'
import type { ConnectorSketch } from '../support/connectors'

interface Session {
  readonly from?: string
  readonly names?: readonly string[]
  readonly trustedBy?: readonly TrustAnchor[]
  readonly sender?: string | null
}

function whose(connectors: Record<string, ConnectorSketch>, session: Session): Attribution {
  const index = indexConnectors(Object.entries(connectors).map(([id, sketch]) => connector(id, sketch)))
  const address = parseAddress(session.from ?? '203.0.113.9')
  assert.ok(address)
  const trustedBy = new Set((session.trustedBy ?? ['system']).map((trust) => trustAnchorId(trust)))
  const certificate = session.names === undefined ? null : { names: session.names, trustedBy }
  const { sender = 'contoso.com' } = session
  return attribute({ address, certificate, senderDomain: sender }, index)
}

/** `id by matched`, `ambiguous id+id by matched`, or `none`. */
function shown(attribution: Attribution): string {
  switch (attribution.kind) {
    case 'connector':
      return `${attribution.connector.id} by ${attribution.by} ${attribution.matched}`
    case 'ambiguous': {
      const ids = attribution.connectors.map(({ id }) => id).join('+')
      return `ambiguous ${ids} by ${attribution.by} ${attribution.matched}`
    }
    case 'none':
      return 'none'
  }
}

describe('A. Attribution', () => {
  describe('A1 certificate', () => {
    const names: [configured: string, presented: string, matches: boolean, why: string][] = [
      ['mail.contoso.com', 'mail.contoso.com', true, 'equal'],
      ['mail.contoso.com', 'MAIL.Contoso.Com.', true, 'case and the final dot mean nothing'],
      ['mail.contoso.com', 'mail2.contoso.com', false, 'another host'],
      ['contoso.com', 'mail.contoso.com', false, 'a domain does not stand for its hosts'],
      ['*.contoso.com', 'mail.contoso.com', true, 'one label'],
      ['*.contoso.com', 'a.mail.contoso.com', false, 'two labels'],
      ['*.contoso.com', 'contoso.com', false, 'no label'],
      ['*.contoso.com', 'mailcontoso.com', false, 'the dot belongs to it'],
      ['*.contoso.com', '*.contoso.com', true, 'a certificate made out to the wildcard itself'],
      ['*.contoso.com', '*.a.contoso.com', false, 'a wildcard is no label'],
      ['*.a.contoso.com', '*.contoso.com', false, 'a wildcard is no label'],
      ['mail.contoso.com', '*.contoso.com', true, 'the wildcard of the certificate stands for one label'],
      ['a.mail.contoso.com', '*.contoso.com', false, 'but not for two'],
      ['contoso.com', '*.contoso.com', false, 'nor for none'],
      ['contoso.com', '*.com', false, 'a wildcard of a whole top-level domain'],
      ['*.com', 'contoso.com', false, 'neither on our side'],
      ['*.com', '*.com', false, 'not even equal'],
      ['*', '*', false, 'a wildcard alone'],
      ['mail.contoso.com', '*', false, 'a wildcard alone'],
      ['a.b.com', 'a.*.com', false, 'a wildcard within'],
      ['a.*.com', 'a.*.com', false, 'a wildcard within, though equal'],
      ['mail.contoso.com', 'm*.contoso.com', false, 'a part of a label'],
      ['mail.contoso.com', '*.*.com', false, 'two wildcards'],
      ['mail.contoso.com', 'mail.contoso.com\0.example.com', false, 'an embedded NUL'],
      ['mail.contoso.com', 'mail..contoso.com', false, 'an empty label'],
      ['.contoso.com', '.contoso.com', false, 'an empty first label'],
      ['', '', false, 'nothing'],
      ['192.0.2.1', '192.0.2.1', false, 'an address is no name'],
      ['münchen.example', 'münchen.example', false, 'IDN is compared as punycode only'],
      ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example', true, 'punycode is a name like others'],
      ['mail.contoso.com', ' mail.contoso.com', false, 'a space is no part of a name'],
      [`${'a'.repeat(64)}.com`, `${'a'.repeat(64)}.com`, false, 'a label of more than 63 bytes'],
    ]
    for (const [configured, presented, matches, why] of names) {
      it(`${JSON.stringify(configured)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(presented)}: ${why}`, () => {
        assert.equal(certificateNameMatches(configured, presented), matches)
      })
    }

    it('a wildcard stands for exactly one label, on either side', () => {
      const label = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/)
      fc.assert(
        fc.property(fc.array(label, { maxLength: 4 }), label, label, (before, middle, top) => {
          const parent = `${middle}.${top}`
          const name = [...before, parent].join('.')
          assert.equal(certificateNameMatches(`*.${parent}`, name), before.length === 1)
          assert.equal(certificateNameMatches(name, `*.${parent}`), before.length === 1)
        }),
      )
    })

    const file = { file: '/etc/contoso-ca.pem' }
    const cases: [string, Record<string, ConnectorSketch>, Session, string][] = [
      ['no certificate', { a: { certificate: 'mail.contoso.com' } }, {}, 'none'],
      [
        'a name of several',
        { a: { certificate: 'mail.contoso.com' } },
        { names: ['x.example.com', 'mail.contoso.com'] },
        'a by certificate mail.contoso.com',
      ],
      [
        'a chain that verified under another authority only',
        { a: { certificate: 'mail.contoso.com', trust: file } },
        { names: ['mail.contoso.com'], trustedBy: ['system'] },
        'none',
      ],
      [
        'a chain that verified nowhere',
        { a: { certificate: 'mail.contoso.com' } },
        { names: ['mail.contoso.com'], trustedBy: [] },
        'none',
      ],
      [
        'the same name under two authorities',
        {
          a: { certificate: 'mail.contoso.com' },
          b: { certificate: 'mail.contoso.com', trust: file },
        },
        { names: ['mail.contoso.com'], trustedBy: [file] },
        'b by certificate mail.contoso.com',
      ],
      [
        'sender domains, which concern addresses only',
        { a: { certificate: 'mail.contoso.com', senders: ['fabrikam.com'] } },
        { names: ['mail.contoso.com'], sender: 'contoso.com' },
        'a by certificate mail.contoso.com',
      ],
      [
        'an untrusted certificate on an address of the connector',
        { a: { certificate: 'mail.contoso.com', addresses: ['203.0.113.0/24'] } },
        { names: ['mail.contoso.com'], trustedBy: [] },
        'a by address 203.0.113.0/24',
      ],
    ]
    for (const [what, connectors, session, expected] of cases) {
      it(`${what}: ${expected}`, () => assert.equal(shown(whose(connectors, session)), expected))
    }
  })

  describe('A2 address', () => {
    const cases: [string, Record<string, ConnectorSketch>, Session, string][] = [
      ['inside the range', { a: { addresses: ['203.0.113.0/24'] } }, {}, 'a by address 203.0.113.0/24'],
      ['outside the range', { a: { addresses: ['203.0.113.0/29'] } }, {}, 'none'],
      ['one address', { a: { addresses: ['203.0.113.9'] } }, {}, 'a by address 203.0.113.9/32'],
      ['every IPv4 address', { a: { addresses: ['0.0.0.0/0'] } }, {}, 'a by address 0.0.0.0/0'],
      ['an IPv4 address in ::/0', { a: { addresses: ['::/0'] } }, {}, 'none'],
      [
        'IPv6',
        { a: { addresses: ['2001:db8::/32'] } },
        { from: '2001:DB8:0:1::9' },
        'a by address 2001:db8::/32',
      ],
      ['every IPv6 address', { a: { addresses: ['::/0'] } }, { from: '2001:db8::9' }, 'a by address ::/0'],
      [
        'IPv4 that came as mapped IPv6',
        { a: { addresses: ['203.0.113.0/24'] } },
        { from: '::ffff:203.0.113.9' },
        'a by address 203.0.113.0/24',
      ],
      [
        'a listed sender domain',
        { a: { addresses: ['203.0.113.0/24'], senders: ['fabrikam.com', 'contoso.com'] } },
        {},
        'a by address 203.0.113.0/24',
      ],
      [
        'another sender domain',
        { a: { addresses: ['203.0.113.0/24'], senders: ['fabrikam.com'] } },
        {},
        'none',
      ],
      [
        'a domain at any depth below',
        { a: { addresses: ['203.0.113.0/24'], senders: ['*.contoso.com'] } },
        { sender: 'x.y.contoso.com' },
        'a by address 203.0.113.0/24',
      ],
      [
        'the domain itself, which is not below itself',
        { a: { addresses: ['203.0.113.0/24'], senders: ['*.contoso.com'] } },
        {},
        'none',
      ],
      [
        'the null sender',
        { a: { addresses: ['203.0.113.0/24'], senders: ['fabrikam.com'] } },
        { sender: '' },
        'a by address 203.0.113.0/24',
      ],
      [
        'one range of many connectors, told apart by the sender',
        Object.fromEntries(
          Array.from({ length: 30 }, (_, index) => [
            `tenant${index}`,
            { addresses: ['203.0.113.0/24'], senders: [`t${index}.example.com`, `*.t${index}.example.com`] },
          ]),
        ),
        { sender: 'mail.t17.example.com' },
        'tenant17 by address 203.0.113.0/24',
      ],
    ]
    for (const [what, connectors, session, expected] of cases) {
      it(`${what}: ${expected}`, () => assert.equal(shown(whose(connectors, session)), expected))
    }
  })

  describe('A3 precedence', () => {
    const exact = { certificate: 'mail.contoso.com' }
    const wildcard = { certificate: '*.contoso.com' }
    const wide = { addresses: ['203.0.0.0/16'] }
    const narrow = { addresses: ['203.0.113.0/24'] }
    const cases: [string, Record<string, ConnectorSketch>, Session, string][] = [
      [
        'certificate before address',
        { a: narrow, b: exact },
        { names: ['mail.contoso.com'] },
        'b by certificate mail.contoso.com',
      ],
      [
        'exact before wildcard',
        { a: wildcard, b: exact },
        { names: ['mail.contoso.com'] },
        'b by certificate mail.contoso.com',
      ],
      [
        'exact before a longer wildcard',
        { a: { certificate: '*.very.long.contoso.com' }, b: exact },
        { names: ['a.very.long.contoso.com', 'mail.contoso.com'] },
        'b by certificate mail.contoso.com',
      ],
      [
        'longer before shorter',
        { a: exact, b: { certificate: 'mail.eu.contoso.com' } },
        { names: ['mail.contoso.com', 'mail.eu.contoso.com'] },
        'b by certificate mail.eu.contoso.com',
      ],
      [
        'longer wildcard before shorter',
        { a: wildcard, b: { certificate: '*.eu.contoso.com' } },
        { names: ['a.contoso.com', 'a.eu.contoso.com'] },
        'b by certificate *.eu.contoso.com',
      ],
      [
        'a wildcard certificate is equal to the wildcard name, and only stands for the exact one',
        { a: exact, b: wildcard },
        { names: ['*.contoso.com'] },
        'b by certificate *.contoso.com',
      ],
      [
        'a wildcard certificate that stands for one connector',
        { a: exact },
        { names: ['*.contoso.com'] },
        'a by certificate *.contoso.com',
      ],
      [
        'a wildcard certificate that stands for two does not say which, however long their names',
        { a: exact, b: { certificate: 'longer-name.contoso.com' } },
        { names: ['*.contoso.com'] },
        'ambiguous a+b by certificate *.contoso.com',
      ],
      [
        'the same certificate name',
        { a: exact, b: exact },
        { names: ['mail.contoso.com'] },
        'ambiguous a+b by certificate mail.contoso.com',
      ],
      [
        'a tie of certificates stays one, whatever the address says',
        { a: { ...exact, ...narrow }, b: exact },
        { names: ['mail.contoso.com'] },
        'ambiguous a+b by certificate mail.contoso.com',
      ],
      [
        'names of equal length of two connectors',
        { a: { certificate: 'ab.contoso.com' }, b: { certificate: 'cd.contoso.com' } },
        { names: ['ab.contoso.com', 'cd.contoso.com'] },
        'ambiguous a+b by certificate ab.contoso.com, cd.contoso.com',
      ],
      ['the longest prefix', { a: wide, b: narrow }, {}, 'b by address 203.0.113.0/24'],
      [
        'the longest prefix that takes this sender',
        { a: wide, b: { ...narrow, senders: ['fabrikam.com'] } },
        {},
        'a by address 203.0.0.0/16',
      ],
      ['the same range', { a: narrow, b: narrow }, {}, 'ambiguous a+b by address 203.0.113.0/24'],
      [
        'the same range, where the sender of one is another',
        { a: narrow, b: { ...narrow, senders: ['fabrikam.com'] } },
        {},
        'a by address 203.0.113.0/24',
      ],
      [
        'the same range, where one lists the sender and the other takes all',
        { a: narrow, b: { ...narrow, senders: ['contoso.com'] } },
        {},
        'ambiguous a+b by address 203.0.113.0/24',
      ],
      [
        'the same range and the null sender',
        { a: { ...narrow, senders: ['contoso.com'] }, b: { ...narrow, senders: ['fabrikam.com'] } },
        { sender: '' },
        'ambiguous a+b by address 203.0.113.0/24',
      ],
      [
        'a tie at the longest prefix is not settled by a shorter one',
        { a: narrow, b: narrow, c: wide },
        {},
        'ambiguous a+b by address 203.0.113.0/24',
      ],
      [
        'a range that one connector lists twice',
        { a: { addresses: ['203.0.113.0/24', '203.0.113.0/24'] } },
        {},
        'a by address 203.0.113.0/24',
      ],
    ]
    for (const [what, connectors, session, expected] of cases) {
      it(`${what}: ${expected}`, () => assert.equal(shown(whose(connectors, session)), expected))
    }
  })

  describe('A4 when', () => {
    it('at connect every range around the address is a candidate, the longest prefix first, whatever the sender', () => {
      const index = indexConnectors([
        connector('a', { addresses: ['203.0.0.0/16', '2001:db8::/32'] }),
        connector('b', { addresses: ['203.0.113.0/24'], senders: ['fabrikam.com'] }),
        connector('c', { addresses: ['203.0.112.0/24', '203.0.113.0/24'] }),
      ])
      const candidates = addressCandidates(parseAddress('203.0.113.9')!, index)
      assert.deepEqual(
        candidates.map(({ range, connectors }) => [range.prefix, connectors.map(({ id }) => id)]),
        [
          [24, ['b', 'c']],
          [16, ['a']],
        ],
      )
      assert.deepEqual(addressCandidates(parseAddress('198.51.100.1')!, index), [])
    })

    const narrow = { addresses: ['203.0.113.0/24'] }
    const wide = { addresses: ['203.0.0.0/16'] }
    const cases: [string, Record<string, ConnectorSketch>, string][] = [
      ['a connector for all senders is known before MAIL', { a: narrow }, 'a by address 203.0.113.0/24'],
      ['one with sender domains is not', { a: { ...narrow, senders: ['contoso.com'] } }, 'none'],
      [
        'nor is a wider one that the sender may still take the session from',
        { a: wide, b: { ...narrow, senders: ['contoso.com'] } },
        'none',
      ],
    ]
    for (const [what, connectors, expected] of cases) {
      it(`${what}: ${expected}`, () => assert.equal(shown(whose(connectors, { sender: null })), expected))
    }
  })
})
