import assert from 'node:assert/strict'
import { ArrivalReader } from '../../src/replay/arrival'
import { parseFromLineDate, parseMessageDate } from '../../src/replay/mail-date'
import type { OwnHosts } from '../../src/replay/own-hosts'
import { connector } from '../support/connectors'

const date = 'Sun, 22 Nov 2026 12:00:00 +0000'
const exchange = `Received: from EX02.contoso.com (192.0.2.6) by ex01.contoso.com (192.0.2.5) with Microsoft SMTP Server (version=TLS1_2) id 15.1.2507.39; ${date}`
const haraka = `Received: from ex01.contoso.com (mail.contoso.com [192.0.2.5])\n\tby mx.example.com (Haraka/3.1.1) with ESMTPS id 1A2B.1\n\tenvelope-from <alice@contoso.com>\n\ttls TLS_AES_256_GCM_SHA384;\n\tSun, 22 Nov 2026 12:00:01 +0000`
const dovecot = `Received: from mx.example.com ([198.51.100.1])\n\tby store.example.com with LMTP id abc; Sun, 22 Nov 2026 12:00:02 +0000`
const amavis = `Received: from mx.example.com ([127.0.0.1])\n\tby localhost (mx.example.com [127.0.0.1]) (amavisd-new, port 10024)\n\twith ESMTP id x; Sun, 22 Nov 2026 12:00:02 +0000`
const back = `Received: from localhost (localhost [127.0.0.1])\n\tby mx.example.com (Postfix) with ESMTP id y; Sun, 22 Nov 2026 12:00:03 +0000`
const gateway = `Received: from ex01.contoso.com (unknown [192.0.2.5]) by gate.example.com (Postfix) with ESMTPS id z; ${date}`
const behindGateway = `Received: from gate.example.com (gate.example.com [198.51.100.9]) by mx.example.com (Haraka/3.1.1) with ESMTP id 1A2B.1; ${date}`
const ownExchange = `Received: from mx.example.com (198.51.100.1) by mail.example.com (198.51.100.2) with Microsoft SMTP Server id 15.2.2562.53; ${date}`

const detect: OwnHosts = { receivedBy: [], me: null, relays: [] }

function arrive(fields: readonly string[], own: Partial<OwnHosts> = {}, fromLine: string | null = null) {
  const connectors = [connector('contoso', { certificate: '*.contoso.com' })]
  return new ArrivalReader({ ...detect, ...own }, connectors).read({ fields, fromLine })
}

