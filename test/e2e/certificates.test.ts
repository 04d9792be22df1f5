import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { testCertificates } from '../support/certificates'
import type { ClientKind, KeyAndCertificate, TestCertificates } from '../support/certificates'
import { startHaraka } from '../support/haraka'
import type { HarakaOptions, RunningHaraka } from '../support/haraka'
import type { ServerTls } from '../support/install'
import {
  allHour,
  attributedTo,
  compliant,
  daysToRefuse,
  lastMessage,
  remember,
  reportingFields,
  resultsOf,
} from './scene'

type Way = 'STARTTLS' | 'implicit TLS'
const ways: readonly Way[] = ['STARTTLS', 'implicit TLS']

/** Every certificate is made out to mail.contoso.com by the authority of [mail], but for what its kind names. */
const attributions: [kind: ClientKind | null, connector: string, why: string][] = [
  ['good', 'mail', 'issued by the connector’s own authority'],
  ['other-ca', 'other-authority', 'the same name under the authority of another connector is that one’s'],
  ['intermediate', 'mail', 'the intermediate was sent along'],
  ['intermediate-missing', 'none', 'nothing leads to the authority'],
  ['self-signed', 'none', 'nobody vouches for it'],
  ['self-signed-alike', 'none', 'the name of the authority is not its key'],
  ['expired', 'none', 'its time is over'],
  ['not-yet-valid', 'none', 'its time has not come'],
  ['server-only', 'relaxed', 'made out for servers, which only tls_purpose = any allows'],
  ['both-purposes', 'mail', 'for servers and clients'],
  ['wildcard', 'relaxed', 'equal to the wildcard of a connector, which goes before standing for mail'],
  ['common-name', 'mail', 'no SAN at all: the CN counts'],
  ['address-only', 'none', 'there is a SAN, so the CN does not count'],
  ['name-with-nul', 'none', 'a name with an embedded NUL is no name'],
  [null, 'none', 'no certificate at all'],
]

