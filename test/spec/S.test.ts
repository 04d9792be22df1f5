import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Mode, Place } from '../../src/rules/attribution/connector'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { cleanText } from '../../src/rules/decision/clean-text'
import { acceptance, decide } from '../../src/rules/decision/decide'
import type { Action } from '../../src/rules/decision/decision'
import { headerValue } from '../../src/rules/decision/header'
import {
  decideBeforeData,
  decideWithoutEvidence,
  maxServersPerPath,
  seenOnPath,
  serversOf,
  type PathQuestion,
  type ServerDecision,
} from '../../src/rules/decision/path'
import { isoSeconds, placeholders, replyTo, type ReplyTexts } from '../../src/rules/decision/reply'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { circumstances, decisionTo, pause, t0 } from '../rules/clock/given'

const texts: ReplyTexts = {
  defer:
    'Connecting Exchange server version is out-of-date; connection throttled for {minutes} mins/hr. For more information see {help_url}',
  refuse:
    'Connecting Exchange server version is out-of-date; connection blocked for {minutes} mins/hr. For more information see {help_url}',
  helpUrl: 'https://example.com/exchange',
}
const about = { server: 'ex01.contoso.local', build: '15.1.2507.16' }
const offsetMs = t0 % hourMs

const hostile: readonly (readonly [why: string, value: string])[] = [
  ['CR and LF, which would end the line', 'ex01\r\n250 2.0.0 Ok'],
  ['a bare LF', 'ex01\nX-Spam: no'],
  ['a bare CR', 'ex01\rX-Spam: no'],
  ['NUL', 'ex01\0.contoso.local'],
  ['an escape sequence of a terminal', '\x1b[2Jex01'],
  ['DEL and C1 controls', '\x7f\x85\x9b'],
  ['bidirectional overrides', '\u202eelbatsurt\u202c\u2066'],
  ['line separators that are none in ASCII', 'a\u2028b\u2029c'],
  ['a zero-width space and a byte order mark', '\u200b\ufeff'],
  ['what is not ASCII', 'größe.contoso.local'],
  ['beyond the basic plane', '😀'],
  ['half a surrogate pair', '\ud83d'],
  ['a semicolon, which would begin a pair', 'ex01; action=accept'],
  ['an equals sign and a percent sign', 'a=b%0D%0A'],
  ['quotes, angle brackets, backslash, comment', '"<a>\\(x)'],
  ['placeholders of a template', '{minutes}{help_url}{server}'],
  ['patterns of a replacement', "$& $1 $` $'"],
  ['a name of Object.prototype', '__proto__'],
  ['nothing at all', ''],
  ['very long', 'a'.repeat(100_000)],
  ['very long and not ASCII', '€'.repeat(100_000)],
]

