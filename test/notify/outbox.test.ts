import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../../src/config/settings'
import type { Carriers } from '../../src/notify/letter'
import { Outbox, type Posted } from '../../src/notify/outbox'
import { smtpCarrier, type SmtpServer } from '../../src/notify/smtp-carrier'
import { sign, webhookCarrier } from '../../src/notify/webhook-carrier'
import type { ServerRecord } from '../../src/rules/clock/record'
import type { Delivery } from '../../src/rules/notice/ledger'
import type { LetterState } from '../../src/rules/notice/record'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { cached } from '../../src/store/cached'
import { MemoryStore } from '../../src/store/memory'
import { MailSink, type SinkOptions } from '../support/mail-sink'
import { evidenceOf } from '../support/records'
import { catalogue, now, runningFor, seen, settings, tenantWith } from './given'

const secret = '0123456789abcdef0123456789abcdef'

/** A host with its own cache on a memory that others share. */
class Host {
  clock = now
  readonly posted: Posted[] = []
  readonly outbox: Outbox
  readonly #memory: ReturnType<typeof cached>

  constructor(
    readonly store: MemoryStore,
    servers: readonly ServerRecord[],
    carriers: Partial<Carriers>,
    given: Settings = settings(),
    by = 'a',
  ) {
    this.#memory = cached(store, { maxEntries: 100, ttlMs: 1000 })
    let letters = 0
    this.outbox = new Outbox({
      settings: () => given,
      catalogue: () => catalogue,
      memory: {
        update: this.#memory.update,
        async *servers() {
          yield* servers
        },
        tenant: async (tenant) => tenantWith({ tenant }),
      },
      carriers: { mail: nobody, webhook: nobody, ...carriers },
      now: () => this.clock,
      by,
      newId: () => `${by}-${(letters += 1)}`,
      onPosted: (posted) => void this.posted.push(posted),
    })
  }

  async state(contact = 'it@contoso.com'): Promise<LetterState | undefined> {
    const stored = await this.store.read({ kind: 'contact', tenant: 'contoso', contact })
    return stored.state === 'present' ? stored.value.letters.at(-1) : undefined
  }
}

const nobody: Carriers['mail'] = { deliver: async () => assert.fail('nobody is to be told') }
const servers = [
  seen(runningFor(30)),
  seen(runningFor(1), { server: 'ex02.contoso.com' }),
  // Fabrikam is only observed.
  seen(runningFor(30), {
    tenant: 'fabrikam',
    server: 'mail.fabrikam.com',
    lastEvidence: evidenceOf({ connector: 'fabrikam', build: '15.1.2507.39' }),
  }),
]
const ofContoso = servers.slice(0, 2)

function local(port: number, login: SmtpServer['login'] = null): Carriers['mail'] {
  return smtpCarrier({ host: '127.0.0.1', port, login })
}

