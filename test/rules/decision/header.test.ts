import assert from 'node:assert/strict'
import { headerName, headerValue, isReportingField } from '../../../src/rules/decision/header'
import { decisionTo } from '../clock/given'

describe('headerValue', () => {
  const long = (character: string) => character.repeat(10_000)

  for (const [why, value] of [
    ['plain and very long', long('a')],
    ['three octets a character, nine when escaped', long('€')],
    ['a pair of surrogates each', long('😀')],
    ['half a pair each', long('\ud83d')],
  ] as const) {
    it(`stays below the 998 octets of a line: ${why}`, () => {
      const facts = { connector: value, server: value, build: value, verdict: value, reason: value }
      const line = `${headerName}: ${headerValue({ ...facts, decision: decisionTo('refuse') })}`
      assert.ok(Buffer.byteLength(line) <= 998, String(Buffer.byteLength(line)))
      assert.match(line, /; stage=5; day=61; action=refuse; next=[-0-9T:]+Z$/)
      assert.doesNotMatch(line, /%(?![0-9A-F]{2})/, 'no escape is cut in two')
    })
  }

  it('keeps a server name of 255 octets, the longest that DNS knows, whole', () => {
    const server = `${'a'.repeat(63)}.`.repeat(4).slice(0, 255)
    const facts = { connector: 'c', server, build: null, verdict: 'outdated', reason: 'behind' }
    assert.ok(headerValue({ ...facts, decision: decisionTo('defer') }).includes(`; server=${server}; `))
  })
})

describe('isReportingField', () => {
  it('sees through a fold between the name and its colon', () => {
    assert.equal(isReportingField('X-Exchange-Enforcement\r\n : v=1; action=accept'), true)
  })
})
