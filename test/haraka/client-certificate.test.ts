import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { readCertificate } from '../../src/haraka/certificate'
import { PathFinder } from '../../src/haraka/certificate-path'
import { ClientCertificateVerifier, describeClientCertificate } from '../../src/haraka/client-certificate'
import type { ClientCertificate } from '../../src/haraka/client-certificate'
import { TrustStore } from '../../src/haraka/trust-store'
import { trustAnchorId } from '../../src/rules/attribution/connector'
import { clientKinds, testCertificates } from '../support/certificates'
import type { ClientKind, TestCertificates } from '../support/certificates'
import { TlsListener, shapes } from '../support/tls-session'

const mail = ['mail.contoso.com']
const dayMs = 86_400_000

/** What the certificate is worth under the test authority `ca`, the names that A1 may compare, and why. */
const expectations: Record<ClientKind, [verdict: string, names: readonly string[], why: string]> = {
  good: ['verified', mail, 'issued by the authority itself'],
  'other-ca': ['unknown-issuer', mail, 'another authority says nothing here'],
  intermediate: ['verified', mail, 'the intermediate was sent along'],
  'intermediate-missing': ['unknown-issuer', mail, 'without the intermediate nothing leads to the authority'],
  'intermediate-among-others': ['verified', mail, 'order and strangers do not matter'],
  'self-signed': ['self-signed', mail, 'nobody vouches for it'],
  'self-signed-alike': ['self-signed', mail, 'the name of the authority is not its key'],
  expired: ['expired', mail, 'its time is over'],
  'not-yet-valid': ['not-yet-valid', mail, 'its time has not come'],
  'expired-intermediate': ['expired', mail, 'dates count for every certificate of the path'],
  'no-purpose': ['verified', mail, 'no extended key usage: every purpose'],
  'any-purpose': ['verified', mail, 'anyExtendedKeyUsage includes clients'],
  'both-purposes': ['verified', mail, 'for servers and clients'],
  'server-only': ['wrong-purpose', mail, 'for servers only'],
  'encipherment-only': ['wrong-purpose', mail, 'a client signs the handshake, which this key may not'],
  'server-only-intermediate': ['wrong-purpose', mail, 'the purposes of an authority limit what it issues'],
  'several-names': ['verified', ['ex01.contoso.com', 'mail.contoso.com'], 'DNS names only, in lower case'],
  wildcard: ['verified', ['*.contoso.com'], 'a wildcard stays as it is'],
  'address-only': ['verified', [], 'there is a SAN, so the CN does not count'],
  'common-name': ['verified', mail, 'no SAN at all: the CN counts'],
  'two-common-names': ['verified', [], 'of two CNs nobody can say which one is meant'],
  'common-name-with-space': ['verified', [], 'not a DNS name'],
  'name-with-nul': ['verified', [], 'a name with an embedded NUL is dropped'],
  'many-names': [
    'verified',
    Array.from({ length: 1000 }, (_, index) => `m${index}.contoso.com`),
    'no more than 1000 names are read',
  ],
  'below-path-length': ['path-too-long', mail, 'pathlen:0 allows no authority below'],
  'name-constrained': [
    'extension-not-understood',
    mail,
    'name constraints are not understood, so not trusted',
  ],
  'lax-name-constrained': [
    'extension-not-understood',
    mail,
    'name constraints count even where not critical',
  ],
  'not-an-authority': ['issuer-not-an-authority', mail, 'CA:FALSE may not issue'],
  'no-cert-sign': ['unknown-issuer', mail, 'an authority without keyCertSign may not issue'],
  'old-style-authority': ['issuer-not-an-authority', mail, 'without basicConstraints nobody is an authority'],
  'authority-without-constraints': ['unknown-issuer', mail, 'and it is another authority as well'],
  'critical-unknown': ['extension-not-understood', mail, 'critical, and nobody knows what it asks for'],
  'weak-signature': ['weak-signature', mail, 'SHA-1'],
  'weak-key': ['weak-key', mail, 'RSA with 1024 bits'],
  'weak-key-intermediate': ['weak-key', mail, 'a weak key in between is as bad'],
}