describe('A stored message', () => {
  const rows: readonly (readonly [
    fields: readonly string[],
    own: Partial<OwnHosts>,
    receivedBy: string | null,
    address: string | null,
    left: number,
    reason: string,
  ])[] = [
    [[haraka, exchange], {}, 'mx.example.com', '192.0.2.5', 1, 'one server of ours'],
    [[dovecot, haraka, exchange], {}, 'mx.example.com', '192.0.2.5', 1, 'and a store behind it'],
    [[back, amavis, haraka, exchange], {}, 'mx.example.com', '192.0.2.5', 1, 'and a filter between'],
    [[haraka, gateway, exchange], {}, 'gate.example.com', '192.0.2.5', 1, 'a gateway of our domain'],
    [
      [behindGateway, gateway, exchange],
      { relays: ['gate.example.com'] },
      'mx.example.com',
      '198.51.100.9',
      2,
      'a trusted relay is the peer, as it was then',
    ],
    [
      [gateway, exchange],
      { relays: ['gate.example.com'] },
      'gate.example.com',
      '192.0.2.5',
      1,
      'a relay on top',
    ],
    [[exchange], {}, null, null, 1, 'a field of Exchange on top is not taken for ours'],
    [[ownExchange, haraka, exchange], {}, null, null, 3, 'nor that of our own Exchange'],
    [
      [ownExchange, haraka, exchange],
      { me: 'mx.example.com' },
      'mx.example.com',
      '192.0.2.5',
      1,
      'unless we know our name',
    ],
    [
      [ownExchange, haraka, exchange],
      { receivedBy: ['*.example.com'] },
      'mx.example.com',
      '192.0.2.5',
      1,
      'or it is named',
    ],
    [
      [haraka, exchange],
      { receivedBy: ['other.example.com'] },
      null,
      null,
      2,
      'who is named did not take it in',
    ],
    [
      [haraka, exchange],
      { me: 'other.example.com' },
      'mx.example.com',
      '192.0.2.5',
      1,
      'from before this Haraka',
    ],
    [
      [haraka, exchange, haraka.replace('192.0.2.5', '203.0.113.1')],
      { receivedBy: ['mx.example.com'] },
      'mx.example.com',
      '192.0.2.5',
      2,
      'a forged field of ours further down',
    ],
    [
      [haraka.replace('mx.example.com', 'mx.contoso.com'), exchange],
      {},
      'mx.contoso.com',
      '192.0.2.5',
      1,
      'Exchange in our own domain is still the peer',
    ],
    [[], {}, null, null, 0, 'no field at all'],
  ]
  for (const [fields, own, receivedBy, address, left, reason] of rows) {
    it(`came in at ${receivedBy ?? 'none of ours'} from ${address ?? 'nobody known'}: ${reason}`, () => {
      const arrival = arrive(fields, own)
      assert.equal(arrival.receivedBy, receivedBy)
      assert.equal(arrival.session?.address ?? null, address)
      assert.equal(arrival.fields.length, left)
    })
  }

  const peers: readonly (readonly [
    from: string,
    ehlo: string | null,
    address: string | null,
    reverse: string | null,
    reason: string,
  ])[] = [
    [
      'from a.contoso.com (b.contoso.com [192.0.2.5])',
      'a.contoso.com',
      '192.0.2.5',
      'b.contoso.com',
      'Postfix, Haraka',
    ],
    ['from a.contoso.com (unknown [192.0.2.5])', 'a.contoso.com', '192.0.2.5', null, 'no name found'],
    ['from a.contoso.com ([192.0.2.5])', 'a.contoso.com', '192.0.2.5', null, 'Haraka without a name'],
    [
      'from a.contoso.com (b.contoso.com. [IPv6:2001:db8::5])',
      'a.contoso.com',
      '2001:db8::5',
      'b.contoso.com',
      'IPv6',
    ],
    [
      'from a.contoso.com (b.contoso.com [192.0.2.5] (may be forged))',
      'a.contoso.com',
      '192.0.2.5',
      'b.contoso.com',
      'Sendmail',
    ],
    [
      'from b.contoso.com ([192.0.2.5] helo=a.contoso.com)',
      'a.contoso.com',
      '192.0.2.5',
      'b.contoso.com',
      'Exim',
    ],
    [
      'from [192.0.2.5] (port=4711 helo=a.contoso.com)',
      'a.contoso.com',
      '192.0.2.5',
      null,
      'Exim without a name',
    ],
    [
      'from b.contoso.com (HELO a.contoso.com) (192.0.2.5)',
      'a.contoso.com',
      '192.0.2.5',
      'b.contoso.com',
      'qmail',
    ],
    ['from a.contoso.com (192.0.2.5)', 'a.contoso.com', '192.0.2.5', null, 'Exchange'],
    ['from a.contoso.com (::ffff:192.0.2.5)', 'a.contoso.com', '192.0.2.5', null, 'IPv4 in IPv6'],
  ]
  for (const [from, ehlo, address, reverse, reason] of peers) {
    it(`shows ${ehlo ?? 'no name'} at ${address ?? 'no address'}: ${reason}`, () => {
      const { session } = arrive([`Received: ${from} by mx.example.com with ESMTP id 1; ${date}`])
      assert.deepEqual([session?.ehlo, session?.address, session?.reverseName], [ehlo, address, reverse])
    })
  }

  it('came over TLS by who may have shown a certificate for its name', () => {
    const names = (field: string) => arrive([field]).session?.facts.certificate?.names ?? null
    const plain = 'Received: from a.contoso.com (b.contoso.com [192.0.2.5]) by mx.example.com'
    assert.deepEqual(names(`${plain} with ESMTPS id 1; ${date}`), ['a.contoso.com', 'b.contoso.com'])
    assert.deepEqual(names(`${plain} with ESMTP id 1 tls AES; ${date}`), ['a.contoso.com', 'b.contoso.com'])
    assert.equal(names(`${plain} with ESMTP id 1; ${date}`), null)
    const seen = '(using TLSv1.3 with cipher X) (Client CN "mail.contoso.com", Issuer "CA" (verified OK))'
    assert.deepEqual(names(`${plain.replace(' by', ` ${seen} by`)} with ESMTPS id 1; ${date}`), [
      'mail.contoso.com',
    ])
  })

  it('was not ours to judge where its sender had authenticated', () => {
    const field = 'Received: from a (b [192.0.2.5]) by mx.example.com with ESMTPSA id 1'
    assert.equal(arrive([`${field}; ${date}`]).session?.skip, 'authenticated')
    assert.equal(arrive([haraka]).session?.skip, null)
  })

  const times: readonly (readonly [
    fields: readonly string[],
    fromLine: string | null,
    at: string | null,
    reason: string,
  ])[] = [
    [
      [dovecot, haraka, exchange],
      'From a@b Sun Nov 22 13:00:00 2026',
      '2026-11-22T12:00:01',
      'our server took it in',
    ],
    [[exchange], 'From a@b Sun Nov 22 13:00:00 2026', '2026-11-22T13:00:00', 'none of ours: the mailbox'],
    [
      [exchange, 'Date: Mon, 23 Nov 2026 12:00:00 +0000'],
      null,
      '2026-11-22T12:00:00',
      'no mailbox: the topmost field',
    ],
    [['Date: Mon, 23 Nov 2026 12:00:00 +0000'], null, '2026-11-23T12:00:00', 'the sender alone'],
    [['Subject: x'], null, null, 'nothing'],
  ]
  for (const [fields, fromLine, at, reason] of times) {
    it(`arrived ${at ?? 'at no known time'}: ${reason}`, () => {
      const found = arrive(fields, {}, fromLine).at
      assert.equal(found === null ? null : new Date(found).toISOString().slice(0, 19), at)
    })
  }

  const senders: readonly (readonly [
    fields: readonly string[],
    fromLine: string | null,
    domain: string | null,
    reason: string,
  ])[] = [
    [['Return-Path: <a@Fabrikam.com>', haraka], null, 'fabrikam.com', 'Return-Path'],
    [['Return-Path: <>', haraka], null, '', 'the null sender'],
    [[haraka], 'From b@b.example Sun', 'contoso.com', 'what Haraka wrote'],
    [[exchange], 'From a@b.example Sun', 'b.example', 'the line of the mailbox'],
    [[exchange], 'From MAILER-DAEMON Sun', '', 'which says nobody'],
    [[exchange], 'From - Sun', null, 'which does not say'],
    [[exchange], null, null, 'nothing'],
  ]
  for (const [fields, fromLine, domain, reason] of senders) {
    it(`was sent by ${domain ?? 'nobody known'}: ${reason}`, () => {
      assert.equal(arrive(fields, {}, fromLine).senderDomain, domain)
    })
  }

  it('has one key for all its copies', () => {
    const key = (...fields: string[]) => arrive(fields).copyKey
    assert.equal(
      key('Delivered-To: a', haraka, exchange),
      key('Delivered-To: b', dovecot, haraka.replace(/\n\t/g, '\r\n '), exchange),
    )
    assert.notEqual(key(haraka, exchange), key(haraka.replace('1A2B.1', '1A2B.2'), exchange))
  })
})

