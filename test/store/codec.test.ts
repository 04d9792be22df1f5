import assert from 'node:assert/strict'
import fc from 'fast-check'
import type {
  Clock,
  LastEvidence,
  PathRecord,
  ServerRecord,
  TenantRecord,
} from '../../src/rules/clock/record'
import { noticeKinds, type ContactRecord, type LetterState } from '../../src/rules/notice/record'
import { decode, decodeListed, encode } from '../../src/store/codec'
import { formatKey } from '../../src/store/keys'
import { InvalidRecord } from '../../src/store/unavailable'
import {
  contactKey,
  contactRecord,
  pathKey,
  pathRecord,
  serverKey,
  serverRecord,
  tenantKey,
  tenantRecord,
} from '../support/records'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('__proto__', 'constructor', ''),
)
const at = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const count = fc.nat()
const day = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))

const clock: fc.Arbitrary<Clock> = fc.oneof(
  fc.constant({ state: 'clear' as const }),
  record({ state: fc.constant('suspected' as const), firstAt: at, sightings: count }),
  record({
    state: fc.constant('running' as const),
    startedAt: at,
    detectedAt: at,
    carriedMs: at,
    reachedMs: at,
  }),
)
const evidence: fc.Arbitrary<LastEvidence> = record({
  at,
  build: fc.option(text),
  transport: text,
  header: text,
  messageId: fc.option(text),
  connector: text,
  attribution: text,
  bound: fc.constantFrom('ehlo', 'reverse', 'certificate', 'unbound'),
  ehlo: text,
  address: text,
  xoorg: fc.option(record({ domain: text, known: fc.boolean() })),
  mimeOle: fc.option(text),
  verdict: record({ status: text, reason: text }),
})
const server: fc.Arbitrary<ServerRecord> = record({
  tenant: text,
  server: text,
  firstSeenAt: at,
  lastSeenAt: at,
  clock,
  recovery: fc.option(record({ at, elapsedMs: at })),
  stageSeen: count,
  lastEvidence: fc.option(evidence),
  events: fc.array(
    fc.oneof(
      record({ at, kind: fc.constantFrom('detected', 'relapsed', 'recovered'), build: text }),
      record({ at, kind: fc.constant('stage'), stage: count }),
      record({ at, kind: fc.constantFrom('paused', 'resumed', 'exempted', 'unexempted'), reason: text }),
    ),
  ),
  days: fc.dictionary(day, record({ accepted: count, deferred: count, refused: count }), {
    noNullPrototype: true,
  }),
})
const path: fc.Arbitrary<PathRecord> = record({
  tenant: text,
  connector: text,
  address: text,
  ehlo: fc.option(text),
  servers: fc.array(fc.tuple(text, at)).map((pairs) => Object.fromEntries(pairs)),
  lastEvidenceAt: at,
})
const tenant: fc.Arbitrary<TenantRecord> = record({
  tenant: text,
  pauses: fc.array(record({ id: text, from: at, until: at, days: count, reason: text, createdAt: at })),
  exemptions: fc.array(
    record({
      id: text,
      target: fc.oneof(
        record({ kind: fc.constant('tenant') }),
        record({ kind: fc.constant('connector'), connector: text }),
        record({ kind: fc.constant('server'), server: text }),
      ),
      until: at,
      reason: text,
      createdAt: at,
    }),
  ),
})

const letterState: fc.Arbitrary<LetterState> = fc.oneof(
  record({ state: fc.constantFrom('claimed', 'sending'), at, by: text, attempts: count, doubts: count }),
  record({
    state: fc.constant('failed'),
    at,
    attempts: count,
    doubts: count,
    error: text,
    retryAt: at,
  }),
  record({ state: fc.constant('queued'), at, error: fc.option(text) }),
  record({ state: fc.constantFrom('sent', 'doubtful'), at }),
  record({ state: fc.constant('undelivered'), at, error: text }),
)
const contact: fc.Arbitrary<ContactRecord> = fc
  .record({
    tenant: text,
    contact: text,
    letters: fc.uniqueArray(fc.tuple(text, at, letterState), { selector: ([id]) => id, minLength: 1 }),
    notices: fc.array(fc.tuple(fc.constantFrom(...noticeKinds), text, text, at, fc.nat())),
  })
  .map(({ tenant: owner, contact: address, letters, notices }) => ({
    tenant: owner,
    contact: address,
    letters: letters.map(([id, madeAt, state]) => ({ id, madeAt, ...state })),
    notices: notices.map(([kind, name, mark, until, place]) => ({
      kind,
      server: name,
      mark,
      until,
      letter: letters[place % letters.length]?.[0] ?? '',
    })),
  }))