/** Refused for their extended key usage, which `tls_purpose = any` does not look at. */
const wrongPurposeOnly: readonly ClientKind[] = ['server-only', 'server-only-intermediate']

describe('Client certificates', () => {
  let folder = ''
  let made: TestCertificates

  before(async function () {
    this.timeout(20_000)
    folder = mkdtempSync(join(tmpdir(), 'client-certificates-'))
    made = await testCertificates()
  })

  after(() => rmSync(folder, { recursive: true }))

  const fileOf = (authority: keyof TestCertificates['authorities']) => ({
    file: made.authorities[authority].cert,
  })
  const pathOf = (kind: ClientKind) => {
    const blocks = readFileSync(made.clients[kind].cert, 'latin1').match(
      /-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g,
    )
    const [leaf, ...others] = (blocks ?? []).map((block) => readCertificate(block)!)
    return { leaf: leaf!, others }
  }
  /** A socket that presents what the file holds, linked as Node.js links it. */
  const socketOf = (kind: ClientKind) => {
    const { leaf, others } = pathOf(kind)
    const linked = [leaf, ...others].reduceRight<object | null>(
      (issuerCertificate, { x509 }) => ({ raw: x509.raw, issuerCertificate }),
      null,
    )
    return { getPeerCertificate: () => linked }
  }
  const verdictOf = (result: ClientCertificate, anchor: string): string => {
    if (result.kind !== 'presented') return result.kind
    assert.notEqual(result.trustedBy.has(anchor), result.refusals.has(anchor))
    return result.trustedBy.has(anchor) ? 'verified' : (result.refusals.get(anchor) ?? 'unknown anchor')
  }

  for (const shape of shapes) {
    describe(`over ${shape}`, () => {
      let listener: TlsListener

      before(async () => {
        listener = await TlsListener.open(shape, made.server)
      })

      after(() => listener.close())

      for (const kind of clientKinds) {
        const [verdict, names, why] = expectations[kind]
        it(`is ${verdict} when ${kind}: ${why}`, async () => {
          const anchors = [fileOf('ca'), 'system', fileOf('no-cert-sign')] as const
          const trust = TrustStore.load(anchors, { SSL_CERT_FILE: made.authorities.ca.cert })
          const client = await listener.client(made.clients[kind])
          const result = new ClientCertificateVerifier(trust).check(client, Date.now())
          assert.equal(verdictOf(result, trustAnchorId(anchors[0])), verdict)
          assert.equal(verdictOf(result, 'system'), verdict)
          const forAny = verdict === 'verified' || wrongPurposeOnly.includes(kind)
          assert.equal(result.kind === 'presented' && result.trustedBy.has('system any-purpose'), forAny)
          assert.deepEqual(result.kind === 'presented' && result.names, names)
        })
      }

      it('is none when the client presents none', async () => {
        const verifier = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
        assert.deepEqual(verifier.check(await listener.client(null), Date.now()), { kind: 'none' })
      })

      it('gives the same answer at every MAIL of a session, also after the client has gone', async () => {
        const verifier = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
        const client = await listener.client(made.clients.intermediate)
        const first = verifier.check(client, Date.now())
        assert.equal(verifier.check(client, Date.now()), first)
        const socket =
          (client as { cleartext?: { destroy: () => void } }).cleartext ?? (client as { destroy: () => void })
        socket.destroy()
        assert.equal(verifier.check(client, Date.now()), first)
      })
    })
  }

  it('remembers the intermediates of a leaf for a resumed session, which brings the leaf alone', async () => {
    const listener = await TlsListener.open('implicit TLS', made.server)
    try {
      const verifier = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
      const identity = made.clients.intermediate
      const anchor = trustAnchorId(fileOf('ca'))
      const full = await listener.client(identity, { maxVersion: 'TLSv1.2' })
      assert.equal(verdictOf(verifier.check(full, Date.now()), anchor), 'verified')
      const { session } = listener
      assert.ok(session)
      const resumed = await listener.client(identity, { maxVersion: 'TLSv1.2', session })
      assert.equal((resumed as { isSessionReused: () => boolean }).isSessionReused(), true)
      assert.equal(verdictOf(verifier.check(resumed, Date.now()), anchor), 'verified')
      const stranger = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
      assert.equal(verdictOf(stranger.check(resumed, Date.now()), anchor), 'unknown-issuer')
    } finally {
      await listener.close()
    }
  })

  it('recognises a good leaf by what Haraka has read of it, for a minute, and no other', () => {
    const verifier = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
    const now = Date.now()
    const leafOf = (kind: ClientKind) => ({ fingerprint256: pathOf(kind).leaf.fingerprint })
    const unread = {
      getPeerCertificate: (): never => {
        throw new Error('read')
      },
    }
    assert.equal(verifier.check(unread, now, leafOf('good')).kind, 'unreadable', 'not seen yet')
    const first = verifier.check(socketOf('good'), now, leafOf('good'))
    assert.equal(verifier.check(unread, now + 60_000, leafOf('good')), first)
    assert.equal(verifier.check(unread, now + 60_001, leafOf('good')).kind, 'unreadable')
    assert.equal(verifier.check(unread, now - 1, leafOf('good')).kind, 'unreadable')
    verifier.check(socketOf('expired'), now, leafOf('expired'))
    assert.equal(verifier.check(unread, now, leafOf('expired')).kind, 'unreadable', 'a bad one')
    for (const leaf of [undefined, null, 'text', {}, { fingerprint256: 1 }, { fingerprint256: 'AB' }]) {
      assert.equal(verifier.check(unread, now, leaf).kind, 'unreadable')
    }
  })

  it('never trusts what the openssl command refuses', function () {
    this.timeout(20_000)
    for (const kind of clientKinds) {
      // OpenSSL wants clientAuth itself where the extension is present (RFC 5280 leaves that to the application).
      if (expectations[kind][0] !== 'verified' || kind === 'any-purpose') continue
      const { cert } = made.clients[kind]
      const out = execFileSync(
        'openssl',
        ['verify', '-purpose', 'sslclient', '-CAfile', made.authorities.ca.cert, '-untrusted', cert, cert],
        { encoding: 'utf8' },
      )
      assert.match(out, /: OK/, kind)
    }
  })

  it('trusts a certificate that the operator named himself, and an authority that is no root', () => {
    const now = Date.now()
    const check = (file: string, kind: ClientKind): string =>
      verdictOf(
        new ClientCertificateVerifier(TrustStore.load([{ file }])).check(socketOf(kind), now),
        trustAnchorId({ file }),
      )
    assert.equal(check(made.clients['self-signed'].cert, 'self-signed'), 'verified')
    assert.equal(check(made.authorities.intermediate.cert, 'intermediate-missing'), 'verified')
    assert.equal(
      check(made.authorities['no-constraints'].cert, 'authority-without-constraints'),
      'issuer-not-an-authority',
    )
    assert.equal(check(made.clients['server-only'].cert, 'server-only'), 'wrong-purpose')
    assert.equal(check(made.clients.expired.cert, 'expired'), 'expired')
  })

  it('trusts nothing after any bit of the certificate was changed', () => {
    const { leaf } = pathOf('good')
    const trusted = TrustStore.load([fileOf('ca')]).anchors.get(trustAnchorId(fileOf('ca')))!
    const now = Date.now()
    assert.equal(new PathFinder(leaf, []).verify(trusted, now, 'client').verified, true)
    fc.assert(
      fc.property(fc.nat(leaf.x509.raw.length - 1), fc.nat(7), (at, bit) => {
        const raw = Buffer.from(leaf.x509.raw)
        raw[at] = (raw[at] ?? 0) ^ (1 << bit)
        const changed = readCertificate(raw)
        assert.ok(changed === null || !new PathFinder(changed, []).verify(trusted, now, 'client').verified)
      }),
      { numRuns: 500 },
    )
  })

  it('never throws, whatever stands in the place of the socket', () => {
    const verifier = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
    const throwing = {
      get cleartext(): never {
        throw new Error('gone\r\n')
      },
    }
    const loop: Record<string, unknown> = { raw: pathOf('good').leaf.x509.raw }
    loop.issuerCertificate = loop
    const cases: [unknown, ClientCertificate['kind'], string][] = [
      [undefined, 'none', 'no client'],
      [null, 'none', 'no client'],
      ['socket', 'none', 'no object'],
      [{}, 'none', 'a socket without TLS'],
      [{ cleartext: null }, 'none', 'before STARTTLS'],
      [{ getPeerCertificate: 1 }, 'none', 'no function'],
      [{ getPeerCertificate: () => ({}) }, 'none', 'none presented'],
      [{ getPeerCertificate: () => null }, 'none', 'the socket is gone'],
      [{ getPeerCertificate: () => ({ raw: 'text' }) }, 'none', 'no bytes'],
      [{ getPeerCertificate: () => ({ raw: Buffer.from('text') }) }, 'unreadable', 'no certificate'],
      [throwing, 'unreadable', 'a getter that throws'],
      [{ getPeerCertificate: () => loop }, 'presented', 'a certificate that is its own issuer'],
    ]
    for (const [client, kind, why] of cases) assert.equal(verifier.check(client, Date.now()).kind, kind, why)
    assert.deepEqual(verifier.check(throwing, 0), { kind: 'unreadable', reason: 'gone\\u{d}\\u{a}' })
  })

  for (const [checks, checkCost, kind] of [
    [40, 1, 'P-256'],
    [5, 8, 'P-384'],
    [3, 13, 'P-521, which take their time'],
  ] as const) {
    it(`checks no more than ${checks} signatures for one client by keys of the kind ${kind}, then refuses`, () => {
      const { leaf } = pathOf('self-signed-alike')
      const impostor = readCertificate(readFileSync(made.authorities.ca.cert))!
      assert.equal(impostor.checkCost, 1)
      const checked: string[] = []
      const others = Array.from({ length: 100 }, (_, index) => ({
        ...impostor,
        checkCost,
        fingerprint: `impostor ${index}`,
        get x509() {
          checked.push(`impostor ${index}`)
          return impostor.x509
        },
      }))
      const trusted = TrustStore.load([fileOf('ca')]).anchors.get(trustAnchorId(fileOf('ca')))!
      const finder = new PathFinder(leaf, others)
      assert.deepEqual(finder.verify(trusted, Date.now(), 'client'), {
        verified: false,
        refusal: 'too-complex',
      })
      // Each impostor is looked at once for its name, and the first ones once more for their key.
      assert.equal(checked.length, 100 + checks)
    })
  }

  it('are weighed by what a check with their key takes', () => {
    const costOf = (...key: string[]): number | undefined =>
      readCertificate(
        execFileSync(
          'openssl',
          ['req', '-x509', '-nodes', '-subj', '/CN=x', '-keyout', '-', '-newkey', ...key],
          {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
          },
        ).replace(/^[^]*?(?=-----BEGIN CERTIFICATE-----)/, ''),
      )?.checkCost
    const curve = (name: string): string[] => ['ec', '-pkeyopt', `ec_paramgen_curve:${name}`]
    assert.deepEqual(
      [
        costOf(...curve('P-256')),
        costOf(...curve('P-384')),
        costOf(...curve('P-521')),
        costOf('rsa:2048'),
        costOf('ed448'),
      ],
      [1, 8, 13, 1, 3],
    )
  })

  it('looks at the first ten certificates of an endless chain', () => {
    const { raw } = pathOf('self-signed').leaf.x509
    let asked = 0
    const endless = (): object => ({
      raw,
      get issuerCertificate() {
        asked += 1
        return endless()
      },
    })
    const verifier = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
    assert.equal(verifier.check({ getPeerCertificate: endless }, Date.now()).kind, 'presented')
    assert.equal(asked, 10)
  })

  describe('are remembered', () => {
    const check = (kind: ClientKind, times: (notAfter: number) => readonly number[]): string[] => {
      const anchor = fileOf('ca')
      const verifier = new ClientCertificateVerifier(TrustStore.load([anchor]))
      return times(pathOf(kind).leaf.notAfter).map((now) =>
        verdictOf(verifier.check(socketOf(kind), now), trustAnchorId(anchor)),
      )
    }

    it('but never beyond the last moment of their validity', () => {
      assert.deepEqual(
        check('good', (end) => [end - 1, end, end + 1]),
        ['verified', 'verified', 'expired'],
      )
    })

    it('but are checked anew when the clock jumped back', () => {
      assert.deepEqual(
        check('good', (end) => [end - dayMs, end - 50 * dayMs]),
        ['verified', 'not-yet-valid'],
      )
    })

    it('for a minute', () => {
      const verifier = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
      const now = Date.now()
      const first = verifier.check(socketOf('good'), now)
      assert.equal(verifier.check(socketOf('good'), now + 60_000), first)
      assert.notEqual(verifier.check(socketOf('good'), now + 60_001), first)
    })

    it('with the chain they came in, so that a missing intermediate can be added at once', () => {
      const verifier = new ClientCertificateVerifier(TrustStore.load([fileOf('ca')]))
      const anchor = trustAnchorId(fileOf('ca'))
      const now = Date.now()
      const alone = { getPeerCertificate: () => ({ raw: pathOf('intermediate').leaf.x509.raw }) }
      assert.equal(verdictOf(verifier.check(alone, now), anchor), 'unknown-issuer')
      assert.equal(verdictOf(verifier.check(socketOf('intermediate'), now), anchor), 'verified')
    })
  })

  it('are described for the log in printable ASCII', () => {
    const trust = TrustStore.load([fileOf('ca'), fileOf('other-ca'), { file: '/nonexistent/ca.pem' }])
    const text = describeClientCertificate(
      new ClientCertificateVerifier(trust).check(socketOf('good'), Date.now()),
    )
    assert.match(text, /^client certificate of O=Contoso, CN=mail\.contoso\.com, for mail\.contoso\.com; /)
    assert.match(text, /ca\.pem: verified/)
    assert.match(text, /other-ca\.pem: unknown issuer/)
    assert.match(text, /nonexistent\/ca\.pem: the file of its authorities cannot be used/)
    assert.match(text, /^[\x20-\x7e]+$/)
    assert.equal(describeClientCertificate({ kind: 'none' }), 'no client certificate')
  })

  describe('TrustStore', () => {
    it('names the file that cannot be used, and trusts nobody through it', () => {
      const write = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text)
        return join(folder, name)
      }
      const good = readFileSync(made.authorities.ca.cert, 'latin1')
      const cases: [file: string, message: RegExp, why: string][] = [
        [join(folder, 'missing.pem'), /cannot be read \(ENOENT\)/, 'no such file'],
        [folder, /cannot be read \(EISDIR\)/, 'a folder'],
        [write('empty.pem', ''), /holds no certificate/, 'empty'],
        [write('der.pem', 'not a certificate'), /holds no certificate/, 'no PEM'],
        [
          write('broken.pem', `${good}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`),
          /certificate 2 of the file cannot be read/,
          'one broken among good ones',
        ],
      ]
      for (const [file, message, why] of cases) {
        const trust = TrustStore.load([{ file }])
        assert.equal(trust.problems.length, 1, why)
        assert.match(trust.problems[0]!.error.message, message, why)
        assert.ok(trust.problems[0]!.error.message.startsWith(`${file}: `), why)
        const result = new ClientCertificateVerifier(trust).check(socketOf('good'), Date.now())
        assert.equal(verdictOf(result, trustAnchorId({ file })), 'anchor-unavailable', why)
      }
    })

    it('finds the authorities of the system', () => {
      const system = TrustStore.load(['system'], {}).anchors.get('system')!
      assert.ok(system.fingerprints.size > 50)
    })

    it('does not fall back to others when SSL_CERT_FILE cannot be used', () => {
      const trust = TrustStore.load(['system'], { SSL_CERT_FILE: join(folder, 'missing.pem') })
      assert.equal(trust.anchors.get('system')!.fingerprints.size, 0)
      assert.equal(trust.problems.length, 1)
    })
  })
})
