import assert from 'node:assert/strict'
import { testCertificates } from '../support/certificates'
import { readFileSync } from 'node:fs'
import { startHaraka } from '../support/haraka'
import type { RunningHaraka } from '../support/haraka'
import type { SmtpClient } from '../support/smtp-client'
import {
  allHour,
  attributedTo,
  compliant,
  daysToRefuse,
  lastMessage,
  outdated,
  pluginName,
  recordOf,
  remember,
  reportingFields,
} from './scene'

const connectors = `
[hybrid]
tenant = contoso
addresses = 8.8.20.0/24, 2a00:1450:20::/48
[sender]
tenant = fabrikam
addresses = 8.8.21.0/24
sender_domains = fabrikam.com, *.fabrikam.com
[hosted]
tenant = customer
addresses = 8.8.22.0/24
judge_relaying = yes
[at-connect]
addresses = 8.8.23.0/24
defer_at = connect
refuse_at = connect
[two-a]
addresses = 8.8.24.0/24
sender_domains = contoso.com
[two-b]
addresses = 8.8.24.0/24
sender_domains = fabrikam.com
[contoso-names]
tenant = contoso
addresses = 8.8.25.1
sender_domains = contoso.com, *.contoso.com
`

/** Says OK at MAIL to senders that it likes, which ends the hook for whoever comes later. */
const generousPlugin = `
exports.hook_mail = (next, connection, [sender]) => {
  if (sender.user === 'liked') return next(OK)
  if (sender.user === 'relayed') connection.relaying = true
  next()
}
`

/** Named after ours, as an operator may well do with plugins that decide who may relay. */
const latePlugin = `
exports.hook_connect = (next, connection) => {
  if (connection.remote.ip === '8.8.23.98') connection.relaying = true
  next()
}
`

