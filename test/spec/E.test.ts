import assert from 'node:assert/strict'
import type { Evidence, EvidenceOptions } from '../../src/rules/evidence/evidence'
import { bindingOf } from '../../src/rules/evidence/binding'
import { readEvidence } from '../../src/rules/evidence/reading'
import { formatBuild } from '../../src/rules/verdict/build'

const date = 'Wed, 26 Apr 2023 13:51:26 +0800'
const plain: EvidenceOptions = { trustedRelays: [], lookBehindRelays: false }
const behindToo: EvidenceOptions = { trustedRelays: [], lookBehindRelays: true }

function connecting(fields: readonly string[], options = plain): Evidence {
  return readEvidence(fields, options).connecting
}

/** `exchange ex01.contoso.com 15.1.2507.39 smtp`, `not-exchange mx.example.com`, `none unreadable`. */
function inWords(evidence: Evidence | null): string {
  if (!evidence) return 'nothing'
  if (evidence.kind === 'none') return `none ${evidence.reason}`
  if (evidence.kind === 'not-exchange') return `not-exchange ${evidence.server}`
  const build = evidence.build ? formatBuild(evidence.build) : 'no build'
  const transport = evidence.kind === 'exchange' ? ` ${evidence.transport}` : ''
  return `${evidence.kind} ${evidence.server} ${build}${transport}`
}

function smtp(by: string, id: string): string {
  return `Received: from a.example.com (192.0.2.1) by ${by} (192.0.2.2) with Microsoft SMTP Server (TLS) id ${id}; ${date}`
}
function mapi(by: string, id: string): string {
  return `Received: from ${by} ([::1]) by ${by} ([::1]) with mapi id ${id}; ${date}`
}
function postfix(by: string): string {
  return `Received: from a.example.com (a.example.com [192.0.2.1]) by ${by} (Postfix) with ESMTPS id 4A1B2C; ${date}`
}

type Row = readonly [fields: readonly string[], expected: string, reason: string]
function table(rows: readonly Row[], options = plain): void {
  for (const [fields, expected, reason] of rows) {
    it(reason, () => assert.equal(inWords(connecting(fields, options)), expected))
  }
}

