import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Settings } from '../../src/config/settings'
import {
  formatSettings,
  printedConnectors,
  printedMain,
  printSettings,
} from '../../src/config/print-settings'
import { parse, settingsOf } from './support'

function reread(settings: Settings): Settings {
  const printed = printSettings(settings, 'shown')
  return settingsOf({ main: printedMain(printed), connectors: printedConnectors(printed) })
}

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const domain = fc.tuple(label, label).map((labels) => labels.join('.'))
const pattern = fc.tuple(fc.constantFrom('', '*.'), domain).map((parts) => parts.join(''))
const listOf = (items: fc.Arbitrary<string>) =>
  fc.array(items, { minLength: 1, maxLength: 3 }).map((all) => all.join(', '))
const number = (min: number, max: number) => fc.integer({ min, max }).map(String)
const yesNo = fc.constantFrom('yes', 'no', 'on', 'off', '1', '0', 'true', 'false')
const mode = fc.constantFrom('off', 'report', 'defer', 'enforce')
const mail = fc.tuple(label, domain).map((parts) => parts.join('@'))
const build = fc
  .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 999 }))
  .map(([minor, revision]) => `15.1.${2500 + minor}.${revision}`)

type Keys = Record<string, fc.Arbitrary<string>>
const section = (name: string, keys: Keys) =>
  fc.record(keys, { requiredKeys: [] }).map((values) => {
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}`)
    return [`[${name}]`, ...lines].join('\n')
  })

const redis = fc.oneof(
  section('redis', {
    host: domain,
    port: number(1, 65535),
    db: number(0, 15),
    username: label,
    password: fc.stringMatching(/^[!-[\]-~]{1,20}$/),
    tls: yesNo,
    key_prefix: label,
  }),
  domain.map((host) => `[redis]\nurl = rediss://u:p@${host}:7000/3`),
  fc
    .tuple(listOf(domain), label)
    .map(([hosts, name]) => `[redis]\nsentinels = ${hosts}\nsentinel_name = ${name}`),
  listOf(domain).map((hosts) => `[redis]\ncluster_nodes = ${hosts}`),
)

const main = fc
  .tuple(
    section('main', {
      mode,
      scope: fc.constantFrom('connectors', 'everyone'),
      trusted_relays: listOf(pattern),
      look_behind_relays: yesNo,
      advertise_xoorg: yesNo,
      help_url: domain.map((host) => `https://${host}/help`),
      add_header: yesNo,
    }),
    section('policy', {
      preset: fc.constantFrom('microsoft', 'lifecycle'),
      max_patch_age_days: number(0, 3650),
      floors: build,
      in_scope_from: fc.constantFrom(
        'exchange-2016=2026-03-01',
        'exchange-2019=2026-01-01, exchange-se=2027-12-31',
      ),
    }),
    section('clock', {
      confirm_sightings: number(1, 1000),
      confirm_hours: number(0, 8760),
      relapse_days: number(0, 3650),
      pause_days_per_year: number(0, 366),
    }),
    section('schedule', {
      '2': fc.constantFrom('none', '1, 5, 0', '39, 20, 40'),
      '8': fc.constantFrom('none', '81, 60, 0'),
      '12': fc.constantFrom('none', '3650, 0, 60'),
    }),
    section('enforcement', {
      defer_at: fc.constantFrom('connect', 'mail', 'data'),
      refuse_at: fc.constantFrom('connect', 'mail', 'data'),
      path_memory_days: number(1, 365),
      recheck_minutes: number(0, 1440),
      spread: yesNo,
      reply_defer: fc.constantFrom('later, at {free_at}', '{server} is {build}'),
    }),
    section('store', {
      backend: fc.constantFrom('lmdb', 'redis', 'memory'),
      path: fc.constantFrom('state', '/var/lib/xe', '../xe'),
      timeout_ms: number(1, 5000),
      cache_ttl_seconds: number(1, 3600),
    }),
    redis,
    section('metrics', {
      listen: fc.constantFrom('', '[::1]:1', 'localhost:0'),
      token_file: fc.constantFrom('', 'of.metrics', '../m'),
      server_info: number(0, 1000),
    }),
    section('notices', {
      from: mail,
      reply_to: mail,
      notice_days: number(0, 365),
      language: fc.constantFrom('de', 'ja'),
    }),
    fc.constantFrom(
      '',
      '[notices]\nsmtp_user = u\nsmtp_password_file = p',
      '[notices]\nenabled = yes\nwebhook_url = https://example.com/hook?a=b\nwebhook_secret_file = s',
    ),
    section('web', { listen: fc.constantFrom('', '192.0.2.1:80'), token_file: label }),
  )
  .map((sections) => sections.join('\n'))

