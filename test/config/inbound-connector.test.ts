import assert from 'node:assert/strict'
import { faultText, readInboundConnector } from '../../src/config/inbound-connector'
import { readExport } from '../../src/config/inbound-export'
import { importConnectors, type ImportedConnector } from '../../src/config/imported-connector'
import { decodeText, readJson } from '../../src/config/json-text'
import { loadSettings } from '../../src/config/load'
import { printImport } from '../../src/config/print-import'
import { formatProblem } from '../../src/config/problem'
import { connectorsFile, mainFile, redisFile } from '../../src/config/schema'
import { formatCidr } from '../../src/rules/attribution/address'
import type { Connector } from '../../src/rules/attribution/connector'
import { everyField, inbound } from '../support/inbound-connectors'

function imported(...objects: readonly object[]): readonly ImportedConnector[] {
  const connectors = objects.map((object) => {
    const reading = readInboundConnector({ ...object })
    assert.ok(reading.ok, reading.ok ? '' : reading.faults.map(faultText).join())
    return reading.connector
  })
  return importConnectors(connectors, { tenant: 'contoso', mode: null })
}

/** The sections as the plugin reads them. */
function asRead(connectors: readonly ImportedConnector[]): readonly Connector[] {
  const text = printImport(connectors, '2026-11-27')
  const nothing = (path: string) => ({ path, files: [], faults: [] })
  const result = loadSettings(
    {
      configDir: '/',
      read: () => ({
        main: nothing(mainFile),
        connectors: { ...nothing(connectorsFile), files: [{ path: connectorsFile, text }] },
        redisIni: nothing(redisFile),
      }),
      watch: () => () => undefined,
    },
    { productIds: null },
  )
  assert.ok(result.ok, result.ok ? '' : result.problems.map(formatProblem).join())
  return result.settings.connectors
}

function keysOf(object: object): Record<string, string> {
  return Object.fromEntries(imported(object)[0]?.keys ?? [])
}

function remarksOn(object: object, effect: 'look' | 'none'): readonly string[] {
  const remarks = imported(object)[0]?.remarks ?? []
  return remarks.filter((remark) => remark.effect === effect).map(({ field }) => field)
}