describe('Attribution of real sessions', function () {
  this.timeout(20_000)
  let haraka: RunningHaraka

  before(async () => {
    const { server } = await testCertificates()
    const tls = { key: readFileSync(server.key, 'utf8'), cert: readFileSync(server.cert, 'utf8') }
    haraka = await startHaraka({
      plugins: ['xclient', 'auth/flat_file', 'generous', pluginName, 'late_relay'],
      pluginSources: { generous: generousPlugin, late_relay: latePlugin },
      tls,
      settings: `[main]\nmode = enforce\nadvertise_xoorg = yes\n${allHour}`,
      connectors,
      relaying: ['8.8.20.99', '8.8.22.99', '8.8.23.99'],
      config: {
        'xclient.hosts': '8.8.20.1\n',
        'auth_flat_file.ini': '[core]\nmethods=PLAIN\n[users]\nalice=secret\n',
      },
    })
  })

  after(() => haraka.stop())

  const sent = async (wish: Parameters<RunningHaraka['send']>[0]): Promise<string> => {
    const report = await haraka.send({ headers: compliant('ex01.contoso.local'), ...wish })
    assert.equal(report.accepted, true, report.raw)
    return attributedTo(lastMessage(haraka))
  }

  const byAddress: [address: string, from: string, connector: string, why: string][] = [
    ['8.8.20.1', 'a@example.net', 'hybrid', 'no sender domains: any sender'],
    ['8.8.20.1', '', 'hybrid', 'the null sender passes on the address'],
    ['2a00:1450:20::1', 'a@example.net', 'hybrid', 'IPv6, from the PROXY line'],
    ['2a00:1450:21::1', 'a@example.net', 'none', 'beyond the prefix'],
    ['8.8.19.255', 'a@example.net', 'none', 'one below the range'],
    ['8.8.21.1', 'a@fabrikam.com', 'sender', 'one of its domains'],
    ['8.8.21.1', 'a@Deep.Er.FABRIKAM.com', 'sender', 'any depth below, in any case'],
    ['8.8.21.1', 'a@notfabrikam.com', 'none', 'a name that only ends alike'],
    ['8.8.21.1', '', 'sender', 'the null sender passes on the address'],
    ['8.8.24.1', 'a@fabrikam.com', 'two-b', 'told apart by the sender'],
    ['8.8.24.1', '', 'none', 'for <> both match: ambiguous'],
  ]
  for (const [proxyFrom, from, connector, why] of byAddress) {
    it(`of <${from}> from ${proxyFrom} goes to ${connector}: ${why}`, async () => {
      assert.equal(await sent({ proxyFrom, from }), connector)
    })
  }

  it('says in the log between which connectors it could not decide', async () => {
    const offset = haraka.log().length
    await sent({ proxyFrom: '8.8.24.2', from: '' })
    await haraka.logged(
      /\[WARN\] .*ambiguous connectors="?two-a,two-b"? matched=8\.8\.24\.0\/24/,
      2000,
      offset,
    )
  })

  describe('of clients that may relay (A7)', () => {
    it('leaves them alone, and marks nothing', async () => {
      assert.equal(await sent({ proxyFrom: '8.8.20.99' }), 'none')
      assert.equal(lastMessage(haraka).relaying, true)
      assert.deepEqual(reportingFields(lastMessage(haraka)), [])
    })

    it('leaves them alone at CONNECT, too, whichever plugin lets them relay there', async () => {
      for (const address of ['8.8.23.97', '8.8.23.98', '8.8.23.99']) {
        await remember(haraka.folder, {
          tenant: 'at-connect',
          connector: 'at-connect',
          address,
          ehlo: null,
          servers: [{ server: 'relay.contoso.local', days: daysToRefuse }],
        })
      }
      const turnedAway = await haraka.send({ proxyFrom: '8.8.23.97' })
      assert.deepEqual([turnedAway.stage, turnedAway.code], ['connect', 550])
      assert.equal(await sent({ proxyFrom: '8.8.23.98' }), 'none')
      assert.equal(await sent({ proxyFrom: '8.8.23.99' }), 'none')
    })

    it('leaves them alone where another plugin lets them relay at MAIL', async () => {
      assert.equal(await sent({ proxyFrom: '8.8.20.1', from: 'relayed@contoso.com' }), 'none')
    })

    it('is made where the connector judges relaying clients', async () => {
      assert.equal(await sent({ proxyFrom: '8.8.22.99' }), 'hosted')
      assert.equal(reportingFields(lastMessage(haraka)).length, 1)
    })

    it('is made on port 465 too, where Haraka takes mail from nobody else', async () => {
      const peer = (address: string) => ({ address, localPort: 465 })
      assert.equal(await sent({ proxyFrom: peer('8.8.22.99') }), 'hosted')
      assert.equal(await sent({ proxyFrom: peer('8.8.20.99') }), 'none')
      const stranger = await haraka.send({ proxyFrom: peer('8.8.22.1') })
      assert.match(stranger.raw, /^550 Authentication required/)
    })

    it('turns them away like others, where they are judged', async () => {
      await remember(haraka.folder, {
        tenant: 'customer',
        connector: 'hosted',
        address: '8.8.22.99',
        ehlo: 'old.contoso.com',
        servers: [{ server: 'old.contoso.local', days: daysToRefuse }],
      })
      const report = await haraka.send({
        proxyFrom: '8.8.22.99',
        ehlo: 'old.contoso.com',
        headers: outdated('old.contoso.local'),
      })
      assert.deepEqual([report.stage, report.code, report.enhanced], ['data', 550, '5.7.230'])
    })

    it('leaves whoever authenticated alone, even there', async () => {
      const client = await haraka.connect({ proxyFrom: '8.8.22.1' })
      await client.ehlo()
      await client.startTls()
      await client.ehlo()
      const plain = Buffer.from('\0alice\0secret').toString('base64')
      assert.equal((await client.command(`AUTH PLAIN ${plain}`)).code, 235)
      assert.match(await deliver(client, compliant('ex01.contoso.local')), /^250 /)
      await client.quit()
      assert.equal(attributedTo(lastMessage(haraka)), 'none')
      assert.equal(lastMessage(haraka).relaying, true)
    })

    it('never turns away at CONNECT who may still authenticate on a submission port', async () => {
      await remember(haraka.folder, {
        tenant: 'at-connect',
        connector: 'at-connect',
        address: '8.8.23.7',
        ehlo: null,
        servers: [{ server: 'ex.contoso.local', days: daysToRefuse }],
      })
      const usual = await haraka.send({ proxyFrom: '8.8.23.7' })
      assert.deepEqual([usual.stage, usual.code], ['connect', 550])
      for (const localPort of [587, 465]) {
        const client = await haraka.connect({ proxyFrom: { address: '8.8.23.7', localPort } })
        assert.equal(client.greeting.code, 220)
        assert.equal((await client.ehlo()).code, 250)
        await client.quit()
      }
    })
  })

  async function deliver(
    client: SmtpClient,
    headers: readonly string[],
    from = 'a@contoso.com',
  ): Promise<string> {
    const mail = await client.mail(from)
    if (mail.code !== 250) return mail.raw
    assert.equal((await client.rcpt('bob@example.com')).code, 250)
    return (await client.data(`${headers.join('\r\n')}\r\nSubject: x\r\n\r\nHi\r\n`)).raw
  }

  it('is made at the end of DATA where another plugin kept us from MAIL', async () => {
    assert.equal(await sent({ proxyFrom: '8.8.20.5', from: 'liked@contoso.com' }), 'hybrid')
  })

  it('is made anew for every message of a session', async () => {
    const client = await haraka.connect({ proxyFrom: '8.8.24.9' })
    await client.ehlo()
    for (const [from, connector] of [
      ['a@contoso.com', 'two-a'],
      ['a@example.net', 'none'],
      ['a@fabrikam.com', 'two-b'],
    ] as const) {
      assert.match(await deliver(client, compliant('ex01.contoso.local'), from), /^250 /)
      assert.equal(attributedTo(lastMessage(haraka)), connector)
      await client.command('RSET')
      await client.ehlo('next.contoso.com')
    }
    await client.quit()
  })

  it('follows XCLIENT to another peer and leaves nothing of the one before', async () => {
    const client = await haraka.connect({ proxyFrom: '127.0.0.1' })
    await client.ehlo()
    for (const [address, connector] of [
      ['8.8.20.1', 'hybrid'],
      ['127.0.0.1', 'none'],
      ['IPV6:2a00:1450:20::7', 'hybrid'],
    ] as const) {
      const reply = await client.command(`XCLIENT NAME=ex.contoso.com ADDR=${address} PROTO=ESMTP`)
      assert.equal(reply.code, 220, reply.raw)
      await client.ehlo()
      assert.match(await deliver(client, compliant('ex01.contoso.local')), /^250 /)
      const message = lastMessage(haraka)
      assert.equal(attributedTo(message), connector)
      assert.equal(message.connectionResults[pluginName]?.['candidate'], connector)
    }
    await client.quit()
  })

  describe('with XOORG (A6)', () => {
    it('offers it, records it, and flags a domain that is not the tenant’s', async () => {
      const client = await haraka.connect({ proxyFrom: '8.8.25.1' })
      const { lines } = await client.ehlo()
      assert.ok(lines.includes('XOORG'), lines.join())
      await client.quit()
      const table: [server: string, xoorg: string, domain: string, known: boolean][] = [
        ['x1.contoso.local', 'Contoso.COM', 'contoso.com', true],
        ['x2.contoso.local', 'mail.contoso.com', 'mail.contoso.com', true],
        ['x3.contoso.local', 'fabrikam.com', 'fabrikam.com', false],
      ]
      for (const [server, xoorg, domain, known] of table) {
        const wish = { proxyFrom: '8.8.25.1', mailParameters: `XOORG=${xoorg}`, headers: outdated(server) }
        assert.equal(await sent(wish), 'contoso-names')
        const record = await recordOf(haraka.folder, 'contoso', server)
        assert.deepEqual(record?.lastEvidence?.xoorg, { domain, known })
      }
    })

    it('never attributes by it', async () => {
      assert.equal(await sent({ proxyFrom: '8.8.1.1', mailParameters: 'XOORG=contoso.com' }), 'none')
    })

    it('leaves its errors to Haraka', async () => {
      const client = await haraka.connect({ proxyFrom: '8.8.25.1' })
      await client.ehlo()
      assert.equal((await client.mail('a@contoso.com', 'XOORG=')).code, 501)
      assert.equal((await client.mail('a@contoso.com', 'XOORG')).code, 250)
      await client.quit()
    })
  })
})