describe('Attribution by client certificate, in a real Haraka', function () {
  this.timeout(30_000)
  let made: TestCertificates
  let server: ServerTls
  let config: Record<string, string>

  before(async () => {
    made = await testCertificates()
    server = { ...read(made.server), ca: text(made.authorities.ca.cert) }
    config = {
      'ca.pem': text(made.authorities.ca.cert),
      'other-ca.pem': text(made.authorities['other-ca'].cert),
    }
  })

  const text = (file: string): string => readFileSync(file, 'utf8')
  const read = ({ key, cert }: KeyAndCertificate) => ({ key: text(key), cert: text(cert) })
  const identity = (kind: ClientKind | null): ConnectionOptions => (kind ? read(made.clients[kind]) : {})
  const open = (options: HarakaOptions): Promise<RunningHaraka> =>
    startHaraka({ tls: server, config, env: { SSL_CERT_FILE: '' }, ...options })

  /** Sends one message; whose it was. */
  async function sent(
    haraka: RunningHaraka,
    way: Way,
    options: ConnectionOptions,
    proxyFrom = '8.8.1.1',
  ): Promise<string> {
    const before = haraka.messages().length
    const wish = { proxyFrom, headers: compliant('ex01.contoso.local') }
    const report =
      way === 'STARTTLS'
        ? await haraka.send({ ...wish, startTls: options })
        : await haraka.send({ ...wish, implicitTls: true, tlsOptions: options })
    assert.equal(report.accepted, true, report.raw)
    const messages = haraka.messages()
    assert.equal(messages.length, before + 1)
    return attributedTo(lastMessage(haraka))
  }

  describe('with connectors of several authorities', () => {
    let haraka: RunningHaraka

    before(async () => {
      haraka = await open({
        connectors: [
          '[mail]\ntls_certificate_name = mail.contoso.com\ntls_ca_file = ca.pem',
          '[ex01]\ntls_certificate_name = ex01.contoso.com\ntls_ca_file = ca.pem',
          '[relaxed]\ntls_certificate_name = *.contoso.com\ntls_ca_file = relaxed.pem\ntls_purpose = any',
          '[other-authority]\ntls_certificate_name = mail.contoso.com\ntls_ca_file = other-ca.pem',
          '[nobody]\ntls_certificate_name = mail.contoso.com\ntls_ca_file = third.pem',
          '[address]\naddresses = 8.8.40.0/24',
        ].join('\n'),
        config: {
          ...config,
          'relaxed.pem': config['ca.pem'] ?? '',
          'third.pem': text(made.authorities['no-constraints'].cert),
        },
      })
    })

    after(() => haraka.stop())

    for (const way of ways) {
      for (const [kind, connector, why] of attributions) {
        it(`over ${way}: ${kind ?? 'no certificate'} goes to ${connector}: ${why}`, async () => {
          assert.equal(await sent(haraka, way, identity(kind)), connector)
          const fields = reportingFields(lastMessage(haraka))
          assert.equal(fields.length, connector === 'none' ? 0 : 1)
        })
      }

      it(`over ${way}: a certificate goes before an address, and one that fails leaves the address`, async () => {
        assert.equal(await sent(haraka, way, identity('good'), '8.8.40.1'), 'mail')
        assert.equal(await sent(haraka, way, identity('self-signed'), '8.8.40.1'), 'address')
      })

      it(`over ${way}: a certificate of two connectors is nobody’s, and the log names both`, async () => {
        const offset = haraka.log().length
        assert.equal(await sent(haraka, way, identity('several-names'), '8.8.40.1'), 'none')
        await haraka.logged(/ambiguous .*connectors="?(ex01,mail|mail,ex01)"? /, 2000, offset)
        const message = lastMessage(haraka)
        assert.deepEqual(reportingFields(message), [])
        assert.match(
          String(message.connectionResults['exchange-enforcement']?.err),
          /^ambiguous: .*(ex01|mail)/,
        )
      })
    }

    it('says in the log which certificate it was, and how each authority judged it, once a session', async () => {
      const offset = haraka.log().length
      const client = await haraka.connect()
      await client.ehlo()
      await client.startTls(identity('good'))
      await client.ehlo()
      for (const sender of ['a@contoso.com', 'b@contoso.com']) {
        await client.mail(sender)
        await client.command('RSET')
      }
      await client.quit()
      const lines = haraka
        .log()
        .slice(offset)
        .split('\n')
        .filter((line) => line.includes('client certificate of'))
      assert.equal(lines.length, 1)
      assert.match(
        lines[0] ?? '',
        /CN=mail\.contoso\.com.*\/ca\.pem: verified.*other-ca\.pem: unknown issuer/,
      )
    })

    it('attributes a session from STARTTLS on, not before it', async () => {
      const client = await haraka.connect()
      await client.ehlo()
      const deliver = async (): Promise<string> => {
        assert.equal((await client.mail('alice@contoso.com')).code, 250)
        assert.equal((await client.rcpt('bob@example.com')).code, 250)
        assert.equal(
          (await client.data(`${compliant('ex01.contoso.local').join('\r\n')}\r\n\r\nHi\r\n`)).code,
          250,
        )
        return attributedTo(lastMessage(haraka))
      }
      assert.equal(await deliver(), 'none')
      assert.equal((await client.startTls(identity('good'))).code, 220)
      assert.equal((await client.ehlo()).code, 250)
      assert.equal(await deliver(), 'mail')
      assert.equal(await deliver(), 'mail')
      await client.quit()
    })

    it('forgets a transaction that STARTTLS interrupts', async () => {
      const client = await haraka.connect({ proxyFrom: '8.8.40.7' })
      await client.ehlo()
      assert.equal((await client.mail('alice@contoso.com')).code, 250)
      assert.equal((await client.startTls(identity('good'))).code, 220)
      assert.equal((await client.rcpt('bob@example.com')).code, 503)
      assert.equal((await client.ehlo()).code, 250)
      assert.equal((await client.mail('alice@contoso.com')).code, 250)
      assert.equal((await client.rcpt('bob@example.com')).code, 250)
      assert.equal((await client.data('Subject: x\r\n\r\nHi\r\n')).code, 250)
      await client.quit()
      assert.equal(attributedTo(lastMessage(haraka)), 'mail')
      assert.equal(resultsOf(lastMessage(haraka))?.['tenant'], 'mail')
    })
  })

  it('goes before an address at CONNECT already, where TLS begins with the connection', async () => {
    const haraka = await open({
      settings: `[main]\nmode = enforce\n${allHour}`,
      connectors: [
        '[mail]\ntls_certificate_name = mail.contoso.com\ntls_ca_file = ca.pem',
        '[address]\naddresses = 8.8.40.0/24\nrefuse_at = connect\ndefer_at = connect',
      ].join('\n'),
    })
    try {
      await remember(haraka.folder, {
        tenant: 'address',
        connector: 'address',
        address: '8.8.40.1',
        ehlo: null,
        servers: [{ server: 'old.contoso.local', days: daysToRefuse }],
      })
      const tlsOptions = identity('self-signed')
      const refused = await haraka.send({ proxyFrom: '8.8.40.1', implicitTls: true, tlsOptions })
      assert.deepEqual([refused.stage, refused.code, refused.closed], ['connect', 550, true])
      assert.equal(await sent(haraka, 'implicit TLS', identity('good'), '8.8.40.1'), 'mail')
    } finally {
      await haraka.stop()
    }
  })

  it('does not take a name for that of its sibling, its parent or its grandchild', async () => {
    const names = [
      'contoso.com',
      'www.contoso.com',
      '*.mail.contoso.com',
      'x.mail.contoso.com',
      '*.com.example',
    ]
    const haraka = await open({
      connectors: names
        .map((name, index) => `[c${String(index)}]\ntls_certificate_name = ${name}\ntls_ca_file = ca.pem`)
        .join('\n'),
    })
    try {
      for (const way of ways) assert.equal(await sent(haraka, way, identity('good')), 'none')
    } finally {
      await haraka.stop()
    }
  })

  it('knows the system’s authorities, those of SSL_CERT_FILE where it is set', async () => {
    const haraka = await open({
      env: { SSL_CERT_FILE: made.authorities['other-ca'].cert },
      connectors:
        '[own]\ntls_certificate_name = mail.contoso.com\n[any]\ntls_certificate_name = *.contoso.com\ntls_purpose = any',
    })
    try {
      assert.equal(await sent(haraka, 'STARTTLS', identity('other-ca')), 'own')
      assert.equal(await sent(haraka, 'implicit TLS', identity('other-ca')), 'own')
      assert.equal(await sent(haraka, 'STARTTLS', identity('good')), 'none')
    } finally {
      await haraka.stop()
    }
  })

  const variants: [what: string, tlsIni: string, expected: string][] = [
    ['without ca', 'requestCert=true\n', 'mail'],
    ['with requestCert=false, where nobody presents one', 'requestCert=false\n', 'none'],
    ['with rejectUnauthorized=true', 'requestCert=true\nrejectUnauthorized=true\nca=tls_ca.pem\n', 'mail'],
    ['with TLS 1.2 alone', 'requestCert=true\nmaxVersion=TLSv1.2\nminVersion=TLSv1.2\n', 'mail'],
  ]
  for (const [what, tlsIni, expected] of variants) {
    it(`works with tls.ini ${what}, and with a certificate by SNI`, async () => {
      const haraka = await open({
        connectors: '[mail]\ntls_certificate_name = mail.contoso.com\ntls_ca_file = ca.pem',
        config: {
          ...config,
          'tls.ini': tlsIni,
          'tls/mx2.example.com.pem': `${text(made.server.key)}${text(made.server.cert)}`,
        },
      })
      try {
        for (const way of ways) {
          assert.equal(await sent(haraka, way, identity('good')), expected, way)
          const named = { ...identity('good'), servername: 'mx2.example.com' }
          assert.equal(await sent(haraka, way, named), expected, `${way}, SNI`)
        }
      } finally {
        await haraka.stop()
      }
    })
  }
})