describe('an inbound connector', () => {
  it('comes back from the section with every field that a key stands for, and names every other', () => {
    const connectors = imported(everyField)
    const [read] = asRead(connectors)
    assert.ok(read)
    assert.deepEqual(
      { ...read, addresses: read.addresses.map(formatCidr) },
      {
        id: 'contoso-inbound-from-contoso',
        tenant: 'contoso',
        type: 'onpremises',
        tlsCertificateName: '*.contoso.com',
        trust: 'system',
        tlsPurpose: 'any',
        addresses: ['192.0.2.0/24', '198.51.100.7/32', '2001:db8::/64'],
        senderDomains: ['mail.contoso.com', 'contoso.com'],
        judgeRelaying: false,
        mode: null,
        deferAt: null,
        refuseAt: null,
        contacts: [],
        language: null,
        esu: false,
        comment: 'Gateway of the plant; moves in "spring" # 2027',
      },
    )
    const [connector] = connectors
    const named = new Set([
      ...(connector?.remarks ?? []).map(({ field }) => field),
      // These have keys, or are the section itself.
      ...['Name', 'Comment', 'Enabled', 'ConnectorType', 'SenderDomains'],
      ...['AssociatedAcceptedDomains', 'SenderIPAddresses', 'TlsSenderCertificateName'],
    ])
    for (const field of Object.keys(everyField)) assert.ok(named.has(field), `${field} is dropped in silence`)
  })

  const keyCases: readonly (readonly [why: string, object: object, key: string, text: string | undefined])[] =
    [
      ['a partner stays one', { ConnectorType: 'Partner' }, 'type', 'partner'],
      ['on premises is the default', {}, 'type', undefined],
      ['a list of one as text', { SenderIPAddresses: '192.0.2.1' }, 'addresses', '192.0.2.1/32'],
      [
        'a list as one text with blanks',
        { SenderIPAddresses: '192.0.2.1 192.0.2.2' },
        'addresses',
        '192.0.2.1/32, 192.0.2.2/32',
      ],
      [
        'a list as one text with commas',
        { SenderIPAddresses: '192.0.2.1, 192.0.2.2' },
        'addresses',
        '192.0.2.1/32, 192.0.2.2/32',
      ],
      [
        'a list with its count',
        { SenderIPAddresses: { value: ['192.0.2.1'], Count: 1 } },
        'addresses',
        '192.0.2.1/32',
      ],
      ['an address twice', { SenderIPAddresses: ['192.0.2.1', '192.0.2.1/32'] }, 'addresses', '192.0.2.1/32'],
      ['IPv6', { SenderIPAddresses: ['2001:DB8::1'] }, 'addresses', '2001:db8::1/128'],
      [
        'a host with the length of its network',
        { SenderIPAddresses: ['192.0.2.5/24'] },
        'addresses',
        '192.0.2.0/24',
      ],
      [
        'a certificate in capitals',
        { TlsSenderCertificateName: 'Mail.Contoso.COM' },
        'tls_certificate_name',
        'mail.contoso.com',
      ],
      [
        'a certificate by issuer and subject',
        { TlsSenderCertificateName: '<I>CN=CA, O=x<S>CN=mail.contoso.com, O=Contoso' },
        'tls_certificate_name',
        'mail.contoso.com',
      ],
      [
        'a certificate needs no clientAuth',
        { TlsSenderCertificateName: 'mail.contoso.com' },
        'tls_purpose',
        'any',
      ],
      ['no certificate, no purpose', {}, 'tls_purpose', undefined],
      ['an empty text is not set', { TlsSenderCertificateName: '' }, 'tls_certificate_name', undefined],
      ['any sender', { SenderDomains: ['smtp:*;1'] }, 'sender_domains', undefined],
      [
        'a domain with kind and cost',
        { SenderDomains: ['smtp:*.contoso.com;10'] },
        'sender_domains',
        '*.contoso.com',
      ],
      ['a domain alone', { SenderDomains: ['Contoso.com'] }, 'sender_domains', 'contoso.com'],
      [
        'accepted domains narrow any sender',
        { AssociatedAcceptedDomains: ['contoso.com'] },
        'sender_domains',
        'contoso.com',
      ],
      [
        'accepted domains narrow a wildcard',
        { SenderDomains: ['*.contoso.com'], AssociatedAcceptedDomains: ['a.contoso.com', 'fabrikam.com'] },
        'sender_domains',
        'a.contoso.com',
      ],
      [
        'accepted domains with nothing in common are left out',
        { SenderDomains: ['contoso.com'], AssociatedAcceptedDomains: ['fabrikam.com'] },
        'sender_domains',
        'contoso.com',
      ],
      ['a comment of two lines', { Comment: 'one\r\n\ttwo' }, 'comment', 'one two'],
      ['a comment that would join the next line', { Comment: 'C:\\' }, 'comment', 'C:'],
      ['a comment of blanks', { Comment: ' \n ' }, 'comment', undefined],
      ['a comment with a line separator', { Comment: 'a\u2028b' }, 'comment', 'a b'],
      ['a comment that is too long', { Comment: 'x'.repeat(600) }, 'comment', 'x'.repeat(500)],
    ]
  for (const [why, object, key, text] of keyCases) {
    it(`becomes keys: ${why}`, () => {
      const connector = inbound(object)
      assert.equal(keysOf(connector)[key], text)
      asRead(imported(connector))
    })
  }

  const remarkCases: readonly (readonly [
    why: string,
    object: object,
    effect: 'look' | 'none',
    field: string,
    is: boolean,
  ])[] = [
    ['TLS is demanded of a connector by address', { RequireTls: true }, 'look', 'RequireTls', true],
    [
      'TLS is there where the certificate is',
      { RequireTls: true, TlsSenderCertificateName: 'a.contoso.com' },
      'none',
      'RequireTls',
      true,
    ],
    ['TLS as text', { RequireTls: 'True' }, 'look', 'RequireTls', true],
    ['TLS is not demanded', { RequireTls: false }, 'look', 'RequireTls', false],
    [
      'other addresses are refused there',
      { RestrictDomainsToIPAddresses: true },
      'look',
      'RestrictDomainsToIPAddresses',
      true,
    ],
    [
      'other certificates are refused there',
      { RestrictDomainsToCertificate: true },
      'look',
      'RestrictDomainsToCertificate',
      true,
    ],
    [
      'other organisations are trusted',
      { TrustedOrganizations: ['fabrikam.com'] },
      'look',
      'TrustedOrganizations',
      true,
    ],
    ['gateways are skipped', { EFSkipIPs: ['192.0.2.9'] }, 'look', 'EFSkipIPs', true],
    ['the last gateway is skipped', { EFSkipLastIP: true }, 'look', 'EFSkipLastIP', true],
    ['hybrid headers are kept', { CloudServicesMailEnabled: true }, 'none', 'CloudServicesMailEnabled', true],
    ['mail is internal', { TreatMessagesAsInternal: true }, 'none', 'TreatMessagesAsInternal', true],
    ['a field of a later version', { FutureField: 'x' }, 'look', 'FutureField', true],
    ['a field of a later version that is not set', { FutureField: null }, 'look', 'FutureField', false],
    ['any sender of an address', { SenderDomains: ['*'] }, 'look', 'SenderDomains', true],
    ['a wildcard without its domain', { SenderDomains: ['*.contoso.com'] }, 'look', 'SenderDomains', true],
    [
      'a wildcard with its domain',
      { SenderDomains: ['*.contoso.com', 'contoso.com'] },
      'look',
      'SenderDomains',
      false,
    ],
    [
      'a network that names a host',
      { SenderIPAddresses: ['192.0.2.5/24'] },
      'look',
      'SenderIPAddresses',
      true,
    ],
    ['a comment that was changed', { Comment: 'a\nb' }, 'look', 'Comment', true],
    ['a comment that was not', { Comment: ' a' }, 'look', 'Comment', false],
  ]
  for (const [why, object, effect, field, is] of remarkCases) {
    it(`${is ? 'is remarked upon' : 'goes without a remark'}: ${why}`, () => {
      assert.equal(remarksOn(inbound(object), effect).includes(field), is)
    })
  }

  const leftOut: readonly (readonly [why: string, object: object, reason: RegExp])[] = [
    ['is disabled', { Enabled: false }, /disabled/],
    ['is disabled, as text', { Enabled: 'False' }, /disabled/],
    ['has nothing to be known by', { SenderIPAddresses: [], SenderDomains: ['contoso.com'] }, /neither/],
  ]
  for (const [why, object, reason] of leftOut) {
    it(`is written as a comment where it ${why}`, () => {
      const connectors = imported(inbound(object))
      assert.match(connectors[0]?.leftOut ?? '', reason)
      assert.deepEqual(asRead(connectors), [])
      assert.match(printImport(connectors, '2026-11-27'), /^;\[contoso-a\]\n;tenant = contoso\n/m)
    })
  }

  it('has an id that the plugin takes, and that no other has', () => {
    const long = 'x'.repeat(90)
    const names = [
      'Zürich',
      'Zurich',
      '接続',
      'Contoso-Plant',
      long,
      `${long}y`,
      'a [b] = "c"',
      '-..-',
      'zurich 2',
    ]
    const connectors = imported(
      ...names.map((Name, at) => inbound({ Name, SenderIPAddresses: [`192.0.2.${at}`] })),
    )
    assert.deepEqual(
      connectors.map(({ id }) => id),
      [
        'contoso-zurich',
        'contoso-zurich-2',
        'contoso-connector',
        'contoso-plant',
        `contoso-${'x'.repeat(56)}`,
        `contoso-${'x'.repeat(54)}-2`,
        'contoso-a-b-c',
        'contoso-connector-2',
        'contoso-zurich-2-2',
      ],
    )
    assert.equal(asRead(connectors).length, names.length)
  })

  it('cannot break out of its comments, whatever its name holds', () => {
    const connectors = imported(
      inbound({ Name: 'a\n[evil]\naddresses = 8.8.8.8\u2028\\', FutureField: 1, 'b\nc': 2 }),
    )
    assert.deepEqual(
      asRead(connectors).map(({ id }) => id),
      ['contoso-a-evil-addresses-8.8.8.8'],
    )
  })
})