describe('E1: only the connecting hop counts', () => {
  const old = smtp('old.contoso.com', '14.3.498.0')
  table([
    [
      [smtp('ex01.contoso.com', '15.1.2507.39'), old],
      'exchange ex01.contoso.com 15.1.2507.39 smtp',
      'an older server below is not held against the peer',
    ],
    [
      [postfix('mx.contoso.com'), old],
      'not-exchange mx.contoso.com',
      'an Exchange server behind another peer is not held against it',
    ],
    [
      ['Subject: a', 'DKIM-Signature: v=1', old],
      'exchange old.contoso.com 14.3.498.0 smtp',
      'fields of other names stand above it',
    ],
    [
      ['Subject: a', 'X-Received: by ex01.contoso.com with mapi id 15.01.2507.039'],
      'none no-received',
      'there is no Received field at all',
    ],
    [[], 'none no-received', 'there is no field at all'],
    [
      ['Received: (qmail 123 invoked from network); ' + date, old],
      'none unreadable',
      'a field without by stands on top',
    ],
  ])

  const relays = { trustedRelays: ['mx.contoso.com', '*.gw.contoso.com'], lookBehindRelays: false }
  describe('after the fields of trusted relays', () => {
    table(
      [
        [
          [postfix('MX.Contoso.com.'), old],
          'exchange old.contoso.com 14.3.498.0 smtp',
          'the relay is named, in any case and with a dot at the end',
        ],
        [
          [postfix('a.b.gw.contoso.com'), postfix('mx.contoso.com'), old],
          'exchange old.contoso.com 14.3.498.0 smtp',
          'two relays stand on top, one under a wildcard',
        ],
        [
          [postfix('gw.contoso.com'), old],
          'not-exchange gw.contoso.com',
          'a wildcard does not stand for the domain itself',
        ],
        [
          [postfix('mx.contoso.com.example.com'), old],
          'not-exchange mx.contoso.com.example.com',
          'a longer name is another host',
        ],
        [
          [smtp('mx.contoso.com', '15.1.2507.6'), old],
          'exchange old.contoso.com 14.3.498.0 smtp',
          'the relay is an Exchange server itself',
        ],
        [[postfix('mx.contoso.com')], 'none no-received', 'nothing stands below the relay'],
        [
          [old, postfix('mx.contoso.com'), smtp('x.contoso.com', '8.3.83.0')],
          'exchange old.contoso.com 14.3.498.0 smtp',
          'a relay further down is none of the connecting hop',
        ],
        [
          [`Received: (Haraka outbound); ${date}`, postfix('mx.contoso.com'), old],
          'exchange old.contoso.com 14.3.498.0 smtp',
          'the relay wrote a field without by above its own',
        ],
        [
          [`Received: (Haraka outbound); ${date}`, old],
          'none unreadable',
          'a field without by is skipped with a relay only',
        ],
      ],
      relays,
    )
    it('field is the index into all fields given', () => {
      assert.equal(connecting(['Subject: a', postfix('mx.contoso.com'), 'To: b', old], relays).field, 3)
    })
  })

  describe('look_behind_relays', () => {
    const rows: readonly Row[] = [
      [
        [postfix('mx.contoso.com'), postfix('in.contoso.com'), old],
        'exchange old.contoso.com 14.3.498.0 smtp',
        'reports the first Exchange hop behind a peer that is none',
      ],
      [
        [`Received: (qmail 1 invoked by uid 0); ${date}`, old],
        'exchange old.contoso.com 14.3.498.0 smtp',
        'looks behind a peer without a name too',
      ],
      [
        [postfix('mx.contoso.com'), smtp('a.mail.protection.outlook.com', '15.20.1.2'), old],
        'exchange-online a.mail.protection.outlook.com 15.20.1.2',
        'does not look behind Exchange Online',
      ],
      [[smtp('ex01.contoso.com', '15.1.2507.39'), old], 'nothing', 'does not look behind an Exchange server'],
      [[postfix('mx.contoso.com')], 'nothing', 'finds nothing where nothing is'],
      [
        [
          postfix('mx.contoso.com'),
          smtp('ex.contoso.com', '15.1.2507.6'),
          mapi('ex.contoso.com', '15.01.2507.039'),
        ],
        'exchange ex.contoso.com 15.1.2507.39 mapi',
        'takes the highest id there (E3)',
      ],
    ]
    for (const [fields, expected, reason] of rows) {
      it(reason, () => {
        assert.equal(inWords(readEvidence(fields, behindToo).behind), expected)
        assert.equal(readEvidence(fields, plain).behind, null, 'unless it is switched off')
      })
    }
  })
})