const seen = Date.UTC(2026, 10, 22, 12)
const header =
  'from ex01.contoso.local (10.20.30.40) by ex01.contoso.local (10.20.30.40) with Microsoft SMTP Server ' +
  '(version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.1.2507.16; Sun, 22 Nov 2026 12:00:00 +0000'
const ordinary = serverRecord('ex01.contoso.local', {
  lastEvidence: {
    at: seen,
    build: '15.1.2507.39',
    transport: 'smtp',
    header,
    messageId: '<0123456789abcdef0123456789abcdef@ex01.contoso.local>',
    connector: 'contoso-hybrid',
    attribution: 'certificate *.contoso.com',
    bound: 'ehlo',
    ehlo: 'ex01.contoso.local',
    address: '192.0.2.10',
    xoorg: null,
    mimeOle: null,
    verdict: { status: 'compliant', reason: 'at-or-above' },
  },
})
const outdated = serverRecord('ex01.contoso.local', {
  ...ordinary,
  clock: { state: 'running', startedAt: seen, detectedAt: seen + 9e7, carriedMs: 0, reachedMs: 45e8 },
  stageSeen: 4,
  events: [
    { at: seen + 9e7, kind: 'detected', build: '15.1.2507.16' },
    { at: seen + 26e8, kind: 'stage', stage: 2 },
    { at: seen + 35e8, kind: 'stage', stage: 3 },
    { at: seen + 43e8, kind: 'stage', stage: 4 },
  ],
})