describe('The offer of XOORG (A6)', function () {
  this.timeout(40_000)

  it('is made by a worker of a cluster, where plugins after ours can see it', async () => {
    const haraka = await startHaraka({
      nodes: 1,
      settings: '[main]\nadvertise_xoorg = yes\n',
      plugins: ['exchange-enforcement', 'witness'],
      pluginSources: {
        witness: `exports.hook_capabilities = (next, { capabilities }) => {
          if (capabilities.includes('XOORG')) capabilities.push('SEEN')
          next()
        }`,
      },
    })
    try {
      const client = await haraka.connect()
      const { lines } = await client.ehlo()
      assert.deepEqual(
        lines.filter((line) => line === 'XOORG' || line === 'SEEN'),
        ['XOORG', 'SEEN'],
      )
      await client.quit()
    } finally {
      await haraka.stop()
    }
  })

  it('begins and ends with the configuration', async () => {
    const main = (offers: string): string => `[main]\nadvertise_xoorg = ${offers}\n`
    const haraka = await startHaraka({ settings: main('no') })
    try {
      for (const [offers, times] of [
        ['yes', 1],
        ['no', 0],
        ['yes', 1],
      ] as const) {
        const offset = haraka.log().length
        haraka.reconfigure('exchange-enforcement.ini', main(offers))
        await haraka.logged('configuration reloaded', 9000, offset)
        const client = await haraka.connect()
        const { lines } = await client.ehlo()
        assert.equal(lines.filter((line) => line === 'XOORG').length, times, lines.join())
        await client.quit()
      }
    } finally {
      await haraka.stop()
    }
  })
})