describe('The outbox', () => {
  let sink: MailSink
  const start = async (options: SinkOptions = {}): Promise<void> => {
    sink = await MailSink.start(options)
  }
  afterEach(() => sink.stop())

  it('sends one mail a contact with all that is due, once, from however many hosts', async () => {
    await start()
    const store = new MemoryStore({ now: () => now })
    const hosts = ['a', 'b', 'c'].map(
      (by) => new Host(store, ofContoso, { mail: local(sink.port) }, settings(), by),
    )
    await Promise.all(hosts.flatMap(({ outbox }) => [outbox.run(), outbox.run()]))
    await Promise.all(hosts.map(({ outbox }) => outbox.run()))
    const [mail, ...others] = await sink.parsed()
    assert.deepEqual(others, [])
    assert.match(mail?.text ?? '', /ex02\.contoso\.com[^]*ex01\.contoso\.com/)
    assert.equal(sink.mails[0]?.from, '')
    assert.equal((await hosts[0]?.state())?.state, 'sent')
    assert.deepEqual(await hosts[0]?.outbox.pending(), [])
  })

  it('tells of a server once, though memory lists it twice', async () => {
    await start()
    const host = new Host(new MemoryStore({ now: () => now }), [...ofContoso, ...ofContoso], {})
    const [addressed] = await host.outbox.pending()
    assert.equal(addressed?.notices.length, 2)
  })

  it('says what is due without sending or writing anything', async () => {
    await start()
    const host = new Host(new MemoryStore({ now: () => now }), ofContoso, { mail: nobody })
    const [addressed] = await host.outbox.pending()
    assert.deepEqual(
      addressed?.notices.map(({ kind, server }) => `${kind} ${server}`),
      ['stage ex01.contoso.com', 'detection ex02.contoso.com'],
    )
    assert.equal(await host.state(), undefined)
  })

  it('says how long its look at memory took, and not how long the post did', async () => {
    await start()
    const slowly = async <T>(work: Promise<T>): Promise<T> => {
      await sleep(200)
      return work
    }
    const post = local(sink.port)
    const slowPost: Carriers['mail'] = { deliver: (...of) => slowly(post.deliver(...of)) }
    const host = new Host(new MemoryStore({ now: () => now }), ofContoso, { mail: slowPost })
    const lookMs = await host.outbox.run()
    assert.equal(sink.mails.length, 1)
    assert.ok(lookMs > 0 && lookMs < 150, `${lookMs} ms`)
  })

  it('leaves off at the end of a letter when it is stopped', async () => {
    await start()
    const host = new Host(new MemoryStore(), ofContoso, { mail: nobody })
    host.outbox.stop()
    await host.outbox.run()
  })

  const refusals: readonly (readonly [
    reason: string,
    options: SinkOptions,
    waitMs: number,
    error: RegExp,
  ])[] = [
    [
      'an unknown recipient',
      { atRecipient: () => ({ code: 550, text: '5.1.1 no such user' }) },
      dayMs,
      /550 5\.1\.1 no such user/,
    ],
    [
      'a greylisted one',
      { atRecipient: () => ({ code: 450, text: '4.2.0 later' }) },
      5 * minuteMs,
      /450 4\.2\.0/,
    ],
    [
      'a message that is not liked',
      { atEnd: () => ({ code: 554, text: '5.7.1 spam' }) },
      dayMs,
      /554 5\.7\.1/,
    ],
    ['a full disk', { atEnd: () => ({ code: 452, text: '4.3.1 full' }) }, 5 * minuteMs, /452 4\.3\.1/],
  ]
  for (const [reason, options, waitMs, error] of refusals) {
    it(`tries again later: ${reason}`, async () => {
      let refuse = true
      await start({
        atRecipient: (to) => (refuse ? (options.atRecipient?.(to) ?? null) : null),
        atEnd: (to) => (refuse ? (options.atEnd?.(to) ?? null) : null),
      })
      const host = new Host(new MemoryStore({ now: () => now }), ofContoso, { mail: local(sink.port) })
      await host.outbox.run()
      const failed = await host.state()
      assert.ok(failed?.state === 'failed')
      assert.match(failed.error, error)
      assert.equal(failed.retryAt - now, waitMs)
      assert.equal(failed.doubts, 0)
      refuse = false
      host.clock = failed.retryAt - 1
      await host.outbox.run()
      assert.equal(sink.mails.length, 0, 'not before its time')
      host.clock = failed.retryAt
      await host.outbox.run()
      assert.equal(sink.mails.length, 1)
      assert.equal((await host.state())?.state, 'sent')
      assert.deepEqual(
        host.posted.map(({ delivery }) => delivery.result),
        ['failed', 'sent'],
      )
    })
  }

  it('tries again later: a server that is not there', async () => {
    await start()
    await sink.stop()
    const host = new Host(new MemoryStore(), ofContoso, { mail: local(sink.port) })
    await host.outbox.run()
    const failed = await host.state()
    assert.ok(failed?.state === 'failed' && failed.doubts === 0)
    assert.match(failed.error, /ECONNREFUSED/)
  })

  it('repeats once what may have arrived, under the same Message-ID, and then says that it is doubtful', async () => {
    // It has the whole message, and is gone before it answers.
    await start({ onMail: () => sink.hangUp() })
    const host = new Host(new MemoryStore({ now: () => now }), ofContoso, { mail: local(sink.port) })
    for (const after of [0, hourMs, 2 * dayMs]) {
      host.clock = now + after
      await host.outbox.run()
    }
    const ids = (await sink.parsed()).map(({ messageId }) => messageId)
    assert.equal(ids.length, 2)
    assert.equal(ids[0], ids[1])
    assert.equal((await host.state())?.state, 'doubtful')
  })

  it('does not send what another has taken over meanwhile', async () => {
    await start()
    const carrier = local(sink.port)
    const parcel = {
      id: 'x',
      tenant: 'contoso',
      to: 'it@contoso.com',
      content: 'Subject: x\r\n\r\nx\r\n',
      madeAt: now,
    }
    assert.equal(await carrier.deliver(parcel, async () => false), 'not-ours')
    assert.equal(sink.mails.length, 0)
    assert.deepEqual(await carrier.deliver(parcel, async () => true), { result: 'sent' })
    assert.equal(sink.mails.length, 1)
  })

  it('logs in where it is asked to', async () => {
    await start({ login: { user: 'notices', password: 'right' } })
    const parcel = {
      id: 'x',
      tenant: 'contoso',
      to: 'it@contoso.com',
      content: 'Subject: x\r\n\r\nx\r\n',
      madeAt: now,
    }
    const deliver = (password: string) =>
      local(sink.port, { user: 'notices', password }).deliver(parcel, async () => true)
    assert.deepEqual(await deliver('right'), { result: 'sent' })
    const wrong = await deliver('wrong')
    assert.ok(wrong !== 'not-ours' && wrong.result === 'failed')
  })

  it('tells a contact with two connectors once, each tenant by itself, and falls back to those of other connectors', async () => {
    await start()
    const given = settings(
      '',
      '[contoso-plant]\ntenant = contoso\naddresses = 203.0.113.7\ncontacts = IT@Contoso.com\n',
    )
    const gone = seen(runningFor(30), { server: 'ex03.contoso.com' })
    const old = { ...gone, lastEvidence: gone.lastEvidence && { ...gone.lastEvidence, connector: 'gone' } }
    const host = new Host(new MemoryStore(), [...servers, old], { mail: local(sink.port) }, given)
    await host.outbox.run()
    assert.deepEqual(
      sink.mails.map(({ to }) => to).sort(),
      ['it@contoso.com'],
      'fabrikam is observed, and told long ago',
    )
    const [mail] = await sink.parsed()
    assert.match(mail?.text ?? '', /ex03/)
  })
})