describe('decodeText', () => {
  const cases: readonly (readonly [why: string, bytes: Buffer])[] = [
    ['UTF-8', Buffer.from('["ü"]')],
    ['UTF-8 with its mark', Buffer.from('\ufeff["ü"]')],
    ['UTF-16 as Windows PowerShell 5 writes it', Buffer.from('\ufeff["ü"]', 'utf16le')],
    ['UTF-16 without its mark', Buffer.from('["ü"]', 'utf16le')],
    ['UTF-16, the high byte first', Buffer.from('\ufeff["ü"]', 'utf16le').swap16()],
  ]
  for (const [why, bytes] of cases) {
    it(`reads ${why}`, () => {
      assert.deepEqual(decodeText(bytes), { ok: true, value: '["ü"]' })
    })
  }

  it('refuses what is neither', () => {
    const read = decodeText(Buffer.from('["ü"]', 'latin1'))
    assert.ok(!read.ok)
    assert.match(read.why, /neither UTF-8 nor UTF-16/)
  })
})

describe('readJson', () => {
  const cases: readonly (readonly [text: string, place: string, why: RegExp])[] = [
    ['', '1:1', /ends where a value/],
    ['[1,\n 2', '2:3', /ends where , or \]/],
    ['{"a": 1', '1:8', /ends where , or \}/],
    ['{"a": tru}', '1:7', /a value is expected here/],
    ['{"a" 1}', '1:6', /^: is expected/],
    ['{"a": 1,}', '1:9', /a name in quotes is expected/],
    ['{a: 1}', '1:2', /a name in quotes or \}/],
    ['[1,]', '1:4', /a value is expected/],
    ['[1 2]', '1:4', /, or \] is expected/],
    ['["a\nb"]', '1:2', /not a text without its end/],
    ['["a', '1:2', /not a text without its end/],
    ['["\\x"]', '1:2', /a text/],
    ['[01]', '1:2', /a value/],
    ['[1.]', '1:2', /a value/],
    ['[] []', '1:4', /the end of the text/],
    ['[[[]', '1:5', /ends where , or \]/],
    ["{'a': 1}", '1:2', /a name in quotes/],
  ]
  for (const [text, place, why] of cases) {
    it(`names the place of the fault in ${JSON.stringify(text)}`, () => {
      assert.throws(() => void JSON.parse(text))
      const read = readJson(text)
      assert.ok(!read.ok)
      assert.equal(`${read.at.line}:${read.at.column}`, place)
      assert.match(read.why, why)
    })
  }

  it('reads what JSON.parse reads', () => {
    const value = { a: [1, -2.5e3, true, null, 'x"\\\u0001'], b: { c: {} }, d: [] }
    assert.deepEqual(readJson(JSON.stringify(value)), { ok: true, value })
  })
})

describe('readExport', () => {
  it('takes one connector, a list, and a list with its count', () => {
    for (const text of [inbound(), [inbound()], { value: [inbound()], Count: 1 }]) {
      const read = readExport(JSON.stringify(text))
      assert.ok(read.ok)
      assert.equal(read.objects.length, 1)
    }
  })
})
