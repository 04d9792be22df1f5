import assert from 'node:assert/strict'
import { parseExposition } from '../metrics/exposition-text'
import { exchangeHeaders } from '../support/exchange-headers'
import { startHaraka, type RunningHaraka } from '../support/haraka'
import { freePort } from '../support/redis'
import { messageText } from '../support/send-message'
import type { Reply } from '../support/smtp-client'
import { allHour, daysToRefuse, oldBuild, pluginName, remember, reportingFields } from '../e2e/scene'
import { payloads } from './payloads'

/** What a line of SMTP can carry: the rest reaches us by memory only. */
const spoken = payloads.filter(([text]) => text.length <= 400)
/** What can be the name of a record at all. */
const remembered = payloads.map(([text], at) => ({
  server: `${text.slice(0, 200)}${at}`,
  address: `8.8.2.${at + 1}`,
}))

const replyLine = /^[245]\d\d [\x20-\x7e]{1,508}\r\n$/
const printed = /^[\x20-\x7e]*$/

interface Format {
  readonly name: 'default' | 'logfmt' | 'json'
  /** The texts of one line of the log, without the form that Haraka gives them; `null`: it is not in that form. */
  readonly texts: (line: string) => readonly string[] | null
}

const formats: readonly Format[] = [
  { name: 'default', texts: (line) => (/^\[[A-Z]+\] \[[^\]]*\] \[[^\]]*\] .*$/.test(line) ? [line] : null) },
  {
    name: 'logfmt',
    texts: (line) => (/^(?:[\w.-]+=(?:"(?:[^"\\]|\\.)*"|[^\s"=]+)(?: |$))+$/.test(line) ? [line] : null),
  },
  {
    name: 'json',
    texts: (line) => {
      const entry: unknown = JSON.parse(line)
      return typeof entry === 'object' && entry !== null
        ? Object.entries(entry).map(([, value]) => String(value))
        : null
    },
  },
]

describe('Text from outside, through a real Haraka', function () {
  this.timeout(60_000)

  for (const { name, texts } of formats) {
    describe(`that logs in the form ${name}`, () => {
      let haraka: RunningHaraka
      let metricsPort = 0
      const replies: Reply[] = []

      before(async () => {
        metricsPort = await freePort()
        haraka = await startHaraka({
          logLevel: 'debug',
          settings:
            `[main]\nmode = enforce\n${allHour}[enforcement]\nrefuse_at = mail\n` +
            `reply_refuse = {server} runs {build}, see {help_url}\n[metrics]\nlisten = 127.0.0.1:${metricsPort}\n`,
          connectors: '[hybrid]\ntenant = contoso\naddresses = 8.8.0.0/16\n',
          config: { 'log.ini': `[main]\nlevel=debug\ntimestamps=false\nformat=${name}\n` },
        })
        await remember(
          haraka.folder,
          ...remembered.map(({ server, address }) => ({
            tenant: 'contoso',
            connector: 'hybrid',
            address,
            ehlo: 'ex01.contoso.com',
            servers: [{ server, days: daysToRefuse }],
          })),
        )
        for (const { address } of remembered) replies.push(await toldByMemory(address))
        for (const [text] of spoken) await say(text)
      })

      after(() => haraka.stop())

      async function toldByMemory(proxyFrom: string): Promise<Reply> {
        const client = await haraka.connect({ proxyFrom })
        try {
          await client.ehlo('ex01.contoso.com')
          return await client.mail('alice@contoso.com')
        } finally {
          client.hangUp()
        }
      }

      /** In every place of a session where a peer may write what he likes. */
      async function say(text: string): Promise<void> {
        const line = text.replaceAll(/[\r\n]/g, ' ')
        const client = await haraka.connect({ proxyFrom: '8.8.9.9' })
        try {
          const hello = await client.command(`EHLO ${line}`)
          if (hello.code !== 250) await client.ehlo('ex01.contoso.com')
          const mail = await client.command(
            `MAIL FROM:<alice@contoso.com> XOORG=${line.replaceAll(/\s/g, '+')}`,
          )
          if (mail.code !== 250) await client.mail('alice@contoso.com')
          await client.rcpt('bob@example.com')
          const headers = [
            `X-Exchange-Enforcement: ${line}`,
            `Received: from ${line} (${line}) by ${line} (${line}) with Microsoft SMTP Server id ${oldBuild}; ${line}`,
            ...exchangeHeaders({ server: 'ex01.contoso.local', build: oldBuild }),
            `X-MimeOLE: ${line}`,
          ]
          replies.push(await client.data(messageText({ headers, subject: 'hello' })))
        } finally {
          client.hangUp()
        }
      }

      it('is harmless in each reply, which is one line', () => {
        assert.equal(replies.length, remembered.length + spoken.length)
        for (const { raw } of replies) assert.match(raw, replyLine)
        const refused = replies.filter(({ code }) => code === 550)
        assert.equal(refused.length, remembered.length, 'memory speaks for every one of them')
        const scripted = refused.find(({ text }) => text.includes('<script>'))
        assert.ok(scripted, 'the texts do get there')
      })

      it('is harmless in the log, in which each entry is one line of that form', () => {
        const lines = haraka.log().split('\n')
        const ours = lines.filter((line) => line.includes(pluginName))
        assert.ok(ours.length > replies.length, 'there is something to look at')
        for (const line of ours) {
          const found = texts(line)
          assert.ok(found, line)
          for (const text of found) assert.match(text, printed)
        }
        for (const mark of ['X-Injected', 'up 0']) {
          assert.ok(!lines.some((line) => line.startsWith(mark)), mark)
        }
        assert.doesNotMatch(haraka.log(), /fault in hook|Caught exception/)
      })

      it('is harmless in the reporting field of what is accepted', () => {
        const messages = haraka.messages()
        assert.ok(messages.length > 0)
        for (const message of messages) {
          const fields = reportingFields(message)
          assert.equal(fields.length, 1)
          assert.match(fields[0] ?? '', printed)
        }
      })

      it('is no label of a metric, and makes none', async () => {
        const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, {
          signal: AbortSignal.timeout(3000),
        })
        const exposed = await answer.text()
        assert.match(exposed.replaceAll('\n', ''), printed)
        const { samples, metrics } = parseExposition(exposed)
        for (const sample of samples.keys()) {
          assert.ok(
            metrics.has(/^[a-z_]+?(?=(?:_bucket|_sum|_count)?(?:\{|$))/.exec(sample)?.[0] ?? ''),
            sample,
          )
          for (const [, value = ''] of sample.matchAll(/="([^"]*)"/g))
            assert.match(value, /^[\w.+:* /-]{0,64}$/)
        }
        for (const [text] of spoken.filter(([each]) => each.length > 3))
          assert.ok(!exposed.includes(text), text)
      })
    })
  }
})
