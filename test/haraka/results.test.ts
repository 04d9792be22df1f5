import assert from 'node:assert/strict'
import type { Attribution } from '../../src/enforcement/session'
import { passed, type Outcome } from '../../src/enforcement/outcome'
import { logDecision, tellingOf, type EnforcementNotes } from '../../src/haraka/results'
import { dayMs } from '../../src/rules/time'
import type { Verdict } from '../../src/rules/verdict/verdict'
import { connector } from '../support/connectors'
import { fakeConnection, fakePlugin } from './fakes'

const attribution: Extract<Attribution, { kind: 'connector' }> = {
  kind: 'connector',
  connector: connector('hybrid'),
  by: 'certificate',
  matched: '*.contoso.com',
}

const unexplained = {
  product: null,
  productName: null,
  name: null,
  released: null,
  floor: null,
  because: 'a test',
  missing: [],
  cves: [],
  install: null,
  newerThanCatalogue: false,
} as const
const compliantVerdict: Verdict = { ...unexplained, status: 'compliant', reason: 'at-or-above-floor' }
const outdatedVerdict: Verdict = { ...unexplained, status: 'outdated', reason: 'behind' }
const undeterminedVerdict: Verdict = { ...unexplained, status: 'undetermined', reason: 'no-build' }

function outcome(change: Partial<Outcome> = {}, decision: Partial<Outcome['decision']> = {}): Outcome {
  const base = passed(0, 'S4', 'for a reason')
  return { ...base, ...change, decision: { ...base.decision, ...decision } }
}

const running = { stage: 4, elapsedMs: 52.9 * dayMs } as const

function resultsOf(of: Outcome): Readonly<Record<string, unknown>> {
  return tellingOf(attribution, of, 'data').results
}

function notesOf(of: Outcome): EnforcementNotes {
  return tellingOf(attribution, of, 'data').notes
}

describe('What other plugins are told (R2)', () => {
  it('are the facts of the header, whole days, and why', () => {
    const notes = notesOf(
      outcome({ server: 'ex01.contoso.local', build: '15.1.2507.16', verdict: outdatedVerdict }, running),
    )
    assert.deepEqual(notes, {
      connector: 'hybrid',
      tenant: 'contoso',
      attribution: 'certificate *.contoso.com',
      server: 'ex01.contoso.local',
      build: '15.1.2507.16',
      verdict: 'outdated',
      reason: 'behind',
      stage: 4,
      day: 52,
      action: 'accept',
      behind: null,
      mime_ole: null,
      xoorg: null,
      xoorg_foreign: null,
      trail: ['S4: for a reason'],
    })
  })

  it('hold no byte of the network unescaped (S7)', () => {
    const notes = notesOf(outcome({ server: 'a\r\nb\u{1f4e7}\0' }))
    assert.equal(notes.server, 'a??b???')
  })

  const reportedOnly = outcome({
    verdict: undeterminedVerdict,
    evidence: {
      connecting: { kind: 'not-exchange', server: 'gw.contoso.com', field: 0 },
      behind: {
        kind: 'exchange',
        server: 'ex01.contoso.local',
        build: { major: 15, minor: 1, build: 2507, revision: 16 },
        rawId: '15.1.2507.16',
        transport: 'smtp',
        field: 1,
      },
      mimeOle: 'Microsoft Exchange V6.5',
    },
    xoorg: { domain: 'fabrikam.com', known: false },
  })
  const reported = {
    behind: 'ex01.contoso.local 15.1.2507.16',
    mime_ole: 'Microsoft Exchange V6.5',
    xoorg_foreign: 'fabrikam.com',
  }

  it('tell what is only reported: a server behind a relay, X-MimeOLE, a foreign XOORG (E1, E5, A6)', () => {
    const facts = resultsOf(reportedOnly)
    const { behind, mime_ole, xoorg_foreign } = facts
    assert.deepEqual({ behind, mime_ole, xoorg_foreign }, reported)
    assert.equal('xoorg' in facts, false)
    assert.equal(
      resultsOf(outcome({ xoorg: { domain: 'contoso.com', known: true } }))['xoorg'],
      'contoso.com',
    )
  })

  it('are in the log as well, at the level of an acceptance', () => {
    const { connection, logged } = fakeConnection()
    logDecision(fakePlugin().plugin, connection, tellingOf(attribution, reportedOnly, 'data'), reportedOnly)
    const { behind, mime_ole, xoorg_foreign } = logged[0]?.facts ?? {}
    assert.deepEqual({ behind, mime_ole, xoorg_foreign }, reported)
    assert.equal(logged[0]?.level, 'info')
  })

  const tokens: [what: string, of: Outcome, token: string, value: string][] = [
    ['a compliant message', outcome({ verdict: compliantVerdict }), 'pass', 'compliant'],
    ['an outdated one, accepted', outcome({ verdict: outdatedVerdict }), 'fail', 'outdated'],
    ['one turned away without a verdict', outcome({}, { action: 'defer' }), 'fail', 'outdated'],
    ['one that cannot be judged', outcome({ verdict: undeterminedVerdict }), 'skip', 'no-build'],
    ['one without evidence', outcome(), 'skip', 'no-evidence'],
  ]
  for (const [what, of, token, value] of tokens) {
    it(`are one token, ${token}: ${value}, for ${what}`, () => {
      const facts = resultsOf(of)
      const found = ['pass', 'fail', 'skip'].filter((name) => name in facts)
      assert.deepEqual([found, facts[token]], [[token], value])
      assert.ok(!Object.values(facts).includes(null), 'what is not known is left out')
    })
  }
})

describe('The line that Haraka shows of our results', () => {
  it('is made beforehand, in the form of haraka-results', () => {
    assert.equal(
      resultsOf(outcome({ server: 'ex01.contoso.local', verdict: compliantVerdict }))['human'],
      'connector: hybrid, tenant: contoso, server: ex01.contoso.local, reason: at-or-above-floor, action: accept, ' +
        'pass:compliant',
    )
  })
})

describe('The line of a decision in the log', () => {
  const levels: [what: string, of: Outcome, level: string][] = [
    ['an acceptance', outcome(), 'info'],
    ['a deferral', outcome({}, { ...running, action: 'defer' }), 'notice'],
    ['a refusal', outcome({}, { ...running, action: 'refuse' }), 'notice'],
    ['an acceptance that changed something', outcome({ events: ['recovered', 'stage 2'] }), 'notice'],
  ]
  for (const [what, of, level] of levels) {
    it(`is at ${level} for ${what}`, () => {
      const { connection, logged } = fakeConnection()
      logDecision(fakePlugin().plugin, connection, tellingOf(attribution, of, 'data'), of)
      assert.equal(logged.length, 1)
      assert.equal(logged[0]?.level, level)
      const { facts = {} } = logged[0]
      assert.deepEqual(
        [facts['at'], facts['connector'], facts['action'], facts['because']],
        ['data', 'hybrid', of.decision.action, 'S4: for a reason'],
      )
      assert.equal(facts['changed'], of.events.length > 0 ? 'recovered,stage 2' : undefined)
      assert.equal('server' in facts, false)
    })
  }
})
