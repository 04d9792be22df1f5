import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { partsOf, speakBluntly } from '../support/blunt-client'
import { startHaraka } from '../support/haraka'
import type { RunningHaraka } from '../support/haraka'
import { messageText } from '../support/send-message'
import { inParallel } from './fleet'
import {
  allHour,
  attributedTo,
  compliant,
  daysToDefer,
  daysToRefuse,
  lastMessage,
  outdated,
  remember,
  resultsOf,
} from './scene'

const connectors =
  '[usual]\ntenant = contoso\naddresses = 8.8.50.0/24\n[other]\ntenant = fabrikam\naddresses = 8.8.51.0/24\n'
const usual = { tenant: 'contoso', connector: 'usual', ehlo: 'mail.contoso.com' } as const

const message = messageText({ headers: outdated('ex01.contoso.local'), subject: 'x' })

/** A whole session as one who does not wait for replies would send it. */
const session = [
  'PROXY TCP4 8.8.50.9 203.0.113.25 40000 25\r\n',
  'EHLO mail.contoso.com\r\n',
  'MAIL FROM:<a@contoso.com> XOORG=contoso.com\r\n',
  'RCPT TO:<b@example.com>\r\n',
  'DATA\r\n',
  `${message}.\r\n`,
  'RSET\r\n',
  'QUIT\r\n',
].join('')