describe('Attribution with scope = everyone', function () {
  this.timeout(20_000)

  it('gives strangers to the built-in connector, which only reports, and relaying clients to nobody', async () => {
    const haraka = await startHaraka({
      settings: `[main]\nmode = enforce\nscope = everyone\n${allHour}`,
      connectors: '[hybrid]\naddresses = 8.8.20.0/24',
      relaying: ['8.8.1.99'],
    })
    try {
      await remember(haraka.folder, {
        tenant: 'internet',
        connector: 'internet',
        address: '8.8.1.1',
        ehlo: 'ex01.contoso.com',
        servers: [{ server: 'ex01.contoso.local', days: daysToRefuse }],
      })
      const report = await haraka.send({ headers: outdated('ex01.contoso.local') })
      assert.equal(report.accepted, true)
      assert.match(
        reportingFields(lastMessage(haraka)).join(),
        /connector=internet; .*stage=8; .*action=accept/,
      )
      await haraka.send({ proxyFrom: '8.8.1.99', headers: outdated('ex01.contoso.local') })
      assert.deepEqual(reportingFields(lastMessage(haraka)), [])
      const client = await haraka.connect()
      const { lines } = await client.ehlo()
      assert.ok(!lines.includes('XOORG'), 'it is offered only where the operator asks for it')
      await client.quit()
    } finally {
      await haraka.stop()
    }
  })
})
