import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exchangeHeaders, exchangeReceived } from '../support/exchange-headers'
import type { ExchangeTransport } from '../support/exchange-headers'
import { startHaraka } from '../support/haraka'
import type { HarakaOptions, RunningHaraka } from '../support/haraka'
import type { ServerTls } from '../support/install'
import { becomesTrue, isAlive, signalIfAlive } from '../support/processes'
import { NoReply } from '../support/smtp-client'

/** Refuses at the stage that the sender's local part names, and marks what it lets through. */
const trivialPlugin = `
exports.hook_connect = (next, connection) => {
  if (connection.remote.ip === '8.8.9.9') return next(DENYSOFTDISCONNECT, 'not from there')
  next()
}
exports.hook_mail = (next, connection, [sender]) => {
  if (sender.user === 'later') return next(DENYSOFT, ['4.7.230 not now', 'come back'])
  if (sender.user === 'crash') process.exit(7)
  next()
}
exports.hook_data_post = function (next, connection) {
  if (connection.transaction.mail_from.user === 'never') return next(DENY, '5.7.230 not you')
  connection.transaction.add_header('X-Seen-By', 'trivial ' + this.config.get('word', 'value'))
  connection.transaction.results.add(this, { pass: 'seen' })
  next()
}
exports.register = function () {
  this.loginfo('word: ' + this.config.get('word', 'value'))
}
`

