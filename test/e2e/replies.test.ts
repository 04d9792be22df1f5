import assert from 'node:assert/strict'
import { startHaraka } from '../support/haraka'
import type { RunningHaraka } from '../support/haraka'
import type { SmtpClient } from '../support/smtp-client'
import {
  allHour,
  attributedTo,
  compliant,
  daysToDefer,
  daysToRefuse,
  lastMessage,
  outdated,
  pluginName,
  remember,
  resultsOf,
} from './scene'
import type { KnownPath } from './scene'

const help = 'https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates'
const said = 'Connecting Exchange server version is out-of-date; connection'
const deferred = `450 4.7.230 ${said} throttled for 60 mins/hr. For more information see ${help}\r\n`
const refused = `550 5.7.230 ${said} blocked for 60 mins/hr. For more information see ${help}\r\n`

const connectors = `
[usual]
addresses = 8.8.10.0/24
[softly]
addresses = 8.8.11.0/24
mode = defer
[quietly]
addresses = 8.8.12.0/24
mode = report
[at-data]
addresses = 8.8.13.0/24
defer_at = data
[at-mail]
addresses = 8.8.14.0/24
refuse_at = mail
[at-connect]
addresses = 8.8.15.0/24
defer_at = connect
refuse_at = connect
[defer-at-connect]
addresses = 8.8.16.0/24
defer_at = connect
[partner]
addresses = 8.8.17.0/24
type = partner
[off]
addresses = 8.8.18.0/24
mode = off
`

/** One server behind one address of a connector, with its clock at that day. */
function path(
  connector: string,
  address: string,
  server: string,
  days: number,
  change: Partial<KnownPath> = {},
): KnownPath {
  const servers = [{ server, days }]
  return { tenant: connector, connector, address, ehlo: 'ex01.contoso.com', servers, ...change }
}