describe('Dates in mail', () => {
  const rows: readonly (readonly [text: string, iso: string | null, reason: string])[] = [
    ['Sun, 22 Nov 2026 12:00:00 +0100 (CET)', '2026-11-22T11:00:00.000Z', 'as RFC 5322 has it'],
    [' 22 Nov 2026 12:00 -0530', '2026-11-22T17:30:00.000Z', 'no weekday, no seconds'],
    ['Sun, 22\n Nov 2026 12:00:00 GMT', '2026-11-22T12:00:00.000Z', 'folded'],
    ['22-Nov-99 12:00:00 EST', '1999-11-22T17:00:00.000Z', 'old mail'],
    ['22 Nov 26 12:00:00 XYZ', '2026-11-22T12:00:00.000Z', 'a zone that nobody knows'],
    ['22 Nov 2026 12:00:00.123 +0000', '2026-11-22T12:00:00.000Z', 'parts of a second'],
    ['31 Dec 2026 23:59:60 +0000', '2027-01-01T00:00:00.000Z', 'a leap second'],
    ['31 Nov 2026 12:00:00 +0000', null, 'a day that does not exist'],
    ['22 Foo 2026 12:00:00 +0000', null, 'no month'],
    ['22 Nov 2026 24:00:00 +0000', null, 'hour 24'],
    ['2026-11-22 12:00', null, 'another shape'],
    ['', null, 'nothing'],
  ]
  for (const [text, iso, reason] of rows) {
    it(`are read as ${iso ?? 'none'}: ${reason}`, () => {
      const at = parseMessageDate(text)
      assert.equal(at === null ? null : new Date(at).toISOString(), iso)
    })
  }

  const lines: readonly (readonly [line: string, iso: string | null, reason: string])[] = [
    ['From a@b Sun Nov 22 12:00:00 2026', '2026-11-22T12:00:00.000Z', 'as most write it'],
    ['From a@b  Sun Nov  1 12:00:00 2026', '2026-11-01T12:00:00.000Z', 'blanks'],
    ['From a Sun b Sun Nov 22 12:00 +0100 2026', '2026-11-22T11:00:00.000Z', 'a zone before the year'],
    ['From a@b Sun Nov 22 12:00:00 2026 -0500', '2026-11-22T17:00:00.000Z', 'a zone behind it'],
    ['From a@b Sun, 22 Nov 2026 12:00:00 +0100', '2026-11-22T11:00:00.000Z', 'the date of a message'],
    ['From a@b', null, 'none'],
  ]
  for (const [line, iso, reason] of lines) {
    it(`are read from the line of a mailbox as ${iso ?? 'none'}: ${reason}`, () => {
      const at = parseFromLineDate(line)
      assert.equal(at === null ? null : new Date(at).toISOString(), iso)
    })
  }
})
