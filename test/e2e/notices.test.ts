import assert from 'node:assert/strict'
import { simpleParser } from 'mailparser'
import { dayMs, hourMs } from '../../src/rules/time'
import type { Store } from '../../src/store/store'
import { startHaraka, type RunningHaraka } from '../support/haraka'
import { MailSink, routeTo, type SinkOptions } from '../support/mail-sink'
import { becomesTrue } from '../support/processes'
import { evidenceOf } from '../support/records'
import { lmdbHome, newBuild, oldBuild, serverRecord, tenant, writeServer, type Home } from './fleet'

const contact = 'it@contoso.com'

function outdatedSince(startedAt: number) {
  return {
    state: 'running',
    startedAt,
    detectedAt: startedAt + dayMs,
    carriedMs: 0,
    reachedMs: 0,
  } as const
}

async function startWith(home: Home, sink: MailSink, nodes: number): Promise<RunningHaraka> {
  return startHaraka({
    patienceMs: 90_000,
    nodes,
    plugins: ['exchange-enforcement', 'route'],
    pluginSources: { route: routeTo(sink.port) },
    config: { 'outbound.ini': 'local_mx_ok=true\n' },
    settings:
      `[main]\nmode = enforce\n[policy]\npreset = custom\nfloors = ${newBuild}\n` +
      `[notices]\nenabled = yes\nfrom = postmaster@example.com\n[metrics]\nlisten =\n${home.lines}`,
    connectors: `[hybrid]\ntenant = ${tenant}\naddresses = 8.8.0.0/16\ncontacts = ${contact}\nlanguage = de\n`,
  })
}

async function letterState(store: Store): Promise<string> {
  const stored = await store.read({ kind: 'contact', tenant, contact })
  return stored.state === 'present' ? (stored.value.letters.at(-1)?.state ?? 'none') : stored.state
}

describe('Notices through a real Haraka', function () {
  this.timeout(180_000)
  let home: Home
  let store: Store
  let sink: MailSink
  let haraka: RunningHaraka | null = null

  const begin = async (nodes: number, options: SinkOptions = {}): Promise<void> => {
    home = await lmdbHome()
    store = await home.open()
    const now = Date.now()
    for (const [name, days] of [
      ['ex01.contoso.local', 1],
      ['ex02.contoso.local', 40.01],
    ] as const) {
      const lastEvidence = evidenceOf({ connector: 'hybrid', build: oldBuild, at: now - hourMs })
      await writeServer(store, serverRecord(name, outdatedSince(now - days * dayMs), { lastEvidence }))
    }
    sink = await MailSink.start(options)
    haraka = await startWith(home, sink, nodes)
  }
  afterEach(async () => {
    await haraka?.stop()
    haraka = null
    await sink.stop()
    await store.close()
    await home.stop()
  })

  for (const [nodes, what] of [
    [0, 'its only process'],
    [2, 'the master of two workers'],
  ] as const) {
    it(`are one mail for all that is due, queued by ${what} and known as delivered`, async () => {
      await begin(nodes)
      assert.ok(await becomesTrue(() => sink.mails.length > 0, 60_000), haraka?.log())
      const [mail] = sink.mails
      assert.equal(mail?.from, '')
      assert.equal(mail?.to, contact)
      const parsed = await simpleParser(mail?.raw ?? '')
      assert.equal(parsed.headers.get('auto-submitted'), 'auto-generated')
      assert.match(parsed.subject ?? '', /^Neues zu 2 Exchange-Servern von contoso$/)
      assert.match(parsed.text ?? '', /ex01\.contoso\.local/)
      assert.match(parsed.text ?? '', /ex02\.contoso\.local/)
      let state = ''
      const known = await becomesTrue(async () => (state = await letterState(store)) === 'sent', 30_000)
      assert.ok(known, state)
      assert.equal(sink.mails.length, 1)
    })
  }

  it('are known as undelivered where the contact is refused for good', async () => {
    await begin(0, { atRecipient: () => ({ code: 550, text: '5.1.1 no such user' }) })
    let state = ''
    const known = await becomesTrue(async () => (state = await letterState(store)) === 'undelivered', 60_000)
    assert.ok(known, state + (haraka?.log() ?? ''))
    await haraka?.logged(/could not be delivered: .*5\.1\.1 no such user/)
  })
})
