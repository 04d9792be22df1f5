import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { testCertificates } from '../support/certificates'
import type { KeyAndCertificate, TestCertificates } from '../support/certificates'
import { startHaraka } from '../support/haraka'
import type { RunningHaraka } from '../support/haraka'
import type { MessageOptions } from '../support/send-message'
import { inParallel } from './fleet'
import { compliant, newBuild, outdated, recordOf } from './scene'

const connectors = [
  '[contoso]\ntenant = contoso\naddresses = 8.8.60.0/24\nsender_domains = contoso.com',
  '[contoso-tls]\ntenant = contoso\ntls_certificate_name = mail.contoso.com\ntls_ca_file = ca.pem',
  '[fabrikam]\ntenant = fabrikam\naddresses = 8.8.61.0/24, 8.8.62.0/24',
].join('\n')
const own = '8.8.60.1'
const neighbour = '8.8.61.1'
const stranger = '8.8.1.1'

const text = (file: string): string => readFileSync(file, 'utf8')
const read = ({ key, cert }: KeyAndCertificate) => ({ key: text(key), cert: text(cert) })

describe('Of a server of Contoso', function () {
  this.timeout(60_000)
  let haraka: RunningHaraka
  let made: TestCertificates
  let number = 0

  before(async () => {
    made = await testCertificates()
    haraka = await startHaraka({
      patienceMs: 30_000,
      logLevel: 'notice',
      tls: read(made.server),
      env: { SSL_CERT_FILE: '' },
      settings: `[main]\nmode = enforce\nadvertise_xoorg = yes\n[clock]\nconfirm_sightings = 1\nconfirm_hours = 0\n[policy]\npreset = custom\nfloors = ${newBuild}`,
      connectors,
      config: { 'ca.pem': text(made.authorities.ca.cert) },
    })
  })

  after(() => haraka.stop())

  const clockOf = async (server: string, tenant = 'contoso'): Promise<unknown> =>
    (await recordOf(haraka.folder, tenant, server))?.clock ?? null
  const newServer = (): string => {
    number += 1
    return `ex${number}.contoso.com`
  }

  it('its own connectors alone start the clock, by address and by certificate', async () => {
    for (const wish of [{ proxyFrom: own }, { proxyFrom: stranger, startTls: read(made.clients.good) }]) {
      const server = newServer()
      await haraka.send({ ...wish, headers: outdated(server) })
      assert.match(JSON.stringify(await clockOf(server)), /^\{"state":"running"/)
    }
  })

  /** Whatever else they claim, all of them write that they are that server. */
  const framers: readonly (readonly [who: string, wish: () => Partial<MessageOptions>])[] = [
    ['a stranger', () => ({ proxyFrom: stranger })],
    [
      'a stranger who says XOORG=contoso.com',
      () => ({ proxyFrom: stranger, mailParameters: 'XOORG=contoso.com' }),
    ],
    ['another tenant', () => ({ proxyFrom: neighbour })],
    ['another tenant with a sender of Contoso', () => ({ proxyFrom: neighbour, from: 'ceo@contoso.com' })],
    [
      'a sender of somebody else from Contoso’s address',
      () => ({ proxyFrom: own, from: 'a@contoso.com.example' }),
    ],
    ['a sender of a subdomain that nobody listed', () => ({ proxyFrom: own, from: 'a@x.contoso.com' })],
    ['the name by EHLO', () => ({ proxyFrom: stranger, ehlo: 'mail.contoso.com' })],
    [
      'a certificate that signed itself',
      () => ({ proxyFrom: stranger, startTls: read(made.clients['self-signed']) }),
    ],
    [
      'a certificate of another authority',
      () => ({ proxyFrom: stranger, startTls: read(made.clients['other-ca']) }),
    ],
    ['an expired certificate', () => ({ proxyFrom: stranger, startTls: read(made.clients.expired) })],
    [
      'a certificate for servers',
      () => ({ proxyFrom: stranger, startTls: read(made.clients['server-only']) }),
    ],
    [
      'a certificate by whom may issue none',
      () => ({ proxyFrom: stranger, startTls: read(made.clients['not-an-authority']) }),
    ],
  ]
  for (const [who, wish] of framers) {
    it(`the clock is neither started nor stopped by ${who}`, async () => {
      const [fresh, running] = [newServer(), newServer()]
      await haraka.send({ proxyFrom: own, headers: outdated(running) })
      const before = await clockOf(running)
      assert.ok(before)
      for (const [server, headers] of [
        [fresh, outdated(fresh)],
        [running, compliant(running)],
      ] as const) {
        const report = await haraka.send({ from: 'a@contoso.com', ...wish(), headers })
        assert.equal(report.accepted, true, `${server}: ${report.raw}`)
      }
      assert.equal(await clockOf(fresh), null)
      assert.deepEqual(await clockOf(running), before)
    })
  }

  it('another tenant keeps a record of its own, of what it said itself', async () => {
    const server = newServer()
    await haraka.send({ proxyFrom: own, headers: compliant(server) })
    await haraka.send({ proxyFrom: neighbour, headers: outdated(server) })
    assert.match(JSON.stringify(await clockOf(server, 'fabrikam')), /"running"/)
    assert.match(JSON.stringify(await clockOf(server)), /"clear"/)
    const evidence = (await recordOf(haraka.folder, 'contoso', server))?.lastEvidence
    assert.deepEqual([evidence?.build, evidence?.address], [newBuild, own])
  })

  it('what was said in the clear before STARTTLS is not taken for what the certificate’s owner says', async () => {
    const server = newServer()
    const client = await haraka.connect({ proxyFrom: stranger })
    await client.ehlo()
    await client.mail('a@contoso.com')
    await client.rcpt('b@example.com')
    await client.startTls(read(made.clients.good))
    assert.equal((await client.command('DATA')).code, 503, 'the message begun in the clear is gone')
    client.hangUp()
    assert.equal(await clockOf(server), null)
  })

  it('its mail is not held up by a flood of another tenant more than by one of strangers', async () => {
    const middleOf = async (from: string): Promise<number> => {
      let flooding = true
      const flood = inParallel(
        10,
        Array.from({ length: 10 }, (_, lane) => async () => {
          for (let turn = 0; flooding; turn += 1) {
            const headers = outdated(`f${lane}-${turn}.fabrikam.com`)
            await haraka.send({
              proxyFrom: from,
              from: 'a@fabrikam.com',
              ehlo: `e${lane}-${turn}.fabrikam.com`,
              headers,
            })
          }
        }),
      )
      const took: number[] = []
      for (let turn = 0; turn < 15; turn += 1) {
        const begun = performance.now()
        await haraka.send({ proxyFrom: own, headers: compliant('quiet.contoso.com') })
        took.push(performance.now() - begun)
      }
      flooding = false
      await flood
      return took.sort((left, right) => left - right)[7] ?? Infinity
    }
    await middleOf(stranger)
    const [byStrangers, byTenant] = [await middleOf(stranger), await middleOf('8.8.62.1')]
    assert.ok(byTenant < 3 * byStrangers + 100, `${byTenant} ms, ${byStrangers} ms with strangers`)
    assert.doesNotMatch(haraka.log(), /fault in hook/)
  })
})
