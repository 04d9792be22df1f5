import assert from 'node:assert/strict'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import type { Files } from './support'
import { problemsOf, settingsOf, warningsOf } from './support'

const known = 'addresses = 192.0.2.1'

describe('Settings from good files', () => {
  it('are the documented defaults where nothing is written', () => {
    const settings = settingsOf({})
    assert.deepEqual(settings, {
      mode: 'report',
      scope: 'connectors',
      trustedRelays: [],
      lookBehindRelays: false,
      advertiseXoorg: false,
      helpUrl: 'https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates',
      addHeader: true,
      policy: { preset: 'microsoft', inScopeFrom: new Map() },
      policyInputs: { maxPatchAgeDays: 90, floors: [], inScopeFrom: new Map() },
      clock: { confirmSightings: 3, confirmHours: 24, relapseDays: 30, pauseDaysPerYear: 90 },
      schedule: defaultSchedule,
      enforcement: {
        deferAt: 'mail',
        refuseAt: 'data',
        pathMemoryDays: 7,
        recheckMinutes: 5,
        spread: true,
        replyDefer:
          'Connecting Exchange server version is out-of-date; connection throttled for {minutes} mins/hr. For more information see {help_url}',
        replyRefuse:
          'Connecting Exchange server version is out-of-date; connection blocked for {minutes} mins/hr. For more information see {help_url}',
      },
      store: {
        backend: 'lmdb',
        path: '/etc/haraka/exchange-enforcement',
        timeoutMs: 200,
        maxClockSkewSeconds: 300,
        cacheMaxEntries: 10000,
        cacheTtlSeconds: 60,
      },
      redis: {
        topology: { kind: 'single', host: '127.0.0.1', port: 6379 },
        db: 0,
        username: null,
        password: null,
        tls: false,
        keyPrefix: 'xe',
      },
      metrics: { listen: { host: '127.0.0.1', port: 9904 }, tokenFile: null, serverInfo: 0 },
      notices: {
        enabled: false,
        from: null,
        replyTo: null,
        noticeDays: 7,
        language: 'en',
        smtpUser: null,
        smtpPasswordFile: null,
        webhookUrl: null,
        webhookSecretFile: null,
      },
      web: { listen: { host: '127.0.0.1', port: 9905 }, tokenFile: null, publicUrl: null },
      connectors: [],
    })
  })

  it('read a connector with all its keys', () => {
    const { connectors } = settingsOf({
      connectors: `[contoso-hybrid]
tenant = 007
type = onpremises
tls_certificate_name = *.Contoso.COM
tls_ca_file = ca.pem
tls_purpose = any
addresses = 192.0.2.0/28, 2001:db8::/32
sender_domains = Contoso.com., *.contoso.com
judge_relaying = yes
mode = enforce
defer_at = data
refuse_at = mail
contacts = it@contoso.com, o'neil+mail@contoso.com
language = pt-BR
esu = on
comment = moves in spring; perhaps # not`,
    })
    assert.deepEqual(connectors, [
      {
        id: 'contoso-hybrid',
        tenant: '007',
        type: 'onpremises',
        tlsCertificateName: '*.contoso.com',
        trust: { file: '/etc/haraka/config/ca.pem' },
        tlsPurpose: 'any',
        addresses: [
          { family: 4, value: 0xc0000200n, prefix: 28 },
          { family: 6, value: 0x20010db8n << 96n, prefix: 32 },
        ],
        senderDomains: ['contoso.com', '*.contoso.com'],
        judgeRelaying: true,
        mode: 'enforce',
        deferAt: 'data',
        refuseAt: 'mail',
        contacts: ['it@contoso.com', "o'neil+mail@contoso.com"],
        language: 'pt-BR',
        esu: true,
        comment: 'moves in spring; perhaps # not',
      },
    ])
  })

  it('take the id of a connector for its tenant where none is named', () => {
    assert.equal(settingsOf({ connectors: `[007]\n${known}` }).connectors[0]?.tenant, '007')
  })

  for (const [word, value] of [
    ['yes', true],
    ['TRUE', true],
    ['on', true],
    ['1', true],
    ['no', false],
    ['False', false],
    ['off', false],
    ['0', false],
  ] as const) {
    it(`read ${word} as ${String(value)}`, () => {
      assert.equal(settingsOf({ main: `[main]\nadd_header = ${word}` }).addHeader, value)
    })
  }

  it('keep builds and days exactly as written', () => {
    const { policy } = settingsOf({
      main: '[policy]\npreset = custom\nfloors = 15.1.2507.10, 15.02.1748.036\nin_scope_from = exchange-2016=2026-03-01',
    })
    assert.deepEqual(policy, {
      preset: 'custom',
      floors: [
        { major: 15, minor: 1, build: 2507, revision: 10 },
        { major: 15, minor: 2, build: 1748, revision: 36 },
      ],
      inScopeFrom: new Map([['exchange-2016', '2026-03-01']]),
    })
  })

  it('let rows of the schedule replace, add and leave out rows of their number, and keep the others', () => {
    const { schedule } = settingsOf({ main: '[schedule]\n2 = 31, 6, 0\n3 = none\n9 = 100, 0, 59' })
    const [first, , , ...rest] = defaultSchedule
    assert.deepEqual(schedule, [
      first,
      { stage: 2, fromDay: 31, deferMinutes: 6, refuseMinutes: 0 },
      ...rest,
      { stage: 9, fromDay: 100, deferMinutes: 0, refuseMinutes: 59 },
    ])
  })

  it('need no stage 1 if another begins on day 0', () => {
    const { schedule } = settingsOf({ main: '[schedule]\n1 = none\n2 = 0, 5, 0' })
    assert.equal(schedule[0]?.stage, 2)
  })

  it('have no listener where its address is empty', () => {
    const settings = settingsOf({ main: '[metrics]\nlisten =\n[web]\nlisten = [::1]:8080' })
    assert.equal(settings.metrics.listen, null)
    assert.deepEqual(settings.web.listen, { host: '::1', port: 8080 })
  })

  it('read a list that is written one line an item', () => {
    const { connectors } = settingsOf({ connectors: '[a]\naddresses[] = 192.0.2.1\naddresses[] = 192.0.2.2' })
    assert.equal(connectors[0]?.addresses.length, 2)
  })

  it('put an absolute path of the store where it says', () => {
    assert.equal(settingsOf({ main: '[store]\npath = /var/lib/xe' }).store.path, '/var/lib/xe')
  })

  it('know [internet] with the keys that mean something there', () => {
    const { connectors } = settingsOf({
      main: '[main]\nscope = everyone',
      connectors: '[internet]\nmode = defer\nrefuse_at = mail\nlanguage = de\ncomment = all the rest',
    })
    assert.equal(connectors[0]?.id, 'internet')
    assert.equal(connectors[0].tenant, 'internet')
    assert.equal(connectors[0].mode, 'defer')
    assert.equal(connectors[0].refuseAt, 'mail')
  })
})