describe('E2: shapes', () => {
  const from = 'Received: from a.example.com (192.0.2.1) by EX01.contoso.com'
  table([
    [
      [
        `${from} (192.0.2.2) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.2.1118.40; ${date}`,
      ],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'SMTP over TLS, 2016 and later',
    ],
    [
      [`${from} (192.0.2.2) with Microsoft SMTP Server (TLS) id 15.0.1497.48; ${date}`],
      'exchange ex01.contoso.com 15.0.1497.48 smtp',
      'SMTP over TLS, 2013',
    ],
    [
      [`${from} (192.0.2.2) with Microsoft SMTP Server id 8.3.485.1; ${date}`],
      'exchange ex01.contoso.com 8.3.485.1 smtp',
      'SMTP without TLS, 2007',
    ],
    [
      [`${from} with Microsoft SMTP Server id 15.2.1118.40; ${date}`],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'no comment at all',
    ],
    [
      [`${from} with Microsoft SMTP Server id 15.2.1118.40`],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'no date',
    ],
    [
      [`${from} (192.0.2.2) with Microsoft SMTP Server (TLS) id 15.02.1118.040; ${date}`],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'the long form',
    ],
    [
      [
        `${from} (192.0.2.2) with Microsoft SMTP Server (TLS) id 15.2.1118.40 via Frontend Transport; ${date}`,
      ],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'via Frontend Transport',
    ],
    [
      [`${from} (192.0.2.2) with Microsoft SMTP Server (TLS) id 15.2.1118.40 via Mailbox Transport; ${date}`],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'via Mailbox Transport',
    ],
    [
      [
        `${from}\r\n (192.0.2.2) with Microsoft\r\n SMTP Server (version=TLS1_2,\r\n\tcipher=X) id\r\n 15.2.1118.40;\r\n ${date}`,
      ],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'folded between the words with CRLF',
    ],
    [
      [`${from}\n (192.0.2.2) with Microsoft\n\tSMTP Server id\n 15.2.1118.40;\n ${date}\n`],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'folded with LF, as a mail server hands it over',
    ],
    [
      [
        `RECEIVED: FROM A BY EX01.CONTOSO.COM WITH MICROSOFT SMTP SERVER ID 15.2.1118.40 VIA FRONTEND TRANSPORT; ${date}`,
      ],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'in capitals',
    ],
    [
      [`Received : from a by EX01.contoso.com. with Microsoft SMTP Server id 15.2.1118.40; ${date}`],
      'exchange ex01.contoso.com 15.2.1118.40 smtp',
      'a blank before the colon, a dot behind the host',
    ],
    [
      [`Received: from Pickup by EX01.contoso.com with Microsoft SMTP Server id 15.1.2507.6; ${date}`],
      'exchange ex01.contoso.com 15.1.2507.6 smtp',
      'from the pickup folder',
    ],
    [
      [`${from} (192.0.2.2) with mapi id 14.03.0513.000; ${date}`],
      'exchange ex01.contoso.com 14.3.513.0 mapi',
      'mapi',
    ],
    [
      [`${from} ([fe80::2dfa:6a3a:302a:d4e8%14]) with mapi; ${date}`],
      'exchange ex01.contoso.com no build mapi',
      'mapi of 2007, without a version',
    ],
    [
      [`${from} ((192.0.2.2)) with ShadowRedundancy id 15.0.1473.3; ${date}`],
      'exchange ex01.contoso.com 15.0.1473.3 smtp',
      'ShadowRedundancy, with comments in comments',
    ],
    [
      [`${from} ([192.0.2.2]) with Microsoft Exchange Server HTTP-DAV ;\n ${date}`],
      'exchange ex01.contoso.com no build http',
      'HTTP-DAV of 2000 and 2003',
    ],
    [
      [
        `${from} ([192.0.2.2]) via Exchange Front-End Server owa.contoso.com ([192.0.2.3]) with Microsoft Exchange Server HTTP-DAV ; ${date}`,
      ],
      'exchange ex01.contoso.com no build http',
      'HTTP-DAV behind a front-end server',
    ],
    [
      [
        'Received: from by (192.0.2.1) by ex01.contoso.com (192.0.2.2) with Microsoft SMTP Server id 15.1.2507.6',
      ],
      'exchange ex01.contoso.com 15.1.2507.6 smtp',
      'a client that calls itself "by"',
    ],
    [
      [
        'Received: from with (192.0.2.1) by ex01.contoso.com (192.0.2.2) with Microsoft SMTP Server id 15.1.2507.6',
      ],
      'exchange ex01.contoso.com 15.1.2507.6 smtp',
      'a client that calls itself "with"',
    ],
    [
      ['Received: from ([192.0.2.1]) by ex01.contoso.com with Microsoft SMTP Server id 15.1.2507.6'],
      'exchange ex01.contoso.com 15.1.2507.6 smtp',
      'a client without a name',
    ],
    [
      [
        'Received: from a(b (192.0.2.1) by ex01.contoso.com (192.0.2.2) with Microsoft SMTP Server id 15.1.2507.6',
      ],
      'exchange ex01.contoso.com 15.1.2507.6 smtp',
      'a client with a parenthesis in its name',
    ],
    [
      [
        'Received: from a"b (192.0.2.1) by ex01.contoso.com (192.0.2.2) with Microsoft SMTP Server id 15.1.2507.6',
      ],
      'exchange ex01.contoso.com 15.1.2507.6 smtp',
      'a client with a quote in its name',
    ],
  ])

  it('the id stays as it was written', () => {
    const evidence = connecting([mapi('ex01.contoso.com', '15.02.1118.040')])
    assert.equal(evidence.kind === 'exchange' && evidence.rawId, '15.02.1118.040')
  })
})

