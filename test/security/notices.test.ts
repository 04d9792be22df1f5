import assert from 'node:assert/strict'
import { simpleParser, type ParsedMail } from 'mailparser'
import { languages } from '../../src/config/language'
import { noticeRules, parcelFor } from '../../src/notify/letter'
import { dueNotices, possibleNotices } from '../../src/notify/occasion'
import { webhookContact } from '../../src/rules/notice/record'
import { obeyedByTerminals } from '../cli/support'
import { catalogue, now, outdatedBuild, runningFor, seen, settings, tenantWith } from '../notify/given'
import { evidenceOf } from '../support/records'
import { assertHarmlessPage, strings } from './harmless'
import { payloads } from './payloads'

const given = settings()
const rules = noticeRules(given, catalogue)
const letter = { id: 'letter-1', madeAt: now }

/** All that a letter may tell of a server, made of one text. */
function noticesOf(text: string) {
  const lastEvidence = evidenceOf({
    build: outdatedBuild,
    at: now - 60_000,
    header: text,
    messageId: text,
    ehlo: text,
    address: text,
    connector: 'contoso-hybrid',
    attribution: text,
    mimeOle: text,
  })
  const record = seen(runningFor(1), {
    server: text.slice(0, 300),
    lastEvidence,
    events: [{ at: now, kind: 'detected', build: text }],
  })
  const tenant = tenantWith({
    exemptions: [
      {
        id: 'x',
        target: { kind: 'server', server: record.server },
        until: now - 1,
        reason: text,
        createdAt: 1,
      },
    ],
  })
  const due = dueNotices(record, tenant, rules, now)
  return due.length > 0 ? due : possibleNotices(record, tenant, rules, now).slice(0, 1)
}

function headersOf(message: string): string[] {
  const [head = ''] = message.split('\r\n\r\n', 1)
  return head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
}

describe('Text from outside, in notices', () => {
  for (const [text, harm] of payloads) {
    const shown = JSON.stringify(text.slice(0, 30))
    for (const language of languages) {
      it(`that ${harm} is harmless in a mail in ${language}: ${shown}`, async () => {
        const contact = { contact: 'it@contoso.com', address: 'it@contoso.com', language }
        const notices = noticesOf(text)
        assert.ok(notices.length > 0)
        const { content } = await parcelFor(notices, letter, 'contoso', contact, given, rules, now)
        const fields = headersOf(content)
        assert.match(fields.join(''), /^[\x20-\x7e]*$/)
        const names = fields.map((field) => field.slice(0, field.indexOf(':')))
        assert.deepEqual(names.toSorted(), expectedFields.toSorted(), 'no field of the sender’s')
        for (const line of content.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 998, 'RFC 5322, 2.1.1')

        const mail: ParsedMail = await simpleParser(content)
        assert.doesNotMatch(mail.subject ?? '', /[\n]|(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        assert.deepEqual(
          [mail.to].flat().map((to) => to?.text),
          ['it@contoso.com'],
        )
        assert.doesNotMatch((mail.text ?? '').replaceAll('\r\n', '\n'), obeyedByTerminals)
        assert.equal(mail.attachments.length, 0)
        assertHarmlessPage(String(mail.html), 'the HTML part')
      })
    }

    it(`that ${harm} is the same text again in the body of a webhook: ${shown}`, async () => {
      const contact = { contact: webhookContact, address: 'https://example.com/hook', language: null }
      const { content } = await parcelFor(noticesOf(text), letter, 'contoso', contact, given, rules, now)
      assert.doesNotMatch(content, /[\n\r\0]/)
      assert.ok(strings(JSON.parse(content)).includes(text))
    })
  }
})

const expectedFields = [
  'From',
  'To',
  'Subject',
  'Message-ID',
  'Date',
  'Auto-Submitted',
  'X-Auto-Response-Suppress',
  'List-ID',
  'Content-Language',
  'MIME-Version',
  'Content-Type',
]
