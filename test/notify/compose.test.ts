import assert from 'node:assert/strict'
import { simpleParser } from 'mailparser'
import { languages, type Language } from '../../src/config/language'
import { documentFor, parcelFor, wordingOf } from '../../src/notify/letter'
import { renderHtml } from '../../src/notify/html'
import { renderText } from '../../src/notify/text'
import { sampleNotice, sampleRules } from '../../src/notify/sample'
import { dueNotices, type DueNotice } from '../../src/notify/occasion'
import { noticeKinds, type NoticeKind } from '../../src/rules/notice/record'
import { evidenceOf } from '../support/records'
import { now, rules, runningFor, seen, settings, tenantWith } from './given'

const given = settings()
const contact = (language: string | null) => ({
  contact: 'it@contoso.com',
  address: 'IT@contoso.com',
  language,
})
const sampled = sampleRules(rules(given))

function sample(kind: NoticeKind): DueNotice {
  const notice = sampleNotice(kind, sampled, now)
  assert.ok(notice, kind)
  return notice
}

function written(
  notices: readonly DueNotice[],
  language: Language,
): { readonly subject: string; readonly text: string } {
  const document = documentFor(notices, 'contoso', contact(language), given, sampled, now)
  return { subject: document.subject, text: renderText(document, wordingOf(contact(language), given).texts) }
}

/** What must stand in each language: the date of a stage, its minutes, and the plural of servers. */
const marks: { readonly [L in Language]: readonly [date: RegExp, minutes: RegExp, servers: RegExp] } = {
  en: [/22 November 2026 at 11:00 UTC/, /deferred for 5 minutes of every hour/, /2 Exchange servers/],
  de: [/22\. November 2026 um 11:00 UTC/, /5 Minuten pro Stunde zurückgestellt/, /2 Exchange-Servern/],
  fr: [/22 novembre 2026 à 11:00 UTC/, /différé pendant 5 minutes par heure/, /2 serveurs Exchange/],
  nl: [/22 november 2026 om 11:00 UTC/, /5 minuten per uur uitgesteld/, /2 Exchange-servers/],
  ja: [/2026年11月22日 11:00 UTC/, /1時間あたり5分間、メールの受信を延期します/, /Exchangeサーバー2台/],
}