describe('E2: damaged lines of Exchange never give a wrong build', () => {
  const by = 'Received: from a by ex01.contoso.com (192.0.2.2)'
  table([
    [
      [`${by} with Microsoft SMTP Server (TLS) i=`],
      'exchange ex01.contoso.com no build smtp',
      'cut short in the word id',
    ],
    [
      [`${by} with Microsoft SMTP Server (TLS=`],
      'exchange ex01.contoso.com no build smtp',
      'cut short in a comment',
    ],
    [
      [`${by} with Microsoft SMTP Server (TLS;\n ${date}`],
      'exchange ex01.contoso.com no build smtp',
      'a comment that nobody closes',
    ],
    [
      [`${by} with Microsoft SMTP Server (version=3DTLS1_2) id 15.1.2507.6 via Fronte=`],
      'exchange ex01.contoso.com 15.1.2507.6 smtp',
      'cut short behind the id',
    ],
    [[`${by} with Microsoft SMTP Server id 15.1.2507.=`], 'none unreadable', 'cut short in the id'],
    [[`${by} with Microsoft SMTP Server id 15.1.2507.3=`], 'none unreadable', 'cut short in the last number'],
    [[`${by} with Microsoft SMTP Server id 15.1.2507; ${date}`], 'none unreadable', 'three numbers'],
    [
      [`${by} with Microsoft SMTP Server id 15.1.2507.3 9; ${date}`],
      'none unreadable',
      'a blank in the last number',
    ],
    [
      [`${by} with Microsoft SMTP Server id 15.1.25070000000000000000.39; ${date}`],
      'none unreadable',
      'a number of twenty digits',
    ],
    [
      [`${by} with mapi id 15.01.2507.00000000000000000039; ${date}`],
      'none unreadable',
      'twenty digits in a mapi id',
    ],
    [[`${by} with Microsoft SMTP Server id 15.1.2507.39.1; ${date}`], 'none unreadable', 'five numbers'],
    [[`${by} with Microsoft SMTP Server id -15.1.2507.39; ${date}`], 'none unreadable', 'a sign'],
    [
      [`${by} with Microsoft SMTP Server id 6.5.7638.1; ${date}`],
      'none unreadable',
      'a version that never wrote so',
    ],
    [[`Received: from a with Microsoft SMTP Server id 15.1.2507.39; ${date}`], 'none unreadable', 'no host'],
    [
      [`Received: from a by (192.0.2.2) with Microsoft SMTP Server id 15.1.2507.39; ${date}`],
      'none unreadable',
      'an address in place of the host',
    ],
    [
      [`Received: from a by ex01\0.contoso.com with Microsoft SMTP Server id 15.1.2507.39; ${date}`],
      'none unreadable',
      'a NUL byte in the host',
    ],
    [
      [`Received: from a by <script> with Microsoft SMTP Server id 15.1.2507.39; ${date}`],
      'none unreadable',
      'a host that is none',
    ],
  ])
})

