import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, chmodSync, symlinkSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { everyField, inbound } from '../support/inbound-connectors'
import { call, type CallOptions } from './in-process'
import { installed, Place, printed } from './support'

const now = Date.UTC(2026, 10, 27, 6, 30)
const connectorsFile = 'config/exchange-enforcement.connectors.ini'

/** Every file below a folder, with its text: to see that nothing was written. */
function allFiles(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  return Object.fromEntries(
    names.flatMap((name) => (statSync(name).isFile() ? [[name, readFileSync(name, 'latin1')]] : [])),
  )
}

describe('connectors import', function () {
  this.timeout(30_000)
  let place: Place

  beforeEach(() => {
    place = installed()
  })
  afterEach(() => place.remove())

  const importing = (value: unknown, parameters: readonly string[] = [], options: CallOptions = {}) =>
    call(['connectors', 'import', '-', '--config', place.config, ...parameters], {
      input: Buffer.isBuffer(value) || typeof value === 'string' ? value : JSON.stringify(value),
      directory: place.folder,
      now,
      ...options,
    })

  it('prints sections, and on standard error what no key stands for', async () => {
    const { code, stdout, stderr } = await importing(everyField)
    assert.equal(code, 0)
    assert.match(stdout, /^; 'Inbound from Contoso' of Get-InboundConnector, imported on 2026-11-27\n/)
    assert.match(stdout, /^\[contoso-inbound-from-contoso\]\ntenant = contoso\n/m)
    for (const text of [stdout.replaceAll('\n;  ', ''), stderr]) {
      assert.match(text, /look at .*RestrictDomainsToCertificate \(True\): /)
      assert.match(text, /look at .*EFSkipIPs \(203\.0\.113\.5\): .*trusted_relays/)
      assert.match(text, /without effect here.*CloudServicesMailEnabled, /)
    }
    assert.match(stderr, /connectors: 1, of these left out: 0\n$/)
    assert.deepEqual(Object.keys(allFiles(place.folder)).length, 2)
  })

  it('prints JSON with the text, the keys and the remarks', async () => {
    const { stdout, stderr } = await importing(everyField, ['--json', '--mode', 'report'])
    const said: {
      tenant: string
      file: null
      connectors: { keys: Record<string, string>; remarks: { effect: string; field: string }[] }[]
      ini: string
    } = JSON.parse(stdout)
    assert.equal(stderr, '')
    assert.deepEqual([said.tenant, said.file, said.connectors[0]?.keys['mode']], ['contoso', null, 'report'])
    assert.match(said.ini, /^mode = report$/m)
    assert.ok(
      said.connectors[0]?.remarks.some(({ effect, field }) => effect === 'look' && field === 'EFSkipIPs'),
    )
  })

  it('reads what Windows PowerShell 5 wrote with >', async () => {
    const file = place.write(
      'inbound.json',
      Buffer.from(`\ufeff${JSON.stringify([inbound()])}\r\n`, 'utf16le'),
    )
    const ran = await call(['connectors', 'import', file, '--tenant', 'fabrikam'], { now })
    assert.equal(ran.code, 0)
    assert.match(ran.stdout, /^\[fabrikam-a\]$/m)
  })

  const refused: readonly (readonly [why: string, value: unknown, message: RegExp])[] = [
    ['is empty', '', /standard input: is empty/],
    ['is blank, as where there is no connector', '\r\n', /is empty/],
    ['is an empty list', [], /holds no connector/],
    ['is null', null, /holds no connector/],
    ['is not JSON', '[{"Name": }]', /line 1, column 11: is not JSON: a value is expected/],
    ['is a table and no JSON', 'Name   SenderDomains\n----   ---', /line 1, column 1: is not JSON/],
    ['is cut off', '[{"Name": "a",\n', /line 2, column 1: is not JSON: the text ends/],
    ['is in another encoding', Buffer.from('["\xfc"]', 'latin1'), /neither UTF-8 nor UTF-16/],
    ['is a number', 5, /connector 1 is no inbound connector, but a number/],
    ['is a list of mixed types', [inbound(), 'b'], /connector 2 is no inbound connector, but a text/],
    ['has null in its list', [null], /connector 1 is no inbound connector, but null/],
    [
      'is a list of something else',
      [{ Mailbox: 'x' }],
      /connector 1 is no inbound connector: it has fields such as Mailbox/,
    ],
    [
      'is of Get-OutboundConnector',
      [{ Name: 'a', ConnectorType: 'OnPremises', SmartHosts: [], RecipientDomains: [] }],
      /connector 1 .*Get-OutboundConnector/,
    ],
    ['is of Get-ReceiveConnector', [{ Name: 'a', RemoteIPRanges: [] }], /Get-ReceiveConnector/],
    ['is of Get-AcceptedDomain', [{ Name: 'a', DomainType: 'Authoritative' }], /Get-AcceptedDomain/],
    [
      'is cut by depth as a whole',
      ['@{Name=a; Enabled=True}'],
      /connector 1 was cut short by ConvertTo-Json.* -Depth 4/,
    ],
    [
      'is cut by depth in a field',
      [inbound({ SenderIPAddresses: 'System.Object[]' })],
      /SenderIPAddresses: 'System\.Object\[\]' was cut short/,
    ],
    [
      'is cut by depth in an item',
      [inbound({ SenderDomains: ['Microsoft.Exchange.Data.SmtpDomainWithSubdomains'] })],
      /SenderDomains: .* was cut short/,
    ],
    ['lacks a Name', [inbound({ Name: undefined })], /connector 1: Name is missing/],
    ['has a Name that is none', [inbound({ Name: 5 })], /connector 1: Name is a number; allowed: a text/],
    ['has a Name twice', [inbound(), inbound({ Name: 'A' })], /connector 2 has the Name 'A' of connector 1/],
    [
      'lacks the type',
      [inbound({ ConnectorType: null })],
      /connector 1 'a': ConnectorType is missing; allowed: OnPremises, Partner/,
    ],
    [
      'has an unknown type',
      [inbound({ ConnectorType: 'Partnr' })],
      /ConnectorType: 'Partnr' is not known \(did you mean 'Partner'\?\)/,
    ],
    [
      'has a type as number',
      [inbound({ ConnectorType: 2 })],
      /ConnectorType is a number; allowed: OnPremises/,
    ],
    [
      'has a bad address',
      [inbound({ SenderIPAddresses: ['192.0.2.300'] })],
      /SenderIPAddresses: '192\.0\.2\.300' is not an IPv4 or IPv6/,
    ],
    [
      'has a bad prefix',
      [inbound({ SenderIPAddresses: ['192.0.2.0/33'] })],
      /'192\.0\.2\.0\/33' is without a valid prefix/,
    ],
    [
      'has a range of addresses',
      [inbound({ SenderIPAddresses: ['192.0.2.1-192.0.2.9'] })],
      /a range from one address to another: write networks/,
    ],
    [
      'has numbers among addresses',
      [inbound({ SenderIPAddresses: [1] })],
      /SenderIPAddresses has a number among its items/,
    ],
    [
      'has objects among addresses',
      [inbound({ SenderIPAddresses: { Low: 1 } })],
      /SenderIPAddresses has an object among its items/,
    ],
    ['has a bad sender', [inbound({ SenderDomains: ['a b'] })], /SenderDomains: 'a b' is not a domain name/],
    [
      'has a sender of another kind',
      [inbound({ SenderDomains: ['x400:c=us;1'] })],
      /'x400:c=us;1' is no SMTP domain/,
    ],
    [
      'has a wildcard inside a sender',
      [inbound({ SenderDomains: ['a.*.com'] })],
      /has a wildcard that is not one leading/,
    ],
    [
      'has a certificate that matches none',
      [inbound({ TlsSenderCertificateName: '*.com' })],
      /TlsSenderCertificateName: '\*\.com' matches no certificate/,
    ],
    ['has a subject without CN', [inbound({ TlsSenderCertificateName: '<I>CN=a<S>O=b' })], /names no CN/],
    [
      'has neither yes nor no',
      [inbound({ Enabled: 'perhaps' })],
      /Enabled: 'perhaps' is neither; allowed: true, false/,
    ],
    [
      'has a number for yes or no',
      [inbound({ RequireTls: 1 })],
      /RequireTls is a number; allowed: true, false/,
    ],
    ['has a list for a text', [inbound({ Comment: ['a'] })], /Comment is a list; allowed: a text/],
    [
      'would tie',
      [inbound(), inbound({ Name: 'b' })],
      /\[contoso-a\] and \[contoso-b\] both have 192\.0\.2\.1\/32 for the same senders.*take it out of one/,
    ],
  ]
  for (const [why, value, message] of refused) {
    it(`refuses an export that ${why}, and writes nothing`, async () => {
      const before = allFiles(place.folder)
      for (const where of [[], ['--append']]) {
        const ran = await importing(value, ['--tenant', 'contoso', ...where])
        assert.equal(ran.code, 1)
        assert.equal(ran.stdout, '')
        assert.match(ran.stderr, message)
        assert.match(ran.stderr, /^exchange-enforcement: [^\n]*\n$/)
      }
      assert.deepEqual(allFiles(place.folder), before)
    })
  }

  it('names all that is wrong, line by line', async () => {
    const bad = inbound({ ConnectorType: 'x', SenderIPAddresses: ['y', 'z'], Enabled: 7 })
    const { code, stderr } = await importing([bad, inbound({ Name: '' })], ['--tenant', 'contoso'])
    assert.equal(code, 1)
    assert.equal(stderr.trimEnd().split('\n').length, 5)
    assert.match(stderr, /connector 2: Name is missing; allowed: a name \(5 errors\); nothing was written\n$/)
  })

  const misused: readonly (readonly [
    why: string,
    value: unknown,
    parameters: readonly string[],
    message: RegExp,
  ])[] = [
    [
      'the tenant is not known',
      [inbound()],
      [],
      /does not say whose connectors they are; name the tenant with --tenant/,
    ],
    [
      'there are several organisations',
      [inbound({ Id: 'a.onmicrosoft.com/x' }), inbound({ Name: 'b', Id: 'b.onmicrosoft.com/x' })],
      [],
      /several organisations \(a, b\)/,
    ],
    ['the tenant is no name', [inbound()], ['--tenant', 'a b'], /--tenant 'a b' has other characters/],
    ['the tenant is the built-in one', [inbound()], ['--tenant', 'internet'], /built-in/],
    ['the mode is none', [inbound()], ['--mode', 'wild'], /Allowed choices are off, report, defer, enforce/],
    ['it should go to two places', [inbound()], ['--append', '--output', 'x'], /cannot be used with option/],
  ]
  for (const [why, value, parameters, message] of misused) {
    it(`is wrong usage where ${why}`, async () => {
      const before = allFiles(place.folder)
      const ran = await importing(value, parameters)
      assert.equal(ran.code, 2)
      assert.match(ran.stderr, message)
      assert.deepEqual(allFiles(place.folder), before)
    })
  }

  it('takes the tenant from the organisation that the export names', async () => {
    const ran = await importing([
      inbound({ OrganizationId: 'x/Fabrikam.onmicrosoft.com - y' }),
      inbound({ Name: 'b', SenderIPAddresses: ['192.0.2.2'] }),
    ])
    assert.equal(ran.code, 0)
    assert.equal(ran.stdout.match(/^tenant = fabrikam$/gm)?.length, 2)
  })

  it('never enforces against a partner', async () => {
    const objects = [
      inbound(),
      inbound({ Name: 'b', ConnectorType: 'Partner', SenderIPAddresses: ['192.0.2.2'] }),
    ]
    const { stdout } = await importing(objects, ['--tenant', 'c', '--mode', 'enforce'])
    assert.equal(stdout.match(/^mode = enforce$/gm)?.length, 1)
    const reported = await importing(objects, ['--tenant', 'c', '--mode', 'report'])
    assert.equal(reported.stdout.match(/^mode = report$/gm)?.length, 2)
  })

  it('writes a new file, and never over one that is there', async () => {
    const first = await importing([inbound()], ['--tenant', 'c', '--output', 'new.ini'])
    assert.equal(first.code, 0)
    assert.match(first.stdout, /^connectors: 1, of these left out: 0, written to .*new\.ini\n$/)
    const text = readFileSync(join(place.folder, 'new.ini'), 'utf8')
    assert.match(text, /^\[c-a\]$/m)
    const second = await importing([inbound({ Name: 'b' })], ['--tenant', 'c', '--output', 'new.ini'])
    assert.equal(second.code, 1)
    assert.match(second.stderr, /new\.ini is there already/)
    assert.equal(readFileSync(join(place.folder, 'new.ini'), 'utf8'), text)
    const nowhere = await importing([inbound()], ['--tenant', 'c', '--output', 'no/new.ini'])
    assert.match(nowhere.stderr, /cannot be written \(ENOENT\): there is no such folder/)
  })

  it('appends to the connectors file, keeps what was there to the byte, and keeps a copy of it', async () => {
    const path = join(place.folder, connectorsFile)
    place.write(connectorsFile, '; by hand, kept as it is\r\n[old]\r\naddresses = 8.8.1.1\r\n')
    chmodSync(path, 0o640)
    const before = readFileSync(path, 'utf8')
    const ran = await importing(everyField, ['--append'])
    assert.equal(ran.code, 0, ran.stderr)
    const after = readFileSync(path, 'utf8')
    assert.ok(after.startsWith(`${before}\r\n; 'Inbound from Contoso'`))
    assert.doesNotMatch(after, /[^\r]\n/)
    assert.equal(statSync(path).mode & 0o777, 0o640)
    const backup = `${path}.20261127T063000Z.bak`
    assert.equal(readFileSync(backup, 'utf8'), before)
    assert.ok(ran.stdout.includes(backup))
    const list = await call(['connectors', 'list', '--json', '--config', place.config])
    const ids = JSON.parse(list.stdout).map(({ id }: { id: string }) => id)
    assert.deepEqual(ids, ['old', 'contoso-inbound-from-contoso'])
    assert.deepEqual(
      readdirSync(place.config).filter((name) => name.includes('.tmp')),
      [],
    )
  })

  it('appends where there is no file yet, and through a link', async () => {
    const fresh = new Place({ 'config/exchange-enforcement.ini': '' })
    try {
      const real = fresh.write('elsewhere/connectors.ini', '[old]\naddresses = 8.8.1.1')
      const link = join(fresh.folder, connectorsFile)
      const add = (name: string, address: string) =>
        importing(
          [inbound({ Name: name, SenderIPAddresses: [address] })],
          ['--tenant', 'c', '--append', '--config', fresh.config],
        )
      assert.equal((await add('a', '8.8.2.1')).code, 0)
      assert.match(readFileSync(link, 'utf8'), /^; 'a'/)
      const other = new Place({ 'config/exchange-enforcement.ini': '' })
      symlinkSync(real, join(other.folder, connectorsFile))
      const ran = await importing([inbound()], ['--tenant', 'c', '--append', '--config', other.config])
      assert.equal(ran.code, 0, ran.stderr)
      assert.ok(lstatSync(join(other.folder, connectorsFile)).isSymbolicLink())
      assert.match(readFileSync(real, 'utf8'), /^\[old\]\naddresses = 8\.8\.1\.1\n\n; 'a'/)
      other.remove()
    } finally {
      fresh.remove()
    }
  })

  const unfit: readonly (readonly [why: string, object: object, message: RegExp])[] = [
    [
      'ties with what is there',
      inbound({ SenderIPAddresses: ['192.0.2.0/28'] }),
      /\[contoso-plant\] and \[contoso-a\] both have 192\.0\.2\.0\/28/,
    ],
    [
      'has an id that is taken',
      inbound({ Name: 'plant' }),
      /\[contoso-plant\]: the section was already opened in line 4/,
    ],
  ]
  for (const [why, object, message] of unfit) {
    it(`refuses to append what ${why}`, async () => {
      const before = allFiles(place.folder)
      const ran = await importing(object, ['--tenant', 'contoso', '--append'])
      assert.equal(ran.code, 1)
      assert.match(ran.stderr, message)
      assert.match(ran.stderr, /nothing was written\n$/)
      assert.deepEqual(allFiles(place.folder), before)
    })
  }

  it('needs a config folder to append to', async () => {
    const ran = await call(['connectors', 'import', '-', '--append', '--tenant', 'c'], {
      input: JSON.stringify(inbound()),
    })
    assert.equal(ran.code, 2)
    assert.match(ran.stderr, /--append needs Haraka's config folder/)
  })

  it('runs as a program, from a file', async () => {
    const file = place.write('inbound.json', JSON.stringify(inbound({ SenderDomains: ['contoso.com'] })))
    const text = await printed(['connectors', 'import', file, '--tenant', 'c', '--json'])
    assert.match(text, /"id": "c-a"/)
    assert.ok(existsSync(file))
  })
})

describe('connectors check', function () {
  this.timeout(30_000)
  const cases: readonly (readonly [why: string, ini: string, lines: readonly RegExp[]])[] = [
    [
      'is content with a connector like any other',
      '[a]\naddresses = 8.8.1.1\nsender_domains = contoso.com\n',
      [],
    ],
    [
      'a tie',
      '[a]\naddresses = 8.8.1.1\n[b]\naddresses = 8.8.1.1\n',
      [/^error .*:3: \[b\]: .*neither would be attributed; take it out of one/],
    ],
    [
      'a network within another',
      '[a]\naddresses = 8.8.0.0/16\n[b]\naddresses = 8.8.1.1\n',
      [/^information .*:3: \[b\]: 8\.8\.1\.1\/32 of \[b\] lies within/],
    ],
    [
      'a shadowed wildcard',
      '[a]\ntls_certificate_name = *.contoso.com\n[b]\ntls_certificate_name = mail.contoso.com\n',
      [
        /^warning .*mail\.contoso\.com of \[b\] lies within \*\.contoso\.com of \[a\].*; make sure that the servers of \[b\]/,
      ],
    ],
    [
      'a network that longer ones take whole',
      '[a]\naddresses = 8.8.0.0/23\n[b]\naddresses = 8.8.0.0/24\n[c]\naddresses = 8.8.1.0/24\n',
      [
        /^warning .*:2: \[a\] addresses: 8\.8\.0\.0\/23 never decides/,
        /^information .*\[b\]/,
        /^information .*\[c\]/,
      ],
    ],
    [
      'a certificate name of another domain',
      '[a]\ntls_certificate_name = mail.fabrikam.com\nsender_domains = contoso.com\n',
      [
        /^warning .*:2: \[a\] tls_certificate_name: mail\.fabrikam\.com belongs to none of the sender_domains of the tenant 'a'; add its domain/,
      ],
    ],
    ['documentation', '[a]\naddresses = 192.0.2.0/24\n', [/^warning .*192\.0\.2\.0\/24 is for examples/]],
    [
      'an address that sends nothing',
      '[a]\naddresses = 8.8.1.1, 224.0.0.0/16\n',
      [/^warning .*224\.0\.0\.0\/16 can never be/],
    ],
    [
      'private networks',
      '[a]\naddresses = 10.1.0.0/16, fd00::/8\n',
      [/^warning .*fd00::\/8 is wide/, /^information .*10\.1\.0\.0\/16 \(and 1 more\) is private/],
    ],
    [
      'a network too wide',
      '[a]\naddresses = 9.0.0.0/8\n',
      [/^warning .*9\.0\.0\.0\/8 is wide for one organisation, whoever sends from there; name the addresses/],
    ],
    [
      'open senders',
      '[a]\naddresses = 8.8.1.1\nsender_domains = com, *.co.uk, co.uk\n',
      [/^warning .*com, \*\.co\.uk, co\.uk: below such a domain/],
    ],
    [
      'a certificate for a public suffix',
      '[a]\ntls_certificate_name = *.co.uk\n',
      [/^warning .*\*\.co\.uk looks as if anyone could have/],
    ],
    [
      'a wildcard alone',
      '[a]\naddresses = 8.8.1.1\nsender_domains = *.contoso.com\n',
      [/^information .*\*\.contoso\.com: all names below.*add contoso\.com/],
    ],
    [
      'an authority file that is none',
      '[a]\ntls_certificate_name = a.contoso.com\ntls_ca_file = plugins\n',
      [/^error .*:3: \[a\] tls_ca_file: .*no certificate in PEM form/],
    ],
    [
      'ESU that no policy asks for',
      '[a]\naddresses = 8.8.1.1\nesu = yes\n',
      [/^information .*esu: has no effect/],
    ],
    [
      'sessions that may relay',
      '[a]\naddresses = 8.9.1.0/24\n',
      [
        /^warning .*sessions from 8\.9\.0\.0\/16 may relay \(relay_acl_allow:2\) and are passed over; set judge_relaying = yes/,
      ],
    ],
    ['sessions that may relay and are judged', '[a]\naddresses = 8.9.1.0/24\njudge_relaying = yes\n', []],
    [
      'everyone else no more than the plugin does',
      '[internet]\nmode = report\n[a]\naddresses = 8.8.1.1\n',
      [/^warning .*\[internet\]: has no effect/],
    ],
  ]
  for (const [why, ini, lines] of cases) {
    it(`tells of ${why}`, async () => {
      const place = new Place({
        [connectorsFile]: ini,
        'config/plugins': 'tls\nrelay\n',
        'config/relay_acl_allow': '# inner\n8.9.0.0/16 # plant\n',
      })
      try {
        const { code, stdout } = await call(['connectors', 'check', '--config', place.config], { now })
        const said = stdout.trimEnd().split('\n').slice(0, -1)
        assert.equal(said.length, lines.length, stdout)
        for (const [at, line] of lines.entries()) assert.match(said[at] ?? '', line)
        const errors = lines.filter((line) => line.source.startsWith('^error')).length
        assert.equal(code, errors > 0 ? 1 : 0)
      } finally {
        place.remove()
      }
    })
  }

  it('tells of authorities that have expired, or soon will', async () => {
    const place = new Place({
      [connectorsFile]: '[a]\ntls_certificate_name = a.contoso.com\ntls_ca_file = ca.pem\n',
    })
    try {
      const file = join(place.config, 'ca.pem')
      const key = [
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        '/dev/null',
      ]
      execFileSync('openssl', ['req', '-x509', ...key, '-days', '60', '-subj', '/CN=ca', '-out', file], {
        stdio: 'ignore',
      })
      const check = (at: number) => call(['connectors', 'check', '--config', place.config], { now: at })
      assert.match((await check(Date.now())).stdout, /^the connectors are valid, warnings: 0/)
      const soon = await check(Date.now() + 40 * 86_400_000)
      assert.equal(soon.code, 0)
      assert.match(soon.stdout, /^warning .*tls_ca_file: an authority in it expires on 20/)
      const later = await check(Date.now() + 70 * 86_400_000)
      assert.equal(later.code, 1)
      assert.match(later.stdout, /^error .*tls_ca_file: every authority in it has expired/)
    } finally {
      place.remove()
    }
  })

  it('looks at the connectors although the main file is wrong, and tells a program what to do', async () => {
    const place = new Place({
      [connectorsFile]: '[a]\naddresses = 192.0.2.1\n',
      'config/exchange-enforcement.ini': '[main]\nmode = wild\n',
    })
    try {
      const { code, stdout } = await call(['connectors', 'check', '--json', '--config', place.config])
      assert.equal(code, 0)
      const said: {
        ok: boolean
        warnings: { section: string; key: string; line: number; advice: string }[]
      } = JSON.parse(stdout)
      const [warning] = said.warnings
      assert.deepEqual(
        [warning?.section, warning?.key, warning?.line, warning?.advice],
        ['a', 'addresses', 2, 'name the real ones'],
      )
    } finally {
      place.remove()
    }
  })
})