describe('S1 Replies, byte for byte', () => {
  for (const { stage, fromDay, deferMinutes, refuseMinutes } of defaultSchedule) {
    const at = t0 + fromDay * dayMs
    if (deferMinutes > 0) {
      it(`defers in stage ${stage} with ${deferMinutes} mins/hr`, () => {
        const reply = replyTo(decide(circumstances({ at, offsetMs })), about, texts)
        assert.equal(
          reply?.line,
          `450 4.7.230 Connecting Exchange server version is out-of-date; connection throttled for ${deferMinutes} mins/hr. For more information see https://example.com/exchange`,
        )
      })
    }
    if (refuseMinutes > 0) {
      it(`refuses in stage ${stage} with ${refuseMinutes} mins/hr`, () => {
        const refusing = circumstances({ at: at + deferMinutes * minuteMs, offsetMs })
        const reply = replyTo(decide(refusing), about, texts)
        assert.equal(
          reply?.line,
          `550 5.7.230 Connecting Exchange server version is out-of-date; connection blocked for ${refuseMinutes} mins/hr. For more information see https://example.com/exchange`,
        )
      })
    }
  }

  it('tells code, subject, detail and text apart', () => {
    const short = { ...texts, defer: 'later', refuse: 'never' }
    assert.deepEqual(replyTo(decisionTo('defer'), about, short), {
      code: 450,
      subject: 7,
      detail: 230,
      text: 'later',
      line: '450 4.7.230 later',
    })
    assert.deepEqual(replyTo(decisionTo('refuse'), about, short), {
      code: 550,
      subject: 7,
      detail: 230,
      text: 'never',
      line: '550 5.7.230 never',
    })
  })

  it('has no reply to an acceptance', () => {
    assert.equal(replyTo(decisionTo('accept'), about, texts), null)
    assert.equal(replyTo(acceptance(t0, []), about, texts), null)
  })

  const freeAt = Date.UTC(2026, 2, 7, 10, 15, 8, 250)
  for (const [template, expected] of [
    ['{server} runs {build}', 'ex01.contoso.local runs 15.1.2507.16'],
    ['again at {free_at}', 'again at 2026-03-07T10:15:09Z'],
    ['{minutes}{minutes} {help_url}', '3030 https://example.com/exchange'],
    ['{Minutes} {min} { minutes } {} {{minutes}}', '{Minutes} {min} { minutes } {} {30}'],
    ['', ''],
  ] as const) {
    it(`fills in the operator's template: "${template}"`, () => {
      const reply = replyTo(decisionTo('defer', { freeAt }), about, { ...texts, defer: template })
      assert.equal(reply?.text, expected)
    })
  }

  it('says "never" where no free moment is in sight', () => {
    const reply = replyTo(decisionTo('refuse', { freeAt: null }), about, { ...texts, refuse: '{free_at}' })
    assert.equal(reply?.text, 'never')
  })

  it('knows the placeholders that it names, and no other', () => {
    const template = placeholders.map((name) => `{${name}}`).join(' ')
    const reply = replyTo(decisionTo('defer'), about, { ...texts, defer: template })
    assert.doesNotMatch(reply?.text ?? '{', /[{}]/)
    assert.deepEqual(placeholders, ['minutes', 'help_url', 'server', 'build', 'free_at'])
  })

  for (const [why, value] of hostile) {
    for (const action of ['defer', 'refuse'] as const) {
      it(`${action}s in one clean line of at most 512 octets: ${why}`, () => {
        const everything = {
          defer: `{server} {build} {help_url} ${value}`,
          refuse: `${value}{server}`,
          helpUrl: value,
        }
        const reply = replyTo(decisionTo(action), { server: value, build: value }, everything)
        assert.ok(reply)
        assert.match(reply.line, /^(450 4|550 5)\.7\.230 [\x20-\x7e]*$/)
        assert.ok(Buffer.byteLength(`${reply.line}\r\n`) <= 512)
      })
    }
  }

  it('fills in a value as it is, even one that looks like a placeholder', () => {
    const reply = replyTo(
      decisionTo('defer'),
      { server: '{minutes} $& $1', build: '' },
      { ...texts, defer: '<{server}>' },
    )
    assert.equal(reply?.text, '<{minutes} $& $1>')
  })

  it('speaks a line of 512 octets whole, and shortens one of 513', () => {
    const room = 512 - '450 4.7.230 \r\n'.length
    const spoken = (length: number) =>
      replyTo(decisionTo('defer'), about, { ...texts, defer: 'x'.repeat(length) })?.text
    assert.equal(spoken(room), 'x'.repeat(room))
    assert.equal(spoken(room + 1), `${'x'.repeat(room - 3)}...`)
  })

  it('rounds a free moment up to the second, never down', () => {
    assert.equal(isoSeconds(Date.UTC(2026, 0, 1)), '2026-01-01T00:00:00Z')
    assert.equal(isoSeconds(Date.UTC(2026, 0, 1) + 1), '2026-01-01T00:00:01Z')
    assert.equal(isoSeconds(Date.UTC(2025, 11, 31, 23, 59, 59, 999)), '2026-01-01T00:00:00Z')
  })
})

const to = (action: Action, server = `${action}.contoso.local`): ServerDecision => ({
  server,
  decision: decisionTo(action),
})