describe('E3: the highest id of one server and branch', () => {
  const ex = 'ex01.contoso.com'
  table([
    [
      [smtp(ex, '15.1.2176.2'), mapi(ex, '15.01.2176.009')],
      `exchange ${ex} 15.1.2176.9 mapi`,
      'a mapi hop shows an update that the SMTP hop does not',
    ],
    [
      [smtp(ex, '15.1.2176.2'), smtp(ex, '15.1.2176.4'), mapi(ex, '15.01.2176.003')],
      `exchange ${ex} 15.1.2176.4 smtp`,
      'the highest of three stands in the middle',
    ],
    [
      [mapi(ex, '15.01.2176.009'), smtp(ex, '15.1.2176.2')],
      `exchange ${ex} 15.1.2176.9 mapi`,
      'a lower id below changes nothing',
    ],
    [
      [smtp(ex, '15.1.2176.2'), mapi('EX01.Contoso.COM', '15.01.2176.009')],
      `exchange ${ex} 15.1.2176.9 mapi`,
      'the same host in another case',
    ],
    [
      [smtp(ex, '15.1.2176.2'), mapi('ex02.contoso.com', '15.01.2176.009')],
      `exchange ${ex} 15.1.2176.2 smtp`,
      'another host says nothing of this one',
    ],
    [
      [smtp(ex, '15.0.1210.3'), mapi(ex, '15.00.1497.048')],
      `exchange ${ex} 15.0.1210.3 smtp`,
      'another CU is another time',
    ],
    [
      [smtp(ex, '15.1.2176.2'), postfix('mx.contoso.com'), mapi(ex, '15.01.2176.009')],
      `exchange ${ex} 15.1.2176.2 smtp`,
      'a foreign hop between ends the row',
    ],
    [
      [smtp(ex, '15.1.2176.2'), postfix(ex), mapi(ex, '15.01.2176.009')],
      `exchange ${ex} 15.1.2176.2 smtp`,
      'a hop without an id between ends the row',
    ],
    [
      [smtp(ex, '15.1.2176.2'), 'Subject: a', mapi(ex, '15.01.2176.009')],
      `exchange ${ex} 15.1.2176.9 mapi`,
      'a field of another name between does not',
    ],
    [
      [smtp(ex, '15.1.2176.2'), mapi(ex, '15.01.2176.00900000000000000000')],
      `exchange ${ex} 15.1.2176.2 smtp`,
      'an id that cannot be read does not count',
    ],
    [
      [`Received: from a by ${ex} ([192.0.2.2]) with mapi; ${date}`, mapi(ex, '15.01.2176.009')],
      `exchange ${ex} no build mapi`,
      'a hop without an id is in no branch',
    ],
  ])

  it('the field stays the topmost one, the id is the one that was used', () => {
    const evidence = connecting(['Subject: a', smtp(ex, '15.1.2176.2'), mapi(ex, '15.01.2176.009')])
    assert.equal(evidence.field, 1)
    assert.equal(evidence.kind === 'exchange' && evidence.rawId, '15.01.2176.009')
  })
})

describe('E4: Exchange Online is never on-premises', () => {
  const online = (host: string, id: string): Row => [
    [smtp(host, id)],
    `exchange-online ${host.toLowerCase()} ${id}`,
    `${id} on ${host}`,
  ]
  table([
    online('hub.contoso.com', '15.20.7633.22'),
    online('hub.contoso.com', '15.21.92.5'),
    online('hub.contoso.com', '16.0.1.0'),
    online('DB6PR0701MB2917.eurprd07.prod.outlook.com', '15.1.888.5'),
    online('AM2PRD0210HT001.eurprd02.prod.outlook.com', '14.16.423.0'),
    online('AM1FFO11OLC005.mail.protection.outlook.com', '15.1.888.7'),
    online('HE1PR0701CA0079.outlook.office365.com', '15.1.888.5'),
    online('CO1PR06MB222.namprd06.prod.exchangelabs.com', '15.0.898.11'),
    online('VA3EHSOBE001.bigfish.com', '8.1.340.0'),
    online('LEJPR01MB0123.deuprd01.prod.outlook.de', '15.1.888.5'),
    online('SHAPR01MB0123.CHNPR01.prod.partner.outlook.cn', '15.1.888.5'),
    online('DM2GCC01FT001.mail.protection.office365.us', '15.1.888.5'),
    [
      [
        `Received: from [192.0.2.1] (192.0.2.1) by A.eurprd07.prod.outlook.com (2001:db8::1) with Microsoft SMTP Server (version=TLS1_2, cipher=) via Frontend Transport; ${date}`,
      ],
      'exchange-online a.eurprd07.prod.outlook.com no build',
      'no id on a host of its own',
    ],
    [
      [
        `Received: from A.eurprd07.prod.outlook.com ([::1]) by A.eurprd07.prod.outlook.com with HTTPS; ${date}`,
      ],
      'exchange-online a.eurprd07.prod.outlook.com no build',
      'HTTPS on a host of its own',
    ],
    [
      [`Received: from mail pickup service by BAY0-XMR-012.phx.gbl with Microsoft SMTPSVC; ${date}`],
      'exchange-online bay0-xmr-012.phx.gbl no build',
      'Hotmail',
    ],
  ])

  const onPremises = (host: string, id: string): Row => [
    [smtp(host, id)],
    `exchange ${host} ${id} smtp`,
    `but ${id} on ${host} is`,
  ]
  table([
    onPremises('hub.contoso.com', '15.2.2562.53'),
    onPremises('hub.contoso.com', '15.1.888.5'),
    onPremises('outlook.contoso.com', '15.1.2507.39'),
    onPremises('prod.outlook.com.contoso.com', '15.1.2507.39'),
    onPremises('myoutlook.com', '15.1.2507.39'),
    onPremises('mail-protection-outlook.contoso.com', '15.1.2507.39'),
    onPremises('mail.microsoft.com', '15.1.2507.39'),
    onPremises('ex01.phx.gbl', '15.1.2507.39'),
    onPremises('mail.outlook.cn.contoso.com', '15.1.2507.39'),
  ])
})