/** As our own code makes them: with the usual prototype. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true })
}

describe('The text of a record', () => {
  it('gives back every server as it was', () => {
    fc.assert(
      fc.property(server, at, (value, version) => {
        const key = serverKey(value.server, value.tenant)
        assert.deepEqual(decode(key, version, encode(key, value)), { state: 'present', version, value })
      }),
    )
  })

  it('gives back every path as it was, with names that objects know', () => {
    fc.assert(
      fc.property(path, (value) => {
        const key = { kind: 'path', ...value } as const
        assert.deepEqual(decode(key, 1, encode(key, value)), { state: 'present', version: 1, value })
      }),
    )
  })

  it('gives back every tenant as it was', () => {
    fc.assert(
      fc.property(tenant, (value) => {
        const key = tenantKey(value.tenant)
        assert.deepEqual(decode(key, 1, encode(key, value)), { state: 'present', version: 1, value })
      }),
    )
  })

  it('gives back every contact as it was', () => {
    fc.assert(
      fc.property(contact, (value) => {
        const key = { kind: 'contact', tenant: value.tenant, contact: value.contact } as const
        assert.deepEqual(decode(key, 1, encode(key, value)), { state: 'present', version: 1, value })
      }),
    )
  })

  it('does not keep a notice without its letter', () => {
    const lost = { kind: 'stage', server: 'a', mark: '2', until: 1, letter: 'gone' } as const
    assert.throws(() => encode(contactKey('a'), contactRecord('a', { notices: [lost] })), InvalidRecord)
  })

  it('never throws on other bytes, nor makes a record of them', () => {
    const bytes = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.jsonValue().map((json) => JSON.stringify(json)),
    )
    fc.assert(
      fc.property(bytes, (json) => {
        assert.equal(decode(serverKey('a'), 3, json).state, 'unreadable')
        assert.equal(decode(pathKey('a'), 3, json).state, 'unreadable')
        assert.equal(decode(tenantKey('contoso'), 3, json).state, 'unreadable')
        assert.equal(decode(contactKey('a'), 3, json).state, 'unreadable')
      }),
      { numRuns: 300 },
    )
  })

  it('is unreadable as a whole wherever it is cut or a byte of it is lost', () => {
    const whole = encode(serverKey('ex01.contoso.local'), outdated)
    for (let i = 0; i < whole.length; i += 1) {
      const cut = decode(serverKey('ex01.contoso.local'), 1, whole.slice(0, i))
      assert.equal(cut.state, 'unreadable')
      assert.equal(cut.version, -1)
    }
  })

  const strange = [
    ['{"s":2}', /schema 2 is newer than 1: upgrade this host/, 'a newer schema'],
    ['{"s":0}', /damaged: s/, 'a schema that never was'],
    ['{"s":1,"t":"contoso","n":"a","first":1,"last":1,"more":1}', /more/, 'a field that is not known'],
    ['{"s":1,"t":"contoso","n":"a","first":"1","last":1}', /first/, 'a number as text'],
    ['{"s":1,"t":"contoso","n":"a","first":1e400,"last":1}', /first/, 'a number beyond all'],
    ['{"s":1,"t":"contoso","n":"a","first":1,"last":1,"stage":1.5}', /stage/, 'half a stage'],
    [
      '{"s":1,"t":"contoso","n":"a","first":1,"last":1,"suspected":[1,1],"running":[1,1,0,0]}',
      /suspected and running/,
      'two states of the clock',
    ],
    ['{"s":1,"t":"contoso","n":"b","first":1,"last":1}', /another key/, 'the record of another'],
    ['null', /damaged/, 'nothing'],
    ['[]', /damaged/, 'a list'],
  ] as const
  for (const [json, why, reason] of strange) {
    it(`is unreadable, and says why, with ${reason}`, () => {
      const stored = decode(serverKey('a'), 5, json)
      assert.equal(stored.state, 'unreadable')
      assert.match(stored.state === 'unreadable' ? stored.why : '', why)
      assert.equal(stored.version, -5)
    })
  }

  it('is not written where it could not be read again', () => {
    assert.throws(() => encode(serverKey('a'), serverRecord('a', { lastSeenAt: Infinity })), InvalidRecord)
    assert.throws(() => encode(serverKey('a'), serverRecord('b')), InvalidRecord)
    assert.throws(() => encode(pathKey(null), pathRecord('a')), InvalidRecord)
    assert.throws(() => encode(tenantKey('a'), tenantRecord('A')), InvalidRecord)
  })

  it('keeps the whole of a name that its key cuts short', () => {
    const long = `${'x'.repeat(4000)}.contoso.local`
    const json = encode(serverKey(long), serverRecord(long))
    const listed = decodeListed('server', 'xe', formatKey('xe', serverKey(long)), 1, json)
    assert.equal(listed?.key.server, long)
    assert.equal(decodeListed('path', 'xe', formatKey('xe', serverKey(long)), 1, json), null)
  })

  it('is small', () => {
    const sizeOf = (value: ServerRecord): number => encode(serverKey(value.server), value).length + 14
    const week = Object.fromEntries(
      [16, 17, 18, 19, 20, 21, 22].map((d) => [`2026-11-${d}`, { accepted: 1234, deferred: 0, refused: 0 }]),
    )
    assert.ok(sizeOf(ordinary) <= 600, `a compliant server: ${sizeOf(ordinary)}`)
    assert.ok(
      sizeOf({ ...ordinary, days: week }) <= 800,
      `with a week: ${sizeOf({ ...ordinary, days: week })}`,
    )
    assert.ok(sizeOf(outdated) <= 800, `whose clock runs: ${sizeOf(outdated)}`)
    const onPath = pathRecord('ex01.contoso.local', { servers: { 'ex01.contoso.local': seen } })
    const pathSize = encode(pathKey('ex01.contoso.local'), onPath).length + 14
    assert.ok(pathSize <= 200, `a path: ${pathSize}`)
  })
})
