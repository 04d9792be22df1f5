import assert from 'node:assert/strict'
import { findOddities } from '../../../src/rules/attribution/oddities'
import { settingsOf } from '../../config/support'

describe('findOddities', () => {
  it('misses contacts only where no connector of the tenant names any, since all of its servers are told of to them', () => {
    const { connectors } = settingsOf({
      connectors: `
[contoso-hybrid]
tenant = contoso
tls_certificate_name = mail.contoso.com
contacts = it@contoso.com
[contoso-branch]
tenant = contoso
tls_certificate_name = branch.contoso.com
[fabrikam]
tls_certificate_name = mail.fabrikam.com
`,
    })
    const found = (noticesEnabled: boolean) =>
      findOddities(connectors, { noticesEnabled, esuCounts: true }).flatMap(({ kind, connector }) =>
        kind === 'no-contacts' ? connector : [],
      )
    assert.deepEqual(found(true), ['fabrikam'])
    assert.deepEqual(found(false), [])
  })

  const files: readonly [why: string, connectors: string, kind: string, named: readonly string[]][] = [
    [
      'a range that stands there twice',
      '[a]\naddresses = 192.0.2.0/28, 192.0.2.0/28\n',
      'range-repeated',
      ['a'],
    ],
    [
      'a range that is wide even where its senders are named',
      '[a]\naddresses = 11.0.0.0/8, 12.0.0.0/8\nsender_domains = contoso.com\n',
      'wide-range',
      ['a'],
    ],
    ['a range that is wide for whoever sends', '[a]\naddresses = 11.0.0.0/8\n', 'wide-range', ['a']],
    [
      'a domain that stands there twice',
      '[a]\naddresses = 192.0.2.1\nsender_domains = contoso.com, contoso.com\n',
      'domain-repeated',
      ['a'],
    ],
    [
      'a wildcard whose own domain is left out',
      '[a]\naddresses = 192.0.2.1\nsender_domains = *.contoso.com\n',
      'wildcard-alone',
      ['a'],
    ],
    [
      'a domain for which a wildcard stands already',
      '[a]\naddresses = 192.0.2.1\nsender_domains = contoso.com, *.contoso.com, mail.contoso.com\n',
      'domain-repeated',
      ['a'],
    ],
    [
      'two ranges that the halves of each take away',
      '[wide]\naddresses = 192.0.2.0/30, 198.51.100.0/30\n[halves]\naddresses = 192.0.2.0/31, 192.0.2.2/31, 198.51.100.0/31, 198.51.100.2/31\n',
      'range-never-used',
      ['wide'],
    ],
    [
      'nothing where the halves leave a gap',
      '[wide]\naddresses = 192.0.2.0/30\n[half]\naddresses = 192.0.2.2/31\n',
      'range-never-used',
      [],
    ],
    [
      'nothing where the longer range takes some senders and the wider one all',
      '[wide]\naddresses = 192.0.2.0/31\n[longer]\naddresses = 192.0.2.0, 192.0.2.1\nsender_domains = contoso.com\n',
      'range-never-used',
      [],
    ],
    [
      'a range whose senders a wildcard of the longer ones takes',
      '[wide]\naddresses = 192.0.2.0/31\nsender_domains = mail.contoso.com, *.mail.contoso.com\n[longer]\naddresses = 192.0.2.0, 192.0.2.1\nsender_domains = *.contoso.com\n',
      'range-never-used',
      ['wide'],
    ],
    [
      'nothing where the longer ones take other senders',
      '[wide]\naddresses = 192.0.2.0/31\nsender_domains = fabrikam.com\n[longer]\naddresses = 192.0.2.0, 192.0.2.1\nsender_domains = contoso.com\n',
      'range-never-used',
      [],
    ],
    [
      'a range of IPv6 that its halves take away',
      '[wide]\naddresses = 2001:db8::/126\n[halves]\naddresses = 2001:db8::/127, 2001:db8::2/127\n',
      'range-never-used',
      ['wide'],
    ],
  ]
  for (const [why, text, kind, named] of files) {
    it(`finds ${why}`, () => {
      const { connectors } = settingsOf({ connectors: text })
      const found = [...findOddities(connectors, { noticesEnabled: false, esuCounts: true })]
      assert.deepEqual(
        found.flatMap((oddity) => (oddity.kind === kind ? oddity.connector : [])),
        named,
      )
    })
  }
})