describe('Settings from bad files', () => {
  const main: [text: string, ...problems: string[]][] = [
    [
      '[main]\nmode = enforced',
      "main.ini:2: [main] mode: 'enforced': is none of the words known here (did you mean 'enforce'?); allowed: off, report, defer, enforce",
    ],
    [
      '[main]\nmode =',
      "main.ini:2: [main] mode: '': is none of the words known here; allowed: off, report, defer, enforce",
    ],
    [
      '[main]\nmode = report ; for now',
      "main.ini:2: [main] mode: 'report ; for now': is none of the words known here; a comment cannot stand behind a value, only on a line of its own; allowed: off, report, defer, enforce",
    ],
    [
      '[main]\nmode = "report"',
      "main.ini:2: [main] mode: '\"report\"': is none of the words known here (did you mean 'report'?); write it without quotes; allowed: off, report, defer, enforce",
    ],
    [
      '[main]\nmode[] = report',
      'main.ini:2: [main] mode: takes one value; write it without []; allowed: key = value',
    ],
    [
      '[main]\nadd_header = maybe',
      "main.ini:2: [main] add_header: 'maybe': is neither yes nor no; allowed: yes, no (or true, false, on, off, 1, 0)",
    ],
    [
      '[main]\nhelp_url = ftp://example.com',
      "main.ini:2: [main] help_url: 'ftp://example.com': is not a web address; allowed: a web address that begins with https:// or http://, printable ASCII, 300 characters at most",
    ],
    [
      '[main]\ntrusted_relays = mx1.example.com,, mx2.example.com',
      "main.ini:2: [main] trusted_relays: 'mx1.example.com,, mx2.example.com': has an empty item; allowed: a list with commas, each a domain name, which may begin with *. (*.contoso.com)",
    ],
    [
      '[main]\ntrusted_relays = mx*.example.com',
      "main.ini:2: [main] trusted_relays: 'mx*.example.com': item 'mx*.example.com' has a wildcard that is not one leading '*.'; allowed: a list with commas, each a domain name, which may begin with *. (*.contoso.com)",
    ],
    [
      '[main]\nmod = report',
      "main.ini:2: [main] mod: the key is not known here (did you mean 'mode'?); allowed: mode, scope, trusted_relays, look_behind_relays, advertise_xoorg, help_url, add_header",
    ],
    [
      '[redis]\npasword = hunter2',
      "main.ini:2: [redis] pasword: the key is not known here (did you mean 'password'?); allowed: url, host, port, db, username, password, tls, sentinels, sentinel_name, cluster_nodes, key_prefix",
    ],
    [
      '[clok]\nx = 1',
      "main.ini:1: [clok]: the section is not known here (did you mean 'clock'?); allowed: main, policy, clock, schedule, enforcement, store, redis, metrics, notices, web",
    ],
    [
      '[toString]\nx = 1',
      'main.ini:1: [toString]: the section is not known here; allowed: main, policy, clock, schedule, enforcement, store, redis, metrics, notices, web',
    ],
    [
      '[clock]\nconfirm_hours = 24h',
      "main.ini:2: [clock] confirm_hours: '24h': is not a whole number; allowed: a whole number from 0 to 8760",
    ],
    [
      '[clock]\nconfirm_sightings = 0',
      "main.ini:2: [clock] confirm_sightings: '0': is too small; allowed: a whole number from 1 to 1000",
    ],
    [
      '[clock]\nconfirm_hours = 1.5\nrelapse_days = -1',
      "main.ini:2: [clock] confirm_hours: '1.5': is not a whole number; allowed: a whole number from 0 to 8760",
      "main.ini:3: [clock] relapse_days: '-1': is not a whole number; allowed: a whole number from 0 to 3650",
    ],
    [
      '[clock]\npause_days_per_year = 367',
      "main.ini:2: [clock] pause_days_per_year: '367': is too large; allowed: a whole number from 0 to 366",
    ],
    [
      '[policy]\npreset = custom',
      "main.ini:2: [policy] preset: 'custom': needs floors, the lowest builds that pass",
    ],
    [
      '[policy]\npreset = custom\nfloors = 15.10',
      "main.ini:3: [policy] floors: '15.10': item '15.10' is not a build number; allowed: a list with commas, each a build with its four parts (15.1.2507.61)",
    ],
    [
      '[policy]\npreset = custom\nfloors = 15.1.2507.61, 15.1.2507.58',
      "main.ini:3: [policy] floors: '15.1.2507.61, 15.1.2507.58': has two floors for one cumulative update: 15.1.2507.61 and 15.1.2507.58",
    ],
    [
      '[policy]\nin_scope_from = exchange-2016=2026-02-30',
      "main.ini:2: [policy] in_scope_from: 'exchange-2016=2026-02-30': item 'exchange-2016=2026-02-30' names a day that does not exist; allowed: a list with commas, each product=date (exchange-2016=2026-03-01)",
    ],
    [
      '[policy]\nin_scope_from = exchange-2017=2026-02-01',
      "main.ini:2: [policy] in_scope_from: 'exchange-2017=2026-02-01': 'exchange-2017' is no product of the catalogue (did you mean 'exchange-2016'?); allowed: exchange-2016, exchange-2019, exchange-se",
    ],
    [
      '[schedule]\n2 = 30, 5',
      "main.ini:2: [schedule] 2: '30, 5': is not three whole numbers with commas; allowed: from day (0 to 3650), minutes of deferral, minutes of refusal, as in 30, 5, 0; or none",
    ],
    [
      '[schedule]\n7 = 80, 41, 20',
      "main.ini:2: [schedule] 7: '80, 41, 20': asks for 61 minutes of an hour that has 60; allowed: from day (0 to 3650), minutes of deferral, minutes of refusal, as in 30, 5, 0; or none",
    ],
    [
      '[schedule]\n0 = 0, 0, 0',
      "main.ini:2: [schedule] 0: '0, 0, 0': is not a stage; allowed: the number of a stage, 1 to 99",
    ],
    [
      '[schedule]\nsecond = 30, 5, 0',
      "main.ini:2: [schedule] second: '30, 5, 0': is not a stage; allowed: the number of a stage, 1 to 99",
    ],
    [
      '[schedule]\n1 = 1, 0, 0',
      "main.ini:2: [schedule] 1: '1, 0, 0': stage 1 is the first one and begins on day 1; the first must begin on day 0",
    ],
    [
      '[schedule]\n1 = none',
      "main.ini:2: [schedule] 1: 'none': stage 2 is the first one and begins on day 30; the first must begin on day 0",
    ],
    [
      '[schedule]\n3 = 30, 10, 0',
      "main.ini:2: [schedule] 3: '30, 10, 0': stage 3 begins on day 30, which is not after stage 2 (day 30); days must rise",
    ],
    [
      '[schedule]\n2 = 45, 5, 0',
      "main.ini:2: [schedule] 2: '45, 5, 0': stage 3 begins on day 40, which is not after stage 2 (day 45); days must rise",
    ],
    [
      '[schedule]\n' + [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `${n} = none`).join('\n'),
      'main.ini:1: [schedule]: every row is left out',
    ],
    [
      '[enforcement]\nreply_defer = wait {minute}',
      "main.ini:2: [enforcement] reply_defer: 'wait {minute}': has the unknown placeholder {minute} (did you mean 'minutes'?); allowed: one line of printable ASCII with the placeholders {minutes} {help_url} {server} {build} {free_at}, 510 characters at most when filled in and with its code",
    ],
    [
      '[enforcement]\nreply_defer = wait {',
      "main.ini:2: [enforcement] reply_defer: 'wait {': has a { or } that belongs to no placeholder; allowed: one line of printable ASCII with the placeholders {minutes} {help_url} {server} {build} {free_at}, 510 characters at most when filled in and with its code",
    ],
    [
      '[enforcement]\nreply_refuse = zu alt für uns',
      "main.ini:2: [enforcement] reply_refuse: 'zu alt für uns': holds characters other than printable ASCII; allowed: one line of printable ASCII with the placeholders {minutes} {help_url} {server} {build} {free_at}, 510 characters at most when filled in and with its code",
    ],
    [
      '[enforcement]\nreply_defer = {server} {server}',
      "main.ini:2: [enforcement] reply_defer: '{server} {server}': makes a reply of up to 519 characters, code and filled-in placeholders included; allowed: 510 characters",
    ],
    [
      '[enforcement]\ndefer_at = rcpt',
      "main.ini:2: [enforcement] defer_at: 'rcpt': is none of the words known here; allowed: connect, mail, data",
    ],
    ['[store]\npath =', "main.ini:2: [store] path: '': is empty"],
    [
      '[redis]\nurl = http://hunter2@example.com',
      'main.ini:2: [redis] url: is not a Redis address; allowed: redis://[user:password@]host[:port][/db], or rediss:// for TLS; empty for none',
    ],
    [
      '[redis]\nurl = redis://h\nhost = other\npassword = hunter2',
      "main.ini:3: [redis] host: 'other': contradicts url, which says it already; keep one of the two",
      'main.ini:4: [redis] password: contradicts url, which says it already; keep one of the two',
    ],
    [
      '[redis]\nsentinels = s1.example.com',
      "main.ini:2: [redis] sentinels: 's1.example.com': needs sentinel_name as well",
    ],
    [
      '[redis]\nsentinel_name = mymaster',
      "main.ini:2: [redis] sentinel_name: 'mymaster': needs sentinels as well",
    ],
    [
      '[redis]\nsentinels = s1\nsentinel_name = m\ncluster_nodes = r1',
      "main.ini:4: [redis] cluster_nodes: 'r1': contradicts sentinels; a Redis is either one or the other",
    ],
    [
      '[redis]\ncluster_nodes = r1\nhost = r2\ndb = 3',
      "main.ini:3: [redis] host: 'r2': contradicts cluster_nodes; keep one of the two",
      "main.ini:4: [redis] db: '3': a cluster has only database 0",
    ],
    [
      '[redis]\nkey_prefix = {x}',
      "main.ini:2: [redis] key_prefix: '{x}': has other characters, or too many; allowed: 1 to 32 of A-Z a-z 0-9 . _ : -",
    ],
    [
      '[metrics]\nlisten = 9904',
      "main.ini:2: [metrics] listen: '9904': is not a host name or IP address; allowed: address:port, IPv6 in brackets ([::1]:9904); empty for none",
    ],
    [
      '[metrics]\nlisten = ::1:9904',
      "main.ini:2: [metrics] listen: '::1:9904': is not of the form address:port; allowed: address:port, IPv6 in brackets ([::1]:9904); empty for none",
    ],
    [
      '[metrics]\nlisten = localhost:99999',
      "main.ini:2: [metrics] listen: 'localhost:99999': has a port that is not from 0 to 65535; allowed: address:port, IPv6 in brackets ([::1]:9904); empty for none",
    ],
    [
      '[metrics]\nlisten = 127.0.0.1:9905',
      "main.ini:2: [metrics] listen: '127.0.0.1:9905': is the address of both [metrics] and [web]; each needs its own",
    ],
    [
      '[metrics]\ntoken_file = t\n[web]\ntoken_file = ./t',
      "main.ini:2: [metrics] token_file: 't': is the token of the page as well: whoever reads the figures could pause and exempt; each needs its own",
    ],
    [
      '[metrics]\nserver_info = 1001',
      "main.ini:2: [metrics] server_info: '1001': is too large; allowed: a whole number from 0 to 1000",
    ],
    [
      '[notices]\nfrom = Postmaster <p@example.com>',
      "main.ini:2: [notices] from: 'Postmaster <p@example.com>': is not a mail address; allowed: a mail address (postmaster@contoso.com); empty for none",
    ],
    [
      '[notices]\nlanguage = english',
      "main.ini:2: [notices] language: 'english': is not a language tag; allowed: a language tag (en, de, pt-BR)",
    ],
    [
      '[notices]\nenabled = yes',
      "main.ini:2: [notices] enabled: 'yes': needs from, the address of the sender, or webhook_url",
    ],
    [
      '[notices]\nwebhook_url = http://alerts.example.com/\nwebhook_secret_file = s',
      'main.ini:2: [notices] webhook_url: is not encrypted, and its host is not this one; allowed: https://, or http:// to localhost, 127.0.0.1 or [::1]',
    ],
    [
      '[notices]\nwebhook_url = https://u:p@example.com/\nwebhook_secret_file = s',
      'main.ini:2: [notices] webhook_url: holds a user name or password; calls are signed instead',
    ],
    [
      '[notices]\nwebhook_url = https://example.com/',
      'main.ini:2: [notices] webhook_url: needs webhook_secret_file',
    ],
    [
      '[notices]\nwebhook_secret_file = s',
      "main.ini:2: [notices] webhook_secret_file: 's': needs webhook_url",
    ],
    ['[notices]\nsmtp_user = u', "main.ini:2: [notices] smtp_user: 'u': needs smtp_password_file"],
    ['[notices]\nsmtp_password_file = s', "main.ini:2: [notices] smtp_password_file: 's': needs smtp_user"],
    [
      '[main]\nmode = \u001b[31mred',
      "main.ini:2: [main] mode: '\\u{1b}[31mred': is none of the words known here; allowed: off, report, defer, enforce",
    ],
  ]
  it('are shown without a control character, and cut where they are long', () => {
    const [problem = ''] = problemsOf({ main: `[main]\ntrusted_relays = \u001b[2J\u202e${'x'.repeat(500)}` })
    assert.doesNotMatch(problem, /[^\x20-\x7e…]/)
    assert.ok(problem.length < 400, problem)
  })

  for (const [text, ...expected] of main) {
    it(`are refused by name: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(problemsOf({ main: text }), expected)
    })
  }

  const connectors: [text: string, ...problems: string[]][] = [
    [
      '[a]\ntenant = x',
      'connectors.ini:1: [a]: matches no session: it has neither tls_certificate_name nor addresses; set one of them',
    ],
    [
      'tenant = x',
      "connectors.ini:1: [main]: keys must stand below a [section] that names the connector; 'main' cannot be one",
    ],
    [
      '[two words]\n' + known,
      'connectors.ini:1: [two words]: the section cannot be the id of a connector; allowed: 1 to 64 of A-Z a-z 0-9 . _ -',
    ],
    [
      `[${'a'.repeat(65)}]\n${known}`,
      `connectors.ini:1: [${'a'.repeat(65)}]: the section cannot be the id of a connector; allowed: 1 to 64 of A-Z a-z 0-9 . _ -`,
    ],
    [
      `[a]\n${known}\n[b]\naddresses = 192.0.2.2\n[a]`,
      'connectors.ini:5: [a]: the section was already opened in line 1',
    ],
    [
      `[a]\n${known}\ntenant = con toso`,
      "connectors.ini:3: [a] tenant: 'con toso': has other characters, or too many; allowed: 1 to 64 of A-Z a-z 0-9 . _ -; empty for none",
    ],
    [
      `[a]\n${known}\ntenant = internet`,
      "connectors.ini:3: [a] tenant: 'internet': belongs to the built-in connector 'internet'; choose another name",
    ],
    [
      '[a]\naddresses = 192.0.2.0/33',
      "connectors.ini:2: [a] addresses: '192.0.2.0/33': item '192.0.2.0/33' is without a valid prefix: /0 to /32 is allowed for IPv4; allowed: a list with commas, each an IPv4 or IPv6 address or network (192.0.2.0/24, 2001:db8::/32)",
    ],
    [
      '[a]\ntls_certificate_name = a.example.com\naddresses =\nsender_domains =\ncontacts =',
      "connectors.ini:3: [a] addresses: '': is an empty list; leave the key out where there is nothing to list",
      "connectors.ini:4: [a] sender_domains: '': is an empty list; leave the key out where there is nothing to list",
      "connectors.ini:5: [a] contacts: '': is an empty list; leave the key out where there is nothing to list",
    ],
    [
      '[a]\ntls_certificate_name = mail.*.example.com',
      "connectors.ini:2: [a] tls_certificate_name: 'mail.*.example.com': has a wildcard that is not one leading '*.'; allowed: a domain name, which may begin with *. (*.contoso.com); empty for none",
    ],
    [
      '[a]\ntls_certificate_name = *.com',
      "connectors.ini:2: [a] tls_certificate_name: '*.com': matches no certificate: behind *. there must be a domain of two parts or more; allowed: a domain name, which may begin with *. (*.contoso.com); empty for none",
    ],
    [
      '[a]\ntls_certificate_name = 192.0.2.1',
      "connectors.ini:2: [a] tls_certificate_name: '192.0.2.1': is not a domain name; allowed: a domain name, which may begin with *. (*.contoso.com); empty for none",
    ],
    [
      '[a]\ntls_certificate_name = münchen.example',
      "connectors.ini:2: [a] tls_certificate_name: 'münchen.example': is not ASCII; write international names in their xn-- form; allowed: a domain name, which may begin with *. (*.contoso.com); empty for none",
    ],
    [
      '[a]\ntls_certificate_name = a.example.com\ntls_ca_file = gone.pem',
      "connectors.ini:3: [a] tls_ca_file: 'gone.pem': there is no file /etc/haraka/config/gone.pem",
    ],
    [
      '[a]\ntls_certificate_name = a.example.com\ndefer_at = connect',
      "connectors.ini:3: [a] defer_at: 'connect': is only for connectors known by address alone; this one has tls_certificate_name; allowed: mail, data",
    ],
    [
      `[a]\n${known}\nsender_domains = example.com\nrefuse_at = connect`,
      "connectors.ini:4: [a] refuse_at: 'connect': is only for connectors known by address alone; this one has sender_domains; allowed: mail, data",
    ],
    [
      '[internet]\nrefuse_at = connect',
      "connectors.ini:2: [internet] refuse_at: 'connect': is only for connectors known by address alone; everyone else has none; allowed: mail, data",
    ],
    [
      `[internet]\n${known}\ntenant = x`,
      "connectors.ini:2: [internet] addresses: '192.0.2.1': means nothing for the built-in connector 'internet', to which everyone else belongs; allowed: mode, defer_at, refuse_at, contacts, language, comment",
      "connectors.ini:3: [internet] tenant: 'x': means nothing for the built-in connector 'internet', to which everyone else belongs; allowed: mode, defer_at, refuse_at, contacts, language, comment",
    ],
    [
      `[a]\n${known}\ntype = partner\nmode = enforce`,
      "connectors.ini:4: [a] mode: 'enforce': contradicts type = partner, which is only ever reported; allowed: off, report",
    ],
    [
      `[a]\n${known}\nadresses = 192.0.2.2`,
      "connectors.ini:3: [a] adresses: the key is not known here (did you mean 'addresses'?); allowed: tenant, type, tls_certificate_name, tls_ca_file, tls_purpose, addresses, sender_domains, judge_relaying, mode, defer_at, refuse_at, contacts, language, esu, comment",
    ],
    [
      `[a]\n${known}\ncontacts = it`,
      "connectors.ini:3: [a] contacts: 'it': item 'it' is not a mail address; allowed: a list with commas, each a mail address (postmaster@contoso.com)",
    ],
  ]
  for (const [text, ...expected] of connectors) {
    it(`are refused by name: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(problemsOf({ connectors: text }), expected)
    })
  }

  it('are refused where two connectors collide', () => {
    const files = { connectors: `[a]\n${known}\n[b]\n${known}` }
    assert.deepEqual(problemsOf(files), [
      'connectors.ini:3: [b]: [a] and [b] both have 192.0.2.1/32 for the same senders: neither would be attributed; take it out of one of them, or tell them apart by sender_domains',
    ])
  })

  it('are refused for everything that is wrong in both files at once', () => {
    const problems = problemsOf({
      main: '[main]\nmode = x\n[clock]\ny = 1\nz',
      connectors: '[a]\n[b]\nmode = y',
    })
    assert.equal(problems.length, 5)
  })
})