describe('E5: old and alike', () => {
  const from = 'Received: from a.example.com (RELAY [192.0.2.1]) by ex.contoso.com with'
  const exchange = (build: string) => `exchange ex.contoso.com ${build} internet-mail`
  const other = 'not-exchange ex.contoso.com'
  table([
    [
      [`${from} Internet Mail Service (5.5.2653.19)\n\tid <V0QGX6RR>; ${date}`],
      exchange('5.5.2653.19'),
      'Internet Mail Service of 5.5',
    ],
    [
      [`Received: by ex.contoso.com with Internet Mail Service (\n    5.5.2654.52 ) id <3TCXNSD7>; ${date}`],
      exchange('5.5.2654.52'),
      'folded inside the comment',
    ],
    [
      [
        `${from} SMTP (Microsoft Exchange Internet\n    Mail Service Version 5.0.1459.74) id K9VN41ZP; ${date}`,
      ],
      exchange('5.0.1459.74'),
      'the SMTP side of 5.0',
    ],
    [
      [
        `${from} SMTP (Microsoft Exchange Server Internet Mail Connector Version 4.0.994.63) id 1A2B; ${date}`,
      ],
      exchange('4.0.994.63'),
      'the connector of 4.0',
    ],
    [
      [
        `Received: by ex.contoso.com with Microsoft Exchange (IMC 4.0.838.14)\n\tid <01BB6402.55C69350@ex.contoso.com>; ${date}`,
      ],
      exchange('4.0.838.14'),
      'the first connector of 4.0',
    ],
    [
      [`Received: by ex.contoso.com with Internet Mail Service (5.5.2650)\n\tid <V0QGX6RR>; ${date}`],
      exchange('5.5.2650.0'),
      'three numbers',
    ],
    [
      [`Received: by ex.contoso.com with Internet Mail Service (15.1.2507.6)\n\tid <V0QGX6RR>; ${date}`],
      'none unreadable',
      'a version that the connector never had',
    ],
    [[`${from} Microsoft SMTPSVC(6.0.3790.4675); ${date}`], other, 'SMTPSVC of Windows 2003'],
    [
      [`${from} Microsoft SMTPSVC(8.5.9600.16384); ${date}`],
      other,
      'SMTPSVC of Windows 2012 R2, which looks like Exchange 2007',
    ],
    [
      [
        `Received: from a by ex.contoso.com over TLS secured channel with Microsoft SMTPSVC(10.0.14393.4169); ${date}`,
      ],
      other,
      'SMTPSVC over TLS',
    ],
    [
      [`Received: from mail pickup service by ex.contoso.com with Microsoft SMTPSVC; ${date}`],
      other,
      'the pickup folder of SMTPSVC',
    ],
    [
      [
        `Received: from a.example.com ( [192.0.2.1]) by ex.contoso.com (Symantec Messaging Gateway) with SMTP id 42.30.05262.18E6DDF5; ${date}`,
      ],
      other,
      'an id of four numbers of another product',
    ],
    [
      [`${from} SMTP id 15.1.2507.6; ${date}`],
      other,
      'an id that looks like a build, and no word of Exchange',
    ],
    [
      [`Received: from aela (xaxapp03[null]) by ex.contoso.com (Zmail) with MAPI id mid32; ${date}`],
      other,
      'MAPI of Zmail',
    ],
    [[`Received: by ex.contoso.com (kopano-spooler) with MAPI; ${date}`], other, 'MAPI of Kopano'],
    [[`Received: by ex.contoso.com with Microsoft MAPI; ${date}`], other, 'MAPI of Outlook'],
    [
      [`Received: by ex.contoso.com with Microsoft Mail id <1@ex.contoso.com>; ${date}`],
      other,
      'Microsoft Mail',
    ],
    [
      [
        `Received: from a by ex.contoso.com (Sun Messaging Exchange Server 6.3-1.2) with ESMTP id 15.1.2507.6; ${date}`,
      ],
      other,
      'a Messaging Exchange Server',
    ],
    [[`${from} ESMTP (Eudora Internet Mail Server 1.3.1); ${date}`], other, 'an Internet Mail Server'],
    [
      [
        `Received: from a (with Microsoft SMTP Server id 8.3.83.0) by ex.contoso.com (Postfix) with ESMTP id 1; ${date}`,
      ],
      other,
      'Exchange in a comment',
    ],
    [
      [
        `Received: from a by ex.contoso.com with ESMTP id 1 for <"with Microsoft SMTP Server id 8.3.83.0"@contoso.com>; ${date}`,
      ],
      other,
      'Exchange in a quoted address',
    ],
    [
      [`Received: from a by ex.contoso.com with ESMTP id 1; with Microsoft SMTP Server id 8.3.83.0`],
      other,
      'Exchange behind the date',
    ],
    [[`Received: from a by ex.contoso.com with HTTPS; ${date}`], other, 'HTTPS of anybody'],
    [
      [postfix('ex.contoso.com').replace('ESMTPS', 'Microsoft SMT=')],
      other,
      'a line damaged before it says what it is',
    ],
  ])

  describe('X-MimeOLE', () => {
    const rows: readonly (readonly [field: string, expected: string | null, reason: string])[] = [
      ['X-MimeOLE: Produced By Microsoft Exchange V6.5', 'Microsoft Exchange V6.5', 'Exchange 2003'],
      [
        'x-mimeole:\r\n Produced By Microsoft\r\n Exchange V6.0.6603.0\r\n',
        'Microsoft Exchange V6.0.6603.0',
        'Exchange 2000, folded',
      ],
      ['X-MimeOLE: Produced By Microsoft MimeOLE V6.00.2800.1106', null, 'Outlook Express'],
      ['X-Mailer: Microsoft Exchange V6.5', null, 'another field'],
      [
        'X-MimeOLE: Produced By Microsoft Exchange V6.5.72260000000000000000',
        null,
        'a number of twenty digits',
      ],
      [`X-MimeOLE: ${' '.repeat(300)}Microsoft Exchange V6.5`, null, 'further back than is read'],
    ]
    for (const [field, expected, reason] of rows) {
      it(`tells ${expected ?? 'nothing'}: ${reason}`, () => {
        const evidence = readEvidence([postfix('mx.contoso.com'), field], plain)
        assert.equal(evidence.mimeOle, expected)
        assert.equal(evidence.connecting.kind, 'not-exchange')
      })
    }
  })
})