const connectors = fc
  .uniqueArray(fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/), { maxLength: 4 })
  .chain((ids) =>
    fc.tuple(
      ...ids
        .filter((id) => !['main', 'internet', '__proto__', 'constructor', 'prototype'].includes(id))
        .map((id, index) =>
          section(id, {
            tenant: label,
            // A name or range of two connectors would be a tie, which is refused.
            tls_certificate_name: pattern.map((name) => name.replace(/^(\*\.)?/, `$1c${index}.`)),
            tls_ca_file: fc.constant('ca.pem'),
            tls_purpose: fc.constantFrom('client', 'any'),
            sender_domains: listOf(pattern),
            judge_relaying: yesNo,
            mode,
            defer_at: fc.constantFrom('mail', 'data'),
            contacts: listOf(mail),
            language: fc.constant('pt-BR'),
            esu: yesNo,
            comment: fc.constantFrom('007', '; not a comment', 'a = b'),
          }).chain((text) =>
            fc
              .subarray([`192.0.2.${index}`, `2001:db8:${index}::/48`, `10.${index}.0.0/16`], {
                minLength: 1,
              })
              .map((networks) => `${text}\naddresses = ${networks.join(', ')}`),
          ),
        ),
    ),
  )
  .map((sections) => [...sections, '[internet]\nmode = defer\ncomment = rest'].join('\n'))

describe('The effective configuration, printed', () => {
  it('reads back as exactly the same settings', () => {
    fc.assert(
      fc.property(main, connectors, (mainText, connectorsText) => {
        const settings = settingsOf({ main: mainText, connectors: connectorsText })
        assert.deepEqual(reread(settings), settings)
      }),
      { numRuns: 300 },
    )
  })

  it('masks passwords, also the one of redis.ini and of a URL', () => {
    for (const files of [
      { main: '[redis]\npassword = hunter2' },
      { main: '[redis]\nurl = redis://u:hunter2@h' },
      { main: '[store]\nbackend = redis', redis: '[opts]\npassword = hunter2' },
    ]) {
      const settings = settingsOf(files)
      assert.equal(settings.redis.password, 'hunter2')
      const shown = formatSettings(settings)
      assert.doesNotMatch(shown, /hunter2/)
      assert.match(shown, /^password = \*{8}$/m)
      assert.doesNotMatch(JSON.stringify(printSettings(settings, 'masked')), /hunter2/)
    }
  })
})

describe('Any text at all', () => {
  const word = fc.constantFrom(
    '[main]',
    '[schedule]',
    '[redis]',
    '[internet]',
    '[a]',
    '[',
    ']',
    '\n',
    '\n',
    '\n',
    ' = ',
    ' = ',
    '=',
    ',',
    ';',
    'mode',
    'off',
    'floors',
    'addresses',
    '192.0.2.0/24',
    '::/0',
    'listen',
    'url',
    'redis://[::',
    'redis://%',
    '1',
    '2',
    '30, 5, 0',
    'reply_defer',
    '{',
    '{minutes}',
    '\\',
    '[]',
    '__proto__',
    'toString',
    'contacts',
    'in_scope_from',
    '\0',
  )
  const garbage = fc
    .array(fc.oneof({ weight: 5, arbitrary: word }, fc.string({ maxLength: 6, unit: 'binary' })), {
      maxLength: 60,
    })
    .map((words) => words.join(''))

  it('gives settings or problems that name a file, and never throws', () => {
    fc.assert(
      fc.property(garbage, garbage, garbage, (mainText, connectorsText, redisText) => {
        const result = parse({ main: mainText, connectors: connectorsText, redis: redisText })
        if (result.ok) assert.deepEqual(reread(result.settings).schedule, result.settings.schedule)
        else {
          assert.ok(result.problems.length > 0)
          for (const { file } of result.problems) assert.match(file, /^(main|connectors|redis)\.ini$/)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