describe('Warnings', () => {
  const cases: [why: string, files: Files, ...warnings: string[]][] = [
    ['no connector', {}, 'connectors.ini: there is no connector, so that no session is looked at'],
    ['no connector is needed while off', { main: 'mode = off' }],
    ['none for an ordinary connector', { connectors: `[a]\n${known}` }],
    [
      'nobody to be told',
      { main: '[notices]\nenabled = yes\nfrom = a@example.com', connectors: `[a]\n${known}` },
      "main.ini:2: [notices] enabled: 'yes': no connector names contacts, so that nobody is mailed",
    ],
    [
      'a language without texts',
      { main: '[notices]\nlanguage = pt-BR', connectors: `[a]\n${known}` },
      "main.ini:2: [notices] language: 'pt-BR': notices are not written in it, only in en, de, fr, nl, ja; they are in English instead",
    ],
    [
      'a language without texts, of a connector',
      { connectors: `[a]\n${known}\nlanguage = it` },
      "connectors.ini:3: [a] language: 'it': notices are not written in it, only in en, de, fr, nl, ja; [notices] language is used instead",
    ],
    ['a region makes no other language', { connectors: `[a]\n${known}\nlanguage = de-CH` }],
    [
      'a secret that is not there',
      {
        main: '[notices]\nwebhook_url = http://localhost:1/x\nwebhook_secret_file = missing',
        connectors: `[a]\n${known}`,
      },
      "main.ini:3: [notices] webhook_secret_file: 'missing': there is no file /etc/haraka/config/missing",
    ],
    [
      'off goes before a connector',
      { main: 'mode = off', connectors: `[a]\n${known}\nmode = enforce` },
      "connectors.ini:3: [a] mode: 'enforce': has no effect while [main] mode = off switches everything off",
    ],
    [
      'connect for all, where one cannot',
      {
        main: '[enforcement]\nrefuse_at = connect',
        connectors: `[a]\n${known}\n[b]\ntls_certificate_name = b.example.com`,
      },
      "main.ini:2: [enforcement] refuse_at: 'connect': connector 'b' uses 'mail' instead: 'connect' is only for connectors known by address alone; this one has tls_certificate_name",
    ],
    [
      'floors of another policy',
      { main: '[policy]\nfloors = 15.1.2507.61\nmax_patch_age_days = 10', connectors: `[a]\n${known}` },
      "main.ini:2: [policy] floors: '15.1.2507.61': has no effect with preset = microsoft",
      "main.ini:3: [policy] max_patch_age_days: '10': has no effect with preset = microsoft",
    ],
    [
      '[internet] without its scope',
      { connectors: '[internet]\nmode = report' },
      'connectors.ini:1: [internet]: has no effect with [main] scope = connectors',
    ],
    [
      'a token for the figures that is not there yet',
      { main: '[metrics]\ntoken_file = m', connectors: `[a]\n${known}` },
      "main.ini:2: [metrics] token_file: 'm': there is no file /etc/haraka/config/m",
    ],
    [
      'a file that is not there yet',
      { main: '[web]\ntoken_file = t', connectors: `[a]\n${known}` },
      "main.ini:2: [web] token_file: 't': there is no file /etc/haraka/config/t",
    ],
    [
      'a purpose without a name',
      { connectors: `[a]\n${known}\ntls_purpose = any` },
      "connectors.ini:3: [a] tls_purpose: 'any': has no effect without tls_certificate_name",
    ],
    [
      'a certificate authority without a name',
      { connectors: `[a]\n${known}\ntls_ca_file = ca.pem` },
      "connectors.ini:3: [a] tls_ca_file: 'ca.pem': has no effect without tls_certificate_name",
    ],
    [
      'two spellings of a tenant',
      { connectors: `[a]\n${known}\ntenant = Contoso\n[b]\naddresses = 192.0.2.2\ntenant = contoso` },
      "connectors.ini:6: [b] tenant: 'contoso': 'contoso' and 'Contoso' are two tenants",
    ],
    [
      'a comment that would be spoken',
      { main: '[enforcement]\nreply_defer = wait ; please', connectors: `[a]\n${known}` },
      "main.ini:2: [enforcement] reply_defer: 'wait ; please': what stands behind ; or # is no comment, it is spoken with the reply",
    ],
  ]
  for (const [why, files, ...expected] of cases) {
    it(`tell what is odd and allowed: ${why}`, () => {
      assert.deepEqual(problemsOf(files), [])
      assert.deepEqual(warningsOf(files), expected)
    })
  }
})