describe('Replies on the wire', function () {
  this.timeout(20_000)
  let haraka: RunningHaraka

  before(async () => {
    haraka = await startHaraka({ settings: `[main]\nmode = enforce\n${allHour}`, connectors })
  })

  after(() => haraka.stop())

  describe('byte for byte, by place, mode and stage', () => {
    const table: [
      path: KnownPath,
      sender: 'outdated' | 'compliant' | 'silent',
      stage: string,
      raw: string | null,
      why: string,
    ][] = [
      [
        path('usual', '8.8.10.1', 'a1.contoso.local', daysToDefer),
        'outdated',
        'mail',
        deferred,
        'a deferral costs no mail, so memory may speak it',
      ],
      [
        path('usual', '8.8.10.2', 'a2.contoso.local', daysToRefuse),
        'outdated',
        'data',
        refused,
        'a refusal is spoken on the message’s own evidence',
      ],
      [
        path('usual', '8.8.10.3', 'a3.contoso.local', daysToRefuse),
        'compliant',
        'data',
        null,
        'it shows its new build: it has been patched',
      ],
      [
        path('usual', '8.8.10.4', 'a4.contoso.local', daysToRefuse),
        'silent',
        'data',
        refused,
        'without evidence it is treated as the servers of its path',
      ],
      [
        path('usual', '8.8.10.5', 'a5.contoso.local', daysToDefer, { minutesAgo: 6 }),
        'outdated',
        'data',
        deferred,
        'the path’s evidence is too old: it must show its build again',
      ],
      [path('usual', '8.8.10.6', 'a6.contoso.local', 5), 'outdated', 'data', null, 'stage 1 demands nothing'],
      [
        path('usual', '8.8.10.7', 'a7.contoso.local', 0),
        'outdated',
        'data',
        null,
        'nothing is held against it',
      ],
      [
        path('softly', '8.8.11.1', 'b1.contoso.local', daysToRefuse),
        'outdated',
        'mail',
        deferred,
        'mode = defer never refuses',
      ],
      [
        path('quietly', '8.8.12.1', 'c1.contoso.local', daysToRefuse),
        'outdated',
        'data',
        null,
        'mode = report accepts all mail',
      ],
      [
        path('at-data', '8.8.13.1', 'd1.contoso.local', daysToDefer),
        'outdated',
        'data',
        deferred,
        'defer_at = data',
      ],
      [
        path('at-mail', '8.8.14.1', 'e1.contoso.local', daysToRefuse),
        'outdated',
        'mail',
        refused,
        'refuse_at = mail',
      ],
      [
        path('at-connect', '8.8.15.1', 'f1.contoso.local', daysToDefer, { ehlo: null }),
        'outdated',
        'connect',
        deferred,
        'defer_at = connect',
      ],
      [
        path('at-connect', '8.8.15.2', 'f2.contoso.local', daysToRefuse, { ehlo: null }),
        'outdated',
        'connect',
        refused,
        'refuse_at = connect',
      ],
      [
        path('defer-at-connect', '8.8.16.1', 'g1.contoso.local', daysToRefuse, { ehlo: null }),
        'outdated',
        'data',
        refused,
        'only deferrals are spoken at connect',
      ],
      [
        path('partner', '8.8.17.1', 'h1.contoso.local', daysToRefuse),
        'outdated',
        'data',
        null,
        'a partner is only ever reported',
      ],
      [path('off', '8.8.18.1', 'i1.contoso.local', daysToRefuse), 'outdated', 'data', null, 'mode = off'],
    ]

    before(() => remember(haraka.folder, ...table.map(([known]) => known)))

    for (const [known, sender, stage, raw, why] of table) {
      const [server] = known.servers
      const verb = raw === null ? 'accepts' : raw.startsWith('450') ? 'defers' : 'refuses'
      it(`${verb} ${known.connector}, ${sender} on day ${String(server?.days)}, at ${stage}: ${why}`, async () => {
        const name = server?.server ?? ''
        const headers = sender === 'silent' ? [] : sender === 'outdated' ? outdated(name) : compliant(name)
        const report = await haraka.send({ proxyFrom: known.address, headers })
        assert.equal(report.stage, stage)
        if (raw === null) assert.equal(report.accepted, true, report.raw)
        else assert.equal(report.raw, raw)
        assert.equal(report.closed, stage === 'connect')
      })
    }

    it('writes the reason of a denial into the log, and nothing of ours is an error', () => {
      const line = haraka
        .log()
        .match(/^\[NOTICE\].*\[exchange-enforcement\] decision at=mail .*action=defer.*$/m)
      assert.match(
        line?.[0] ?? '',
        /\[exchange-enforcement\] decision at=mail connector=usual server=\S+ stage=2 day=35 action=defer /,
      )
      assert.doesNotMatch(haraka.log(), /^\[CRIT\]|^\[ERROR\].*\[exchange-enforcement\]/m)
    })
  })

  describe('leave the session usable', () => {
    async function opened(address: string): Promise<SmtpClient> {
      const client = await haraka.connect({ proxyFrom: address })
      assert.equal((await client.ehlo()).code, 250)
      return client
    }
    const text = (headers: readonly string[]): string => `${headers.join('\r\n')}\r\nSubject: x\r\n\r\nHi\r\n`

    async function deliver(client: SmtpClient, headers: readonly string[]): Promise<string> {
      const mail = await client.mail('alice@contoso.com')
      if (mail.code !== 250) return mail.raw
      assert.equal((await client.rcpt('bob@example.com')).code, 250)
      return (await client.data(text(headers))).raw
    }

    it('after a 550 at DATA: another server of the same path is heard, and RSET is no trouble', async () => {
      await remember(haraka.folder, path('usual', '8.8.10.30', 'j1.contoso.local', daysToRefuse))
      const client = await opened('8.8.10.30')
      assert.equal(await deliver(client, outdated('j1.contoso.local')), refused)
      assert.match(await deliver(client, compliant('j2.contoso.local')), /^250 /)
      assert.equal((await client.command('RSET')).code, 250)
      assert.equal(await deliver(client, outdated('j1.contoso.local')), refused)
      assert.match(
        await deliver(client, []),
        /^250 /,
        'not every server of the path is to be turned away any more',
      )
      assert.equal((await client.quit())?.code, 221)
    })

    it('after a 450 at MAIL, as often as it is tried, until the pause or the patch', async () => {
      await remember(haraka.folder, path('usual', '8.8.10.31', 'k1.contoso.local', daysToDefer))
      const client = await opened('8.8.10.31')
      for (let attempt = 0; attempt < 3; attempt += 1) {
        assert.equal((await client.mail('alice@contoso.com')).raw, deferred)
        assert.equal((await client.rcpt('bob@example.com')).code, 503)
        assert.equal((await client.command('RSET')).code, 250)
      }
      await client.ehlo('other.contoso.com')
      assert.match(
        await deliver(client, compliant('k1.contoso.local')),
        /^250 /,
        'another EHLO name is another path',
      )
      await client.ehlo()
      assert.match(await deliver(client, compliant('k1.contoso.local')), /^250 /, 'its server has recovered')
      assert.equal((await client.quit())?.code, 221)
    })

    it('after a 450 at DATA', async () => {
      await remember(haraka.folder, path('at-data', '8.8.13.31', 'l1.contoso.local', daysToDefer))
      const client = await opened('8.8.13.31')
      assert.equal(await deliver(client, outdated('l1.contoso.local')), deferred)
      assert.match(await deliver(client, compliant('l1.contoso.local')), /^250 /)
      await client.quit()
    })

    it('in a pipeline, whose later commands fail one by one', async () => {
      await remember(haraka.folder, path('usual', '8.8.10.32', 'm1.contoso.local', daysToDefer))
      const client = await opened('8.8.10.32')
      const replies = await client.pipeline([
        'MAIL FROM:<alice@contoso.com>',
        'RCPT TO:<bob@example.com>',
        'DATA',
        'NOOP',
        'MAIL FROM:<>',
        'RSET',
      ])
      assert.equal(replies[0]?.raw, deferred)
      assert.deepEqual(
        replies.map(({ code }) => code),
        [450, 503, 503, 250, 450, 250],
      )
      await client.quit()
    })

    it('in the next pipeline after a refused message', async () => {
      await remember(haraka.folder, path('usual', '8.8.10.33', 'n1.contoso.local', daysToRefuse))
      const client = await opened('8.8.10.33')
      for (const [server, answer] of [
        ['n1', refused],
        ['n2', null],
      ] as const) {
        const envelope = ['MAIL FROM:<alice@contoso.com>', 'RCPT TO:<bob@example.com>', 'DATA']
        const codes = (await client.pipeline(envelope)).map(({ code }) => code)
        assert.deepEqual(codes, [250, 250, 354])
        const fields = answer ? outdated(`${server}.contoso.local`) : compliant(`${server}.contoso.local`)
        client.write(`${text(fields)}.\r\n`)
        const { code, raw } = await client.reply()
        if (answer) assert.equal(raw, answer)
        else assert.equal(code, 250)
      }
      await client.quit()
    })

    it('for whoever follows at the same address on a connection of their own', async () => {
      await remember(
        haraka.folder,
        path('at-connect', '8.8.15.30', 'o1.contoso.local', daysToRefuse, { ehlo: null }),
      )
      const first = await haraka.send({ proxyFrom: '8.8.15.30' })
      assert.deepEqual([first.stage, first.raw, first.closed], ['connect', refused, true])
      const neighbour = await haraka.send({ proxyFrom: '8.8.15.31', headers: compliant('o2.contoso.local') })
      assert.equal(neighbour.accepted, true)
    })
  })

  it('treat the null sender, HELO and odd parameters like any other', async () => {
    await remember(
      haraka.folder,
      path('usual', '8.8.10.40', 'p1.contoso.local', daysToDefer),
      path('usual', '8.8.10.41', 'p2.contoso.local', daysToRefuse),
    )
    const bounce = await haraka.send({ proxyFrom: '8.8.10.40', from: '' })
    assert.equal(bounce.raw, deferred)
    const client = await haraka.connect({ proxyFrom: '8.8.10.40' })
    assert.equal((await client.command('HELO ex01.contoso.com')).code, 250)
    assert.equal((await client.mail('alice@contoso.com')).raw, deferred)
    await client.quit()
    const odd = await haraka.send({
      proxyFrom: '8.8.10.41',
      mailParameters: 'SIZE=1000 BODY=8BITMIME XOORG=contoso.com',
      headers: outdated('p2.contoso.local'),
    })
    assert.equal(odd.raw, refused)
  })

  it('mark what they accept with the facts of the decision, for other plugins to see', async () => {
    await remember(haraka.folder, path('quietly', '8.8.12.40', 'q1.contoso.local', daysToRefuse))
    await haraka.send({ proxyFrom: '8.8.12.40', headers: outdated('q1.contoso.local') })
    const message = lastMessage(haraka)
    assert.equal(attributedTo(message), 'quietly')
    const results = resultsOf(message)
    assert.deepEqual(
      ['tenant', 'server', 'build', 'reason', 'stage', 'day', 'action'].map((name) => results?.[name]),
      ['quietly', 'q1.contoso.local', '15.1.2106.2', results?.['reason'], 8, daysToRefuse, 'accept'],
    )
    assert.deepEqual([results?.pass, results?.fail, results?.skip], [[], ['outdated'], []])
    assert.equal(message.connectionResults[pluginName]?.['candidate'], 'quietly')
  })
})