describe('S2 Memory speaks before DATA only where every server is to be turned away, on fresh evidence', () => {
  const question = (changes: Partial<PathQuestion> = {}): PathQuestion => ({
    at: t0,
    place: 'mail',
    deferAt: 'mail',
    refuseAt: 'data',
    recheckMinutes: 5,
    lastEvidenceAt: t0 - minuteMs,
    decisions: [to('defer')],
    ...changes,
  })
  const crowd = (count: number) =>
    Array.from({ length: count }, (_, n) => to('defer', `ex${n}.contoso.local`))
  const unlike = 'not every server of this path is to be turned away alike now'
  const old = 'the last evidence of this path is too old: its build is looked at again'

  for (const [why, changes, because] of [
    ['one server, deferred', {}, null],
    ['several, all deferred', { decisions: crowd(5) }, null],
    ['no server is known', { decisions: [] }, unlike],
    ['the only server is accepted', { decisions: [to('accept')] }, unlike],
    ['one of several is accepted, last', { decisions: [to('defer'), to('accept')] }, unlike],
    ['one of several is accepted, first', { decisions: [to('accept'), to('defer')] }, unlike],
    [
      'one deferred, one refused: each is known by its own message',
      { decisions: [to('defer'), to('refuse')] },
      unlike,
    ],
    ['a refusal waits for DATA', { decisions: [to('refuse')] }, 'refuse is spoken at data'],
    ['evidence of 5 minutes to the millisecond', { lastEvidenceAt: t0 - 5 * minuteMs }, null],
    ['evidence 1 ms older', { lastEvidenceAt: t0 - 5 * minuteMs - 1 }, old],
    ['evidence of this very moment', { lastEvidenceAt: t0 }, null],
    ['evidence from the future: the clock jumped back', { lastEvidenceAt: t0 + 1 }, old],
    ['no evidence ever', { lastEvidenceAt: 0 }, old],
    ['another recheck_minutes', { lastEvidenceAt: t0 - 9 * minuteMs, recheckMinutes: 10 }, null],
    ['recheck_minutes = 0: only evidence of now', { recheckMinutes: 0 }, old],
    ['one server less than are too many', { decisions: crowd(maxServersPerPath - 1) }, null],
    [
      'too many servers to know them all',
      { decisions: crowd(maxServersPerPath) },
      'too many servers on this path to know them all',
    ],
    [
      'a refusal on old evidence',
      { decisions: [to('refuse')], refuseAt: 'mail', lastEvidenceAt: t0 - hourMs },
      old,
    ],
    [
      'a refusal on fresh evidence, where the operator moved it',
      { decisions: [to('refuse')], refuseAt: 'mail' },
      null,
    ],
    [
      'a refusal moved to mail, one server accepted',
      { decisions: [to('refuse'), to('accept')], refuseAt: 'mail' },
      unlike,
    ],
  ] as const) {
    it(`${because === null ? 'turns away' : 'lets go on to DATA'}: ${why}`, () => {
      const asked = question(changes)
      assert.deepEqual(
        decideBeforeData(asked),
        because === null
          ? {
              turnAway: true,
              as: asked.decisions[0],
              because: 'every server of this path is to be turned away now',
            }
          : { turnAway: false, because },
      )
    })
  }

  const places: readonly Place[] = ['connect', 'mail', 'data']
  for (const action of ['defer', 'refuse'] as const) {
    for (const [spokenAt, configured] of places.entries()) {
      for (const [now, place] of places.entries()) {
        it(`${now >= spokenAt ? 'speaks' : 'is silent'} at ${place} where ${action}_at = ${configured}`, () => {
          const other: Place = configured === 'connect' ? 'data' : 'connect'
          const asked = question({
            place,
            decisions: [to(action)],
            deferAt: action === 'defer' ? configured : other,
            refuseAt: action === 'refuse' ? configured : other,
          })
          assert.equal(decideBeforeData(asked).turnAway, now >= spokenAt)
        })
      }
    }
  }

  const key = { tenant: 'contoso', connector: 'contoso-hybrid', address: '192.0.2.10', ehlo: null }

  it('counts the servers seen within path_memory_days, to the millisecond', () => {
    const path = {
      ...key,
      servers: { new: t0, edge: t0 - 7 * dayMs, old: t0 - 7 * dayMs - 1, ahead: t0 + hourMs },
      lastEvidenceAt: t0,
    }
    assert.deepEqual(serversOf(path, t0, 7), ['new', 'edge', 'ahead'])
    assert.deepEqual(serversOf(path, t0, 8), ['new', 'edge', 'old', 'ahead'])
  })

  it('learns a server, keeps when it was last seen, and forgets those of too long ago', () => {
    const first = seenOnPath(null, key, 'a', t0, 7)
    assert.deepEqual(first, { record: { ...key, servers: { a: t0 }, lastEvidenceAt: t0 }, significant: true })
    const again = seenOnPath(first.record, key, 'a', t0 + dayMs, 7)
    assert.deepEqual(again, {
      record: { ...key, servers: { a: t0 + dayMs }, lastEvidenceAt: t0 + dayMs },
      significant: false,
    })
    const second = seenOnPath(again.record, key, 'b', t0 + 9 * dayMs, 7)
    assert.deepEqual(second, {
      record: { ...key, servers: { b: t0 + 9 * dayMs }, lastEvidenceAt: t0 + 9 * dayMs },
      significant: true,
    })
  })

  it('does not go back in time with a sighting that comes late', () => {
    const { record } = seenOnPath(seenOnPath(null, key, 'a', t0, 7).record, key, 'a', t0 - hourMs, 7)
    assert.deepEqual(record, { ...key, servers: { a: t0 }, lastEvidenceAt: t0 })
  })

  it('takes a host that calls itself __proto__ for a name like any other', () => {
    const one = seenOnPath(null, key, '__proto__', t0, 7).record
    const two = seenOnPath(one, key, 'constructor', t0 + 1, 7).record
    const stored: typeof two = JSON.parse(JSON.stringify(two))
    assert.deepEqual(serversOf(stored, t0 + 1, 7).toSorted(), ['__proto__', 'constructor'])
    assert.equal(seenOnPath(stored, key, '__proto__', t0 + 2, 7).significant, false)
  })
})