describe('E6: bound', () => {
  const nobody = { ehlo: null, reverse: null, certificateNames: [] }
  const rows = [
    [
      { ...nobody, ehlo: 'EX01.contoso.com.' },
      'ehlo',
      'the EHLO name, in any case and with a dot at the end',
    ],
    [{ ...nobody, reverse: 'ex01.contoso.com' }, 'reverse', 'the reverse name'],
    [
      { ...nobody, certificateNames: ['a.example.com', 'ex01.contoso.com'] },
      'certificate',
      'a name of the certificate',
    ],
    [{ ...nobody, certificateNames: ['*.Contoso.com'] }, 'certificate', 'a wildcard of the certificate'],
    [{ ...nobody, certificateNames: ['*.com'] }, 'unbound', 'a wildcard stands for one label only'],
    [{ ...nobody, certificateNames: ['*'] }, 'unbound', 'a star alone is no name'],
    [
      { ehlo: 'ex01.contoso.com', reverse: 'ex01.contoso.com', certificateNames: ['ex01.contoso.com'] },
      'ehlo',
      'all of them: the first counts',
    ],
    [
      { ehlo: 'mail.contoso.com', reverse: 'mail.contoso.com', certificateNames: ['mail.contoso.com'] },
      'unbound',
      'a gateway stands between',
    ],
    [{ ...nobody, ehlo: 'ex01' }, 'unbound', 'a short name is another name'],
    [nobody, 'unbound', 'nothing is known of the peer'],
  ] as const
  for (const [peer, expected, reason] of rows) {
    it(`${expected}: ${reason}`, () => assert.equal(bindingOf('ex01.contoso.com', peer), expected))
  }
  it('a server of one label is bound by its own name alone', () => {
    assert.equal(bindingOf('ex01', { ...nobody, ehlo: 'EX01' }), 'ehlo')
    assert.equal(bindingOf('ex01', { ...nobody, certificateNames: ['*.contoso.com'] }), 'unbound')
    assert.equal(bindingOf('.contoso.com', { ...nobody, certificateNames: ['*.contoso.com'] }), 'unbound')
  })
})