describe('Hostile sessions', function () {
  this.timeout(60_000)
  let haraka: RunningHaraka
  let workers: number[] = []

  before(async () => {
    haraka = await startHaraka({
      nodes: 1,
      patienceMs: 30_000,
      logLevel: 'notice',
      settings: `[main]\nmode = enforce\nadvertise_xoorg = yes\n${allHour}`,
      connectors,
      config: { 'xclient.hosts': '8.8.50.1\n' },
      plugins: ['xclient', 'exchange-enforcement'],
    })
    workers = haraka.workers()
  })

  afterEach(() => {
    assert.deepEqual(haraka.workers(), workers, 'the worker lives')
    assert.doesNotMatch(haraka.log(), /^\[CRIT\]|Caught exception|fault in hook/m)
  })

  after(() => haraka.stop())

  it('may end at every byte: nobody else notices, and no message comes twice', async () => {
    const endings = ['destroy', 'resetAndDestroy', 'end'] as const
    const before = haraka.messages().length
    const tasks = Array.from({ length: session.length }, (_, at) => async () => {
      await speakBluntly(
        haraka.port,
        partsOf(session.slice(0, at + 1)),
        endings[at % endings.length] ?? 'end',
      )
    })
    await inParallel(16, tasks)
    const whole = session.length - session.indexOf('\r\n.\r\n') - 4
    await sleep(200)
    const accepted = haraka.messages().length - before
    assert.ok(accepted > 0 && accepted <= whole, `${accepted} messages of ${whole} that were whole`)
    const report = await haraka.send({ proxyFrom: '8.8.51.1', headers: compliant('ex09.fabrikam.local') })
    assert.equal(report.accepted, true)
    assert.equal(attributedTo(lastMessage(haraka)), 'other')
  })

  it('pipelined across a deferral at MAIL lose nothing of the next message', async () => {
    const address = '8.8.50.20'
    await remember(haraka.folder, {
      ...usual,
      address,
      servers: [{ server: 'ex20.contoso.local', days: daysToDefer }],
    })
    const client = await haraka.connect({ proxyFrom: address })
    await client.ehlo('mail.contoso.com')
    client.write(
      'MAIL FROM:<a@contoso.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nMAIL FROM:<c@contoso.com>\r\nNOOP\r\n',
    )
    const codes = []
    for (let reply = 0; reply < 5; reply += 1) codes.push((await client.reply()).code)
    assert.deepEqual(codes, [450, 503, 503, 450, 250])
    await client.ehlo('new.contoso.com')
    assert.equal((await client.mail('a@contoso.com')).code, 250, 'another path')
    await client.rcpt('b@example.com')
    assert.equal((await client.data(messageText({ headers: compliant('ex21.contoso.local') }))).code, 250)
    await client.quit()
  })

  it('pipelined across a refusal at the end of DATA are decided message by message', async () => {
    const address = '8.8.50.21'
    await remember(haraka.folder, {
      ...usual,
      address,
      servers: [{ server: 'ex22.contoso.local', days: daysToRefuse }],
    })
    const client = await haraka.connect({ proxyFrom: address })
    await client.ehlo('mail.contoso.com')
    const codes: number[] = []
    for (const name of ['ex22', 'ex23', 'ex22', 'ex23']) {
      const server = `${name}.contoso.local`
      const text = messageText({ headers: name === 'ex22' ? outdated(server) : compliant(server) })
      // Behind the end of a message Haraka takes nothing that was sent before its reply.
      client.write(`MAIL FROM:<a@contoso.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n${text}.\r\nNOOP\r\n`)
      for (let reply = 0; reply < 5; reply += 1) codes.push((await client.reply()).code)
    }
    const [refused, accepted] = [
      [250, 250, 354, 550, 503],
      [250, 250, 354, 250, 503],
    ]
    assert.deepEqual(codes, [...refused, ...accepted, ...refused, ...accepted])
    await client.quit()
  })

  it('with RSET and a second MAIL are judged by the message that came through', async () => {
    const client = await haraka.connect({ proxyFrom: '8.8.50.22' })
    await client.ehlo('mail.contoso.com')
    for (let turn = 0; turn < 20; turn += 1) {
      assert.equal((await client.mail(`a${turn}@contoso.com`, 'XOORG=fabrikam.com')).code, 250)
      // Haraka takes it for the beginning of another message.
      assert.equal((await client.mail('twice@contoso.com', 'XOORG=example.com')).code, 250)
      if (turn % 2 === 0) assert.equal((await client.command('RSET')).code, 250)
    }
    await client.mail('last@contoso.com', 'XOORG=contoso.com')
    await client.rcpt('b@example.com')
    assert.equal((await client.data(messageText({ headers: compliant('ex24.contoso.local') }))).code, 250)
    await client.quit()
    const sent = lastMessage(haraka)
    assert.equal(sent.mailFrom, '<last@contoso.com>')
    assert.equal(resultsOf(sent)?.['xoorg'], 'contoso.com', 'nothing of those before')
  })

  it('that come byte by byte, a hundred at once, hold nobody else up', async () => {
    let stop = false
    const slow = inParallel(
      100,
      Array.from({ length: 100 }, (_, at) => async () => {
        const socket = connectTcp(haraka.port, '127.0.0.1')
        socket.on('error', () => undefined).resume()
        await once(socket, 'connect')
        socket.write(`PROXY TCP4 8.8.50.${100 + at} 203.0.113.25 40000 25\r\n`)
        for (const byte of session.slice(session.indexOf('EHLO'))) {
          if (stop) break
          socket.write(byte)
          await sleep(20)
        }
        socket.destroy()
      }),
    )
    const took: number[] = []
    for (let turn = 0; turn < 10; turn += 1) {
      const begun = performance.now()
      const report = await haraka.send({ proxyFrom: '8.8.51.2', headers: compliant('ex03.fabrikam.local') })
      took.push(performance.now() - begun)
      assert.equal(report.accepted, true)
    }
    stop = true
    await slow
    const [, , , , , middle = Infinity] = took.sort((left, right) => left - right)
    assert.ok(middle < 1500, `a message takes ${middle} ms`)
  })

  const first = 'PROXY TCP4 8.8.50.9 203.0.113.25 40000 25\r\n'
  const second = 'PROXY TCP4 8.8.51.9 203.0.113.25 40000 25\r\n'
  const prefaces: readonly (readonly [lines: string, connector: string | null, why: string])[] = [
    [first, 'usual', 'as a balancer sends it'],
    ['PROXY UNKNOWN\r\n', null, 'a balancer that does not know'],
    ['PROXY TCP4 8.8.50.9 203.0.113.25 40000\r\n', null, 'a port is missing'],
    ['PROXY TCP4 999.8.50.9 203.0.113.25 40000 25\r\n', null, 'no address'],
    ['PROXY TCP6 8.8.50.9 ::1 40000 25\r\n', null, 'of another family'],
    ['PROXY TCP6 ::ffff:8.8.50.9 ::1 40000 25\r\n', 'usual', 'IPv4 in IPv6'],
    ['PROXY TCP6 fe80::1%eth0 ::1 40000 25\r\n', null, 'with a zone'],
    [`PROXY TCP4 ${'8'.repeat(400)} 203.0.113.25 40000 25\r\n`, null, 'far too long'],
    ['PROXY TCP4 8.8.50.9\0 203.0.113.25 40000 25\r\n', null, 'a NUL'],
    [first + second, 'usual', 'the second one is the client’s'],
    [`${first}EHLO a\r\n${second}`, 'usual', 'the second one comes later'],
  ]
  for (const [lines, connector, why] of prefaces) {
    it(`that begin ${JSON.stringify(lines.slice(0, 80))} are ${connector ? `those of ${connector}` : 'nobody’s'}: ${why}`, async () => {
      const before = haraka.messages().length
      const rest = partsOf(session.slice(session.indexOf('EHLO')))
      // Nobody waits for a word that never comes.
      await speakBluntly(haraka.port, [lines, ...rest], 'end', connector === null ? 200 : 5000)
      const sent = haraka.messages().slice(before)
      if (connector !== null) assert.equal(sent.length, 1)
      for (const each of sent) assert.equal(attributedTo(each), connector ?? 'none')
    })
  }

  it('with odd XCLIENT lines leave nobody attributed to whom they are not', async () => {
    const lines = [
      'XCLIENT ADDR=[UNAVAILABLE]',
      'XCLIENT ADDR=8.8.51.9\0',
      'XCLIENT ADDR=IPV6:fe80::1%eth0',
      'XCLIENT ADDR=8.8.51.9 NAME=%s%n<script> HELO==cmd|calc',
      'XCLIENT ADDR=8.8.51.9 HELO=\x1b[2J',
      `XCLIENT ADDR=8.8.51.9 NAME=${'x'.repeat(450)}`,
      'XCLIENT NAME=ex01.fabrikam.com',
      'XCLIENT',
    ]
    for (const line of lines) {
      const client = await haraka.connect({ proxyFrom: '8.8.50.1' })
      await client.ehlo('mail.contoso.com')
      const said = await client.command(line)
      if (said.code === 220) await client.ehlo('mail.contoso.com')
      const before = haraka.messages().length
      if ((await client.mail('a@contoso.com')).code === 250) {
        await client.rcpt('b@example.com')
        await client.data(messageText({ headers: compliant('ex25.contoso.local') }))
      }
      client.hangUp()
      for (const each of haraka.messages().slice(before)) {
        const expected = each.remoteAddress.startsWith('8.8.50.')
          ? 'usual'
          : each.remoteAddress.startsWith('8.8.51.')
            ? 'other'
            : 'none'
        assert.equal(attributedTo(each), expected, JSON.stringify(line))
      }
    }
  })
})