describe('S3 The way back: every path shows its build again', () => {
  it('lets a message through to DATA at least every recheck_minutes, at every stage', () => {
    for (const { fromDay } of defaultSchedule) {
      let lastEvidenceAt = t0 + fromDay * dayMs
      for (let minute = 0; minute < 180; minute += 1) {
        const at = t0 + fromDay * dayMs + minute * minuteMs
        const decisions = [{ server: 'a', decision: decide(circumstances({ at, offsetMs })) }]
        const told = decideBeforeData({
          ...{ at, place: 'mail', deferAt: 'mail', refuseAt: 'mail', recheckMinutes: 5 },
          ...{ lastEvidenceAt, decisions },
        })
        if (!told.turnAway) lastEvidenceAt = at
        assert.ok(at - lastEvidenceAt <= 5 * minuteMs)
      }
    }
  })
})

describe('S4 A message without evidence is treated as the servers of its path', () => {
  const crowd = (count: number) =>
    Array.from({ length: count }, (_, n) => to('refuse', `ex${n}.contoso.local`))
  for (const [why, decisions, as] of [
    ['no server is known on the path', [], null],
    ['the only one is accepted', [to('accept')], null],
    ['one of two is accepted', [to('refuse'), to('accept')], null],
    ['the only one is deferred', [to('defer')], 'defer.contoso.local'],
    ['the only one is refused', [to('refuse')], 'refuse.contoso.local'],
    ['all are refused: as the first', [to('refuse', 'a'), to('refuse', 'b')], 'a'],
    ['of different fates the milder, first', [to('defer'), to('refuse')], 'defer.contoso.local'],
    ['of different fates the milder, last', [to('refuse'), to('defer')], 'defer.contoso.local'],
    ['one less than are too many', crowd(maxServersPerPath - 1), 'ex0.contoso.local'],
    ['too many to know them all', crowd(maxServersPerPath), null],
  ] as const) {
    it(`${as === null ? 'accepts' : 'turns away'}: ${why}`, () => {
      const told = decideWithoutEvidence(decisions)
      assert.equal(told.turnAway ? told.as.server : null, as)
      assert.match(
        told.because,
        /^no evidence, and (not )?every server of this path is to be turned away now$/,
      )
      assert.equal(told.because.includes('not every'), as === null)
    })
  }
})