function selfSigned(name: string): ServerTls {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
        .concat(['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`])
        .concat(['-keyout', key, '-out', cert]),
      { stdio: 'pipe' },
    )
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('the header fields of an Exchange server', () => {
  const at = Date.UTC(2026, 10, 22, 9, 5, 8)
  const transports: [ExchangeTransport, string][] = [
    [
      'smtp',
      'with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.2.1118.7;',
    ],
    ['frontend', 'id 15.2.1118.7 via Frontend Transport;'],
    ['mailbox', 'id 15.2.1118.7 via Mailbox Transport;'],
    ['shadow-redundancy', 'with ShadowRedundancy id 15.2.1118.7;'],
    ['mapi', 'with mapi id 15.02.1118.007;'],
  ]
  for (const [transport, shape] of transports) {
    it(`have the shape of ${transport}, folded as Exchange folds`, () => {
      const field = exchangeReceived({ server: 'ex01.contoso.local', build: '15.2.1118.7', transport, at })
      const unfolded = field.replaceAll('\r\n ', ' ')
      assert.ok(unfolded.startsWith('Received: from ex01.contoso.local ('), unfolded)
      assert.ok(unfolded.includes(shape), unfolded)
      assert.ok(unfolded.endsWith('; Sun, 22 Nov 2026 09:05:08 +0000'), unfolded)
      assert.ok(field.split('\r\n').every((line) => line.length <= 77) && field.includes('\r\n '), field)
    })
  }
})

describe('the test harness with a real Haraka', () => {
  let haraka: RunningHaraka | undefined

  async function started(options: HarakaOptions = {}): Promise<RunningHaraka> {
    haraka = await startHaraka({
      plugins: ['trivial'],
      pluginSources: { trivial: trivialPlugin },
      config: { word: 'one' },
      ...options,
    })
    return haraka
  }

  afterEach(async () => {
    await haraka?.stop()
    haraka = undefined
  })

  for (const nodes of [0, 2]) {
    it(`carries a message through with nodes=${String(nodes)} and ends without a trace`, async () => {
      const server = await started({ nodes })
      assert.equal(server.workers().length, nodes)

      const headers = exchangeHeaders({ server: 'ex01.contoso.local', build: '15.1.2507.39' })
      const report = await server.send({ headers, ehlo: 'mail.contoso.com', body: '.dots\n..and more' })
      assert.equal(report.raw, `250 Message Queued (${server.messages()[0]?.uuid ?? ''})\r\n`)
      assert.deepEqual([report.stage, report.accepted, report.closed], ['data', true, false])

      const [message, ...others] = server.messages()
      assert.equal(others.length, 0)
      assert.equal(message?.mailFrom, '<alice@contoso.com>')
      assert.equal(message.remoteAddress, '8.8.1.1')
      assert.equal(message.hello, 'mail.contoso.com')
      assert.match(message.headers[0] ?? '', /^Received: from mail\.contoso\.com \(\[8\.8\.1\.1\]\)/)
      assert.match(
        message.headers[1] ?? '',
        /^Received: from ex01\.contoso\.local [^]* id\s+15\.1\.2507\.39;/,
      )
      assert.ok(message.headers.includes('X-Seen-By: trivial one'))
      assert.ok(message.raw.endsWith('\r\n\r\n.dots\r\n..and more\r\n'))
      assert.deepEqual(message.transactionResults['trivial']?.pass, ['seen'])

      const pids = [server.pid, ...server.workers()]
      assert.ok(pids.every(isAlive))
      await server.stop()
      haraka = undefined
      assert.deepEqual(pids.filter(isAlive), [])
      assert.equal(existsSync(server.folder), false)
    })
  }

  it('tells where a message was refused, and every byte of the reply', async () => {
    const server = await started()
    const connecting = await server.send({ proxyFrom: '8.8.9.9' })
    assert.deepEqual(
      [connecting.stage, connecting.raw, connecting.closed],
      ['connect', '421 not from there\r\n', true],
    )
    const mail = await server.send({ from: 'later@contoso.com' })
    assert.deepEqual(
      [mail.stage, mail.code, mail.enhanced, mail.raw, mail.closed],
      ['mail', 450, '4.7.230', '450-4.7.230 not now\r\n450 come back\r\n', false],
    )
    const data = await server.send({ from: 'never@contoso.com' })
    assert.deepEqual([data.stage, data.enhanced, data.raw], ['data', '5.7.230', '550 5.7.230 not you\r\n'])
    assert.equal(server.messages().length, 0)
  })

  it('takes a session for one from any address, by IPv4 and IPv6', async () => {
    const server = await started({ reverseNames: { '8.8.4.4': 'ex.contoso.com' }, relaying: ['8.8.7.7'] })
    await server.send({ proxyFrom: { address: '8.8.4.4', port: 12345, localPort: 2525 } })
    await server.send({ proxyFrom: '2001:4860::77' })
    await server.send({ proxyFrom: '8.8.7.7' })
    const seen = server.messages().map(({ remoteAddress, relaying }) => [remoteAddress, relaying])
    assert.deepEqual(seen, [
      ['8.8.4.4', false],
      ['2001:4860::77', false],
      ['8.8.7.7', true],
    ])
    assert.match(server.messages()[0]?.headers[0] ?? '', /\(ex\.contoso\.com \[8\.8\.4\.4\]\)/)
  })

  it('speaks TLS after STARTTLS and from the first byte, with a certificate on either side', async () => {
    const [serverPair, clientPair] = [selfSigned('mx.example.com'), selfSigned('ex01.contoso.com')]
    const server = await started({ tls: { ...serverPair, ca: clientPair.cert } })
    const identity = { ...clientPair, ca: serverPair.cert, servername: 'mx.example.com' }

    const upgraded = await server.send({ startTls: identity })
    assert.equal(upgraded.accepted, true)
    const implicit = await server.send({ implicitTls: true, tlsOptions: identity })
    assert.equal(implicit.accepted, true)
    assert.deepEqual(
      server.messages().map(({ tls, remoteAddress }) => [tls, remoteAddress]),
      [
        [true, '8.8.1.1'],
        [true, '8.8.1.1'],
      ],
    )

    const client = await server.connect()
    await client.ehlo()
    assert.equal((await client.startTls(identity)).code, 220)
    assert.equal(client.tls?.getPeerCertificate().subject.CN, 'mx.example.com')
    assert.equal((await client.ehlo()).code, 250)
    await client.quit()
  })

  it('keeps commands and replies of a pipeline in step, and survives a client that hangs up', async () => {
    const server = await started()
    const client = await server.connect({ timeoutMs: 1000 })
    await client.ehlo()
    const replies = await client.pipeline([
      'MAIL FROM:<later@contoso.com>',
      'RCPT TO:<bob@example.com>',
      'NOOP',
    ])
    assert.deepEqual(
      replies.map(({ code }) => code),
      [450, 503, 250],
    )
    await assert.rejects(client.reply(), NoReply)
    client.hangUp()
    assert.equal((await server.send()).accepted, true)
  })

  it('restarts in place, on the same port, with the configuration of then', async () => {
    const server = await started({ nodes: 1 })
    const { port, pid } = server
    await server.send()
    server.reconfigure('word', 'two')
    await server.restart()
    await server.logged('word: two')
    assert.equal(server.port, port)
    assert.notEqual(server.pid, pid)
    await server.send()
    const marks = server
      .messages()
      .map(({ headers }) => headers.find((field) => field.startsWith('X-Seen-By')))
    assert.deepEqual(marks, ['X-Seen-By: trivial one', 'X-Seen-By: trivial two'])
  })

  it('sees a worker that dies replaced by another', async () => {
    const server = await started({ nodes: 1 })
    const [first = 0] = server.workers()
    signalIfAlive(first, 'SIGKILL')
    assert.ok(await becomesTrue(() => server.workers().some((pid) => pid !== first), 5000))
    assert.equal((await server.send()).accepted, true)
  })

  it('complains at the end of a server that ended on its own, and leaves nothing of it', async () => {
    const server = await started()
    await assert.rejects(server.send({ from: 'crash@contoso.com' }), NoReply)
    assert.deepEqual(await server.exited, { code: 7, signal: null })
    haraka = undefined
    await assert.rejects(server.stop(), /ended before it was told to \(code 7\)/)
    assert.equal(existsSync(server.folder), false)
  })

  it('finds no fault with a server that a signal of the test has ended', async () => {
    const server = await started({ nodes: 1, smtpIni: 'graceful_shutdown=true\nforce_shutdown_timeout=1' })
    const workers = server.workers()
    server.signal('SIGINT')
    assert.equal((await server.exited).code, 0)
    assert.ok(await becomesTrue(() => !workers.some(isAlive), 2000))
  })

  it('says why a server did not start, and leaves nothing of it', async () => {
    const broken = { broken: 'exports.register = () => { throw new Error("a bad plugin") }' }
    const temporary = mkdtempSync(join(tmpdir(), 'harness-'))
    const usual = process.env['TMPDIR']
    process.env['TMPDIR'] = temporary
    try {
      await assert.rejects(
        startHaraka({ plugins: ['broken'], pluginSources: broken }),
        /Haraka did not start[^]*a bad plugin/,
      )
      assert.deepEqual(readdirSync(temporary), [])
    } finally {
      if (usual === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = usual
      rmSync(temporary, { recursive: true })
    }
  })
})