describe('E7: hostile input gives no evidence, with the reason', () => {
  const good = smtp('ex01.contoso.com', '15.1.2507.39')
  const by = 'Received: from a by ex01.contoso.com'
  const id = 'with Microsoft SMTP Server id 15.1.2507.39'
  table([
    [[`${by} (${'x'.repeat(65536)}) ${id}`], 'none too-long', 'a line of 64 KiB'],
    [[`Received: ${'\0'.repeat(1000)}`], 'none unreadable', 'NUL bytes'],
    [[`${by} ${'('.repeat(40)}x${')'.repeat(40)} ${id}`], 'none unreadable', 'comments nested forty deep'],
    [[`${by} ${'('.repeat(16000)}`], 'none unreadable', 'parentheses that nobody closes'],
    [
      [`${by} ((((x)))) ${id}`],
      'exchange ex01.contoso.com 15.1.2507.39 smtp',
      'comments nested a few deep are read',
    ],
    [
      [`${by} (\\)) ${id}`],
      'exchange ex01.contoso.com 15.1.2507.39 smtp',
      'a parenthesis behind a backslash closes nothing',
    ],
    [['Received:'], 'none unreadable', 'an empty field'],
    [['Received: ;'], 'none unreadable', 'a date without anything'],
    [['Received: by'], 'none unreadable', 'a keyword alone'],
    [['Received', good], 'exchange ex01.contoso.com 15.1.2507.39 smtp', 'a name without a colon is no field'],
    [['', good], 'exchange ex01.contoso.com 15.1.2507.39 smtp', 'an empty line is no field'],
    [
      [...Array.from({ length: 10_000 }, () => 'X-Spam: 1'), good],
      'exchange ex01.contoso.com 15.1.2507.39 smtp',
      'ten thousand other fields above',
    ],
    [
      [good, ...Array.from({ length: 10_000 }, () => good)],
      'exchange ex01.contoso.com 15.1.2507.39 smtp',
      'ten thousand Received fields',
    ],
  ])

  it('no more than the first hundred Received fields are looked at', () => {
    const relays = Array.from({ length: 99 }, () => postfix('mx.contoso.com'))
    const options = { trustedRelays: ['mx.contoso.com'], lookBehindRelays: true }
    assert.equal(
      inWords(connecting([...relays, good], options)),
      'exchange ex01.contoso.com 15.1.2507.39 smtp',
    )
    assert.equal(
      inWords(connecting([...relays, postfix('mx.contoso.com'), good], options)),
      'none no-received',
    )
    assert.equal(readEvidence([...relays, postfix('mx.contoso.com'), good], behindToo).behind, null)
  })
})