describe('A notice', () => {
  for (const language of languages) {
    const [date, minutes, servers] = marks[language]
    it(`is written in ${language}, with its dates, units and plurals`, () => {
      const stage = sample('stage')
      assert.match(written([stage], language).text, minutes)
      const recovered = sample('recovery')
      const at = Date.UTC(2026, 10, 22, 11)
      const dated = { ...recovered, occasion: { kind: 'recovery', at } } as const
      assert.match(written([dated], language).text, date)
      const two = written([stage, { ...stage, server: 'ex02.contoso.com' }], language)
      assert.match(two.subject, servers)
    })

    for (const kind of noticeKinds) {
      it(`of ${kind} is complete in ${language}`, () => {
        const { subject, text } = written([sample(kind)], language)
        assert.match(subject, /ex01\.contoso\.com/)
        for (const gap of ['undefined', 'null', 'NaN', '#', '[object', '()']) {
          assert.ok(!`${subject}\n${text}`.includes(gap), `${gap} in ${subject}\n${text}`)
        }
        // Whom to ask, where to read on, what was seen and where.
        for (const part of [
          'postmaster@example.com',
          given.helpUrl,
          'ex01.contoso.com',
          '192.0.2.11',
          'Received: from',
        ]) {
          assert.ok(text.includes(part), `${part} is missing in ${text}`)
        }
        if (kind !== 'recovery') {
          assert.match(text, /KB\d{7}/)
          assert.match(text, /CVE-\d{4}-\d+ ?[(（]/, 'those known to be exploited come first, and are marked')
        }
        if (language !== 'en') assert.doesNotMatch(text, /\b(outdated|mail is|until)\b/)
      })
    }
  }

  it('says that nothing is held up where the connector is only observed, and what is planned', () => {
    const observed = rules(settings('[main]\n'))
    const report = { ...observed, modeOf: () => 'report' as const }
    const notices = dueNotices(seen(runningFor(1)), tenantWith(), report, now)
    const document = documentFor(notices, 'contoso', contact('en'), given, report, now)
    const text = renderText(document, wordingOf(contact('en'), given).texts)
    assert.match(text, /only observes: all mail is accepted/)
    assert.match(text, /In force now: all mail is accepted/)
    assert.match(text, /What is planned when:\n {2}- from 21 December 2026/)
    assert.doesNotMatch(text, /ask postmaster@example\.com for a pause/)
  })

  it('tells the minutes of mode defer as they are: what would be refused is deferred', () => {
    const defer = { ...rules(given), modeOf: () => 'defer' as const }
    const notices = dueNotices(seen(runningFor(60)), tenantWith(), defer, now)
    const document = documentFor(notices, 'contoso', contact('en'), given, defer, now)
    const text = renderText(document, wordingOf(contact('en'), given).texts)
    assert.match(text, /In force now: stage 5: mail is deferred for 35 minutes of every hour/)
    assert.match(text, /all the time/)
    assert.doesNotMatch(text, /mail is refused|all mail is refused/)
  })

  it('tells of 20 servers in full and of the others by name', () => {
    const stage = sample('stage')
    const many = Array.from({ length: 200 }, (_, index) => ({ ...stage, server: `srv${index}.contoso.com` }))
    const { subject, text } = written(many, 'en')
    assert.equal(subject, 'Mail from 200 Exchange servers is now restricted further')
    assert.equal(text.match(/^--- srv/gm)?.length, 20)
    assert.equal(text.match(/^- srv/gm)?.length, 180)
  })

  it('is a mail that no machine answers, alike whenever it is repeated', async () => {
    const letter = { id: '4f1c', madeAt: now }
    const parcel = await parcelFor([sample('stage')], letter, 'contoso', contact('ja'), given, sampled, now)
    const again = await parcelFor([sample('stage')], letter, 'contoso', contact('ja'), given, sampled, now)
    const [mail, second] = [await simpleParser(parcel.content), await simpleParser(again.content)]
    assert.equal(parcel.to, 'IT@contoso.com')
    assert.equal(mail.messageId, '<4f1c@example.com>')
    assert.equal(mail.messageId, second.messageId)
    assert.equal(mail.date?.getTime(), now)
    assert.equal(mail.from?.text, 'postmaster@example.com')
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated')
    assert.equal(mail.headers.get('x-auto-response-suppress'), 'All')
    assert.match(parcel.content, /^List-Id: <contoso\.exchange-enforcement\.example\.com>\r$/im)
    assert.match(parcel.content, /^Content-Type: multipart\/alternative;/m)
    assert.match(mail.subject ?? '', /メール/)
    assert.match(mail.text ?? '', /メール/)
    assert.match(String(mail.html), /メール/)
    for (const line of parcel.content.split('\r\n'))
      assert.ok(line.length <= 998 && !/[^\t\x20-\x7e]/.test(line), line)
  })

  const hostile = '<script>alert(1)</script>\r\nBcc: x@example.org\u202e\u0007"\'&' + 'x'.repeat(3000)
  it('shows what strangers write as text, in every field and nowhere else', async () => {
    const record = seen(runningFor(30), {
      server: hostile,
      tenant: hostile,
      lastEvidence: evidenceOf({
        build: hostile,
        header: hostile,
        messageId: hostile,
        ehlo: hostile,
        address: hostile,
      }),
    })
    const owner = { tenant: hostile, pauses: [], exemptions: [] }
    const notices = dueNotices(record, owner, rules(given), now)
    assert.equal(notices.length, 1)
    const document = documentFor(notices, hostile, contact('en'), given, rules(given), now)
    const html = renderHtml(document, 'en')
    const text = renderText(document, wordingOf(contact('en'), given).texts)
    assert.doesNotMatch(html, /<script|<\/script/)
    assert.match(html, /&lt;script&gt;alert\(1\)/)
    assert.doesNotMatch(html + text + document.subject, /[\p{Cf}\r]/u)
    assert.doesNotMatch(text, /^Bcc:/m)
    const letter = { id: 'x', madeAt: now }
    const { content } = await parcelFor(notices, letter, 'contoso', contact('en'), given, rules(given), now)
    assert.doesNotMatch(content, /^Bcc:/m)
    assert.equal((await simpleParser(content)).headers.has('bcc'), false)
  })
})