/** What the webhook was sent. */
interface Call {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

function urlOf(server: Server): string {
  const address = server.address()
  return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/hook`
}

describe('The webhook', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xe-webhook-'))
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, `${secret}\n`)
  after(() => rmSync(folder, { recursive: true, force: true }))
  const calls: Call[] = []
  let status = 204
  let server: Server
  let url = ''
  before(async () => {
    server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => {
        calls.push({ headers: request.headers, body })
        response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = urlOf(server)
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    calls.length = 0
    status = 204
  })

  const given = () => {
    const plain = settings()
    return {
      ...plain,
      notices: { ...plain.notices, from: null, webhookUrl: url, webhookSecretFile: secretFile },
    }
  }

  it('is called once with all that is due to a tenant, signed so that it can be verified', async () => {
    const webhook = webhookCarrier({ url, secretFile }, () => now)
    const host = new Host(new MemoryStore({ now: () => now }), ofContoso, { webhook }, given())
    await host.outbox.run()
    await host.outbox.run()
    const [call, ...others] = calls
    assert.ok(call)
    assert.deepEqual(others, [])
    const timestamp = String(now / 1000)
    assert.equal(call.headers['x-exchange-enforcement-timestamp'], timestamp)
    assert.equal(
      call.headers['x-exchange-enforcement-signature'],
      `sha256=${sign(secret, timestamp, call.body)}`,
    )
    // As printf '1.x' | openssl dgst -sha256 -hmac key says.
    const vector = 'fc4913c41a7bf793267e2a384f3261c9436ec2cd097bd745e7b0d99113f510ec'
    assert.equal(sign('key', '1', 'x'), vector)
    const body = JSON.parse(call.body)
    assert.equal(body.tenant, 'contoso')
    assert.equal(body.id, call.headers['x-exchange-enforcement-id'])
    const [stage, detection] = body.notices
    assert.deepEqual(stage.stage, { stage: 2, defer_minutes: 5, refuse_minutes: 0 })
    assert.equal(stage.kind, 'stage')
    assert.equal(detection.kind, 'detection')
    assert.equal(detection.relapsed, false)
    assert.ok(detection.cves[0].kev)
    assert.equal((await host.state('webhook'))?.state, 'sent')
  })

  for (const [code, why] of [
    [500, /answered 500/],
    [404, /answered 404/],
    [302, /could not be called/],
  ] as const) {
    it(`is called again later where it answers ${code}, under the same id`, async () => {
      const webhook = webhookCarrier({ url, secretFile })
      const host = new Host(new MemoryStore({ now: () => now }), ofContoso, { webhook }, given())
      status = code
      await host.outbox.run()
      const failed = await host.state('webhook')
      assert.ok(failed?.state === 'failed')
      assert.match(failed.error, why)
      assert.equal(failed.retryAt, now + 5 * minuteMs)
      status = 200
      host.clock = failed.retryAt
      await host.outbox.run()
      assert.equal((await host.state('webhook'))?.state, 'sent')
      const ids = calls.map(({ headers }) => headers['x-exchange-enforcement-id'])
      assert.equal(new Set(ids).size, 1)
      assert.equal(ids.length, 2)
    })
  }

  const faults: readonly (readonly [
    reason: string,
    hook: () => { url: string; secretFile: string },
    error: RegExp,
  ])[] = [
    ['nobody listens', () => ({ url: 'http://127.0.0.1:9/', secretFile }), /could not be called/],
    ['there is no secret', () => ({ url, secretFile: join(folder, 'none') }), /ENOENT/],
    [
      'the secret is too short',
      () => {
        const file = join(folder, 'short')
        writeFileSync(file, 'short')
        return { url, secretFile: file }
      },
      /less than 16 characters/,
    ],
  ]
  for (const [reason, hook, error] of faults) {
    it(`is not reached, and that is said: ${reason}`, async () => {
      const parcel = { id: 'x', tenant: 'contoso', to: 'webhook', content: '{}', madeAt: now }
      const delivery: Delivery | 'not-ours' = await webhookCarrier(hook()).deliver(parcel, async () => true)
      assert.ok(delivery !== 'not-ours' && delivery.result === 'failed')
      assert.match(delivery.error, error)
      assert.equal(calls.length, 0)
    })
  }

  it('is not waited for without end where it takes the call and never answers', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    try {
      const parcel = { id: 'x', tenant: 'contoso', to: 'webhook', content: '{}', madeAt: now }
      const webhook = webhookCarrier({ url: urlOf(silent), secretFile }, Date.now, 200)
      assert.deepEqual(await webhook.deliver(parcel, async () => true), {
        result: 'failed',
        error: 'the webhook gave no answer within 0.2 s',
        permanent: false,
      })
    } finally {
      silent.closeAllConnections()
      silent.close()
    }
  })

  it('is not called by one to whom the letter no longer belongs', async () => {
    const parcel = { id: 'x', tenant: 'contoso', to: 'webhook', content: '{}', madeAt: now }
    assert.equal(await webhookCarrier({ url, secretFile }).deliver(parcel, async () => false), 'not-ours')
    assert.equal(calls.length, 0)
  })
})
