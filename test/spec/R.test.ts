import assert from 'node:assert/strict'
import fc from 'fast-check'
import { acceptance, decide } from '../../src/rules/decision/decide'
import { headerName, headerValue, isReportingField } from '../../src/rules/decision/header'
import { dayMs, minuteMs } from '../../src/rules/time'
import { circumstances, decisionTo, runningClock } from '../rules/clock/given'

describe('R1 Header: one X-Exchange-Enforcement field', () => {
  const startedAt = Date.UTC(2026, 9, 2, 0, 15, 8)
  const facts = {
    connector: 'contoso-hybrid',
    server: 'ex01.contoso.local',
    build: '15.1.2507.16',
    verdict: 'outdated',
    reason: 'behind',
  }

  it('bears its name', () => {
    assert.equal(headerName, 'X-Exchange-Enforcement')
  })

  it('says all in the published order, as in the published example', () => {
    const at = startedAt + 52 * dayMs + 30 * minuteMs
    const decision = decide(circumstances({ at, clock: runningClock(startedAt) }))
    assert.equal(
      headerValue({ ...facts, decision }),
      'v=1; connector=contoso-hybrid; server=ex01.contoso.local; build=15.1.2507.16; verdict=outdated; reason=behind; stage=4; day=52; action=accept; next=2026-12-01T00:15:08Z',
    )
  })

  it('leaves out stage, day and next change of a server without a clock', () => {
    const compliant = { ...facts, build: '15.2.2562.17', verdict: 'compliant', reason: 'at-or-above-floor' }
    assert.equal(
      headerValue({ ...compliant, decision: acceptance(startedAt, []) }),
      'v=1; connector=contoso-hybrid; server=ex01.contoso.local; build=15.2.2562.17; verdict=compliant; reason=at-or-above-floor; action=accept',
    )
  })

  it('leaves out server and build where there is no evidence', () => {
    const unknown = { ...facts, server: null, build: null, verdict: 'undetermined', reason: 'no-evidence' }
    assert.equal(
      headerValue({ ...unknown, decision: acceptance(startedAt, []) }),
      'v=1; connector=contoso-hybrid; verdict=undetermined; reason=no-evidence; action=accept',
    )
  })

  it('leaves out the next change in the last stage', () => {
    const decision = decisionTo('accept', { stage: 8, elapsedMs: 91 * dayMs - 1, nextStageAt: null })
    assert.match(headerValue({ ...facts, decision }), /; stage=8; day=90; action=accept$/)
  })

  it('says day 0 on the first day', () => {
    const decision = decide(circumstances({ at: startedAt + 1, clock: runningClock(startedAt) }))
    assert.match(
      headerValue({ ...facts, decision }),
      /; stage=1; day=0; action=accept; next=2026-11-01T00:15:08Z$/,
    )
  })

  for (const [why, server, expected] of [
    ['a semicolon and a blank', 'a; action=x', 'a%3B%20action%3Dx'],
    ['CR, LF and NUL', 'a\r\n\0', 'a%0D%0A%00'],
    ['the percent sign itself', '100%41', '100%2541'],
    ['letters beyond ASCII, as UTF-8', 'ü€😀', '%C3%BC%E2%82%AC%F0%9F%98%80'],
    ['an override of direction', '\u202e', '%E2%80%AE'],
    ['what names and addresses are made of stays', 'A-z_0.9:*@+', 'A-z_0.9:*@+'],
  ] as const) {
    it(`writes a value so that it can be read back: ${why}`, () => {
      const value = headerValue({ ...facts, server, decision: decisionTo('defer') })
      assert.ok(value.includes(`; server=${expected}; `), value)
      assert.equal(decodeURIComponent(expected), server)
    })
  }

  it('can be read back, pair by pair, whatever the values are', () => {
    const name = fc.string({ unit: 'binary', maxLength: 20 })
    const word = fc.string({ unit: 'binary', maxLength: 5 })
    fc.assert(
      fc.property(name, name, word, (connector, server, reason) => {
        const value = headerValue({ ...facts, connector, server, reason, decision: decisionTo('defer') })
        const read = new Map(
          value.split('; ').map((pair): [string, string] => {
            const [key = '', encoded = ''] = pair.split('=')
            return [key, decodeURIComponent(encoded)]
          }),
        )
        assert.deepEqual(
          [read.get('connector'), read.get('server'), read.get('reason')],
          [connector, server, reason],
        )
        assert.equal(read.size, 10)
      }),
    )
  })

  for (const [why, field, ours] of [
    ['as we write it', 'X-Exchange-Enforcement: v=1', true],
    ['lower case', 'x-exchange-enforcement: v=1', true],
    ['upper case', 'X-EXCHANGE-ENFORCEMENT: v=1', true],
    ['any case, no blank after the colon', 'x-eXcHaNgE-eNfOrCeMeNt:v=1', true],
    ['blanks before the colon', 'X-Exchange-Enforcement  : v=1', true],
    ['a tab before the colon', 'X-Exchange-Enforcement\t: v=1', true],
    ['a fold before the colon', 'X-Exchange-Enforcement\r\n\t: v=1', true],
    ['no value', 'X-Exchange-Enforcement:', true],
    ['a folded value', 'X-Exchange-Enforcement: v=1;\r\n action=accept\r\n', true],
    ['a name that only begins alike', 'X-Exchange-Enforcement-Note: v=1', false],
    ['a name that only ends alike', 'Old-X-Exchange-Enforcement: v=1', false],
    ['a name without its last letter', 'X-Exchange-Enforcemen: v=1', false],
    ['our name within a value', 'Subject: X-Exchange-Enforcement: v=1', false],
    ['our name on a line of a folded value', 'Subject: a\r\n X-Exchange-Enforcement: v=1', false],
    ['our name and then other text', 'X-Exchange-Enforcement v=1: x', false],
    ['our name and no colon', 'X-Exchange-Enforcement', false],
    ['a blank before, which only the first line of a header can have', ' X-Exchange-Enforcement: v=1', true],
    ['a letter that reads as two of ours', 'X-Exchange-E\u338borcement: v=1', true],
    ['wide letters, two units long each', `${mathematical('X-Exchange-Enforcement')}: v=1`, true],
    ['ten thousand blanks before the colon', `X-Exchange-Enforcement${' '.repeat(10_000)}: v=1`, true],
    ['nothing', '', false],
  ] as const) {
    it(`${ours ? 'is ours' : 'is left'}: ${why}`, () => {
      assert.equal(isReportingField(field), ours)
    })
  }
})

/** In letters of mathematics, each of two units, which the compatibility form turns into plain ones. */
function mathematical(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) =>
    String.fromCodePoint(letter.charCodeAt(0) + (letter < 'a' ? 0x1d400 - 0x41 : 0x1d41a - 0x61)),
  )
}