describe('S5 Mode: off, report, defer, enforce', () => {
  const deferring = t0 + 61 * dayMs
  const refusing = deferring + 32 * minuteMs
  const free = deferring + 40 * minuteMs
  for (const [mode, at, action, demanded, minutes] of [
    ['off', deferring, 'accept', 'defer', [30, 5]],
    ['off', refusing, 'accept', 'refuse', [30, 5]],
    ['report', deferring, 'accept', 'defer', [30, 5]],
    ['report', refusing, 'accept', 'refuse', [30, 5]],
    ['report', free, 'accept', 'accept', [30, 5]],
    ['defer', deferring, 'defer', 'defer', [35, 0]],
    ['defer', refusing, 'defer', 'refuse', [35, 0]],
    ['defer', free, 'accept', 'accept', [35, 0]],
    ['enforce', deferring, 'defer', 'defer', [30, 5]],
    ['enforce', refusing, 'refuse', 'refuse', [30, 5]],
    ['enforce', free, 'accept', 'accept', [30, 5]],
  ] as const) {
    it(`mode = ${mode}: ${demanded} becomes ${action}`, () => {
      const decision = decide(circumstances({ at, offsetMs, mode }))
      assert.deepEqual(
        [decision.action, decision.demanded, [decision.deferMinutes, decision.refuseMinutes]],
        [action, demanded, minutes],
      )
      assert.equal(decision.stage, 5, 'the stage is the same in every mode')
      const softened = decision.trail.some(({ rule }) => rule === 'S5')
      assert.equal(softened, action !== demanded, 'the trail says so where the mode decided')
    })
  }

  it('refuses nothing but in mode enforce, and turns nothing away but in defer and enforce', () => {
    const moment = fc.integer({ min: -10, max: 200 * 24 * 60 }).map((minutes) => t0 + minutes * minuteMs)
    fc.assert(
      fc.property(moment, fc.nat({ max: 3599 }), (at, second) => {
        const told = (mode: Mode) => decide(circumstances({ at, offsetMs: second * 1000, mode })).action
        assert.equal(told('off'), 'accept')
        assert.equal(told('report'), 'accept')
        assert.equal(told('defer'), told('enforce') === 'accept' ? 'accept' : 'defer')
      }),
    )
  })

  it('tells a server of stage 8 in mode defer that all 60 minutes are throttled', () => {
    const decision = decide(circumstances({ at: t0 + 95 * dayMs, mode: 'defer' }))
    assert.match(
      replyTo(decision, about, texts)?.line ?? '',
      /^450 4\.7\.230 .* throttled for 60 mins\/hr\. /,
    )
  })

  it('lets pause and exemption come before the mode', () => {
    const at = t0 + 95 * dayMs
    const rules = (changes: Parameters<typeof circumstances>[0]) =>
      decide(circumstances({ at, mode: 'report', ...changes })).trail.map(({ rule }) => rule)
    assert.deepEqual(rules({}), ['C6', 'W1', 'S5'])
    const exemption = { until: at + 1, reason: 'agreed' }
    assert.deepEqual(rules({ exemption }), ['C6', 'W1', 'C5'])
    assert.deepEqual(rules({ exemption, pauses: [pause(at, 1)] }), ['C6', 'W1', 'C4'])
  })
})

describe('S7 Clean text: no byte from the network reaches an output unescaped', () => {
  for (const [why, value] of hostile) {
    it(`in a text: ${why}`, () => {
      const clean = cleanText(value)
      assert.match(clean, /^[\x20-\x7e]*$/)
      assert.ok(clean.length <= 200)
    })

    it(`in the reporting field: ${why}`, () => {
      const facts = { connector: value, server: value, build: value, verdict: value, reason: value }
      const line = headerValue({ ...facts, decision: decisionTo('defer') })
      assert.match(line, /^v=1; [\x21-\x7e]+(; [a-z]+=[A-Za-z0-9._:*@+%-]*)+$/)
      assert.equal(line.split('; ').length, 10, 'no pair is added')
      assert.equal(line.split('=').length, 11, 'nor a key')
    })
  }

  for (const [text, maxLength, expected] of [
    ['plain text stays', 200, 'plain text stays'],
    ['a\r\nb\tc\0d', 200, 'a??b?c?d'],
    ['exact', 5, 'exact'],
    ['longer', 5, 'lo...'],
    ['\r\n\r\n\r\n', 5, '??...'],
    ['longer', 3, '...'],
    ['longer', 2, '..'],
    ['longer', 0, ''],
    ['', 0, ''],
  ] as const) {
    it(`writes ${JSON.stringify(text)} in at most ${maxLength} characters`, () => {
      assert.equal(cleanText(text, maxLength), expected)
    })
  }

  it('holds for any text and any length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 40 }), (text, maxLength) => {
        const clean = cleanText(text, maxLength)
        assert.match(clean, /^[\x20-\x7e]*$/)
        assert.ok(clean.length <= maxLength)
      }),
    )
  })
})