describe('The templates of replies', function () {
  this.timeout(20_000)

  it('are filled in, and say the operator’s own words and nothing else', async () => {
    const haraka = await startHaraka({
      settings: [
        '[main]\nmode = enforce\nhelp_url = https://help.example.com/?q=a%20b',
        allHour,
        '[enforcement]',
        'reply_defer = Later, {server} ({build}): {minutes} min/h until {free_at}. {help_url}',
        'reply_refuse = {server} is too old',
      ].join('\n'),
      connectors: '[a]\naddresses = 8.8.0.0/16',
    })
    try {
      const [late, never] = ['r1.contoso.local', 'r2.contoso.local']
      await remember(
        haraka.folder,
        path('a', '8.8.2.1', late, daysToDefer),
        path('a', '8.8.2.2', never, daysToRefuse),
      )
      const first = await haraka.send({ proxyFrom: '8.8.2.1', headers: outdated(late) })
      assert.match(
        first.raw,
        /^450 4\.7\.230 Later, r1\.contoso\.local \(unknown\): 60 min\/h until (never|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\. https:\/\/help\.example\.com\/\?q=a%20b\r\n$/,
      )
      const second = await haraka.send({ proxyFrom: '8.8.2.2', headers: outdated(never) })
      assert.equal(second.raw, '550 5.7.230 r2.contoso.local is too old\r\n')
    } finally {
      await haraka.stop()
    }
  })
})
