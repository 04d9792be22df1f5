import assert from 'node:assert/strict'
import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { internetConnector } from '../../src/config/effective'
import { summarise, type ReportRules } from '../../src/report/summary'
import type { Exemption, Pause, ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { lastEvidence, runningServer } from '../cli/support'
import { tenantRecord } from '../support/records'

const day = 86_400_000
const now = Date.UTC(2026, 9, 20, 12)
const rules: ReportRules = {
  schedule: defaultSchedule,
  relapseDays: 30,
  policy: { preset: 'microsoft', inScopeFrom: new Map() },
  catalogue: loadCatalogue(packagedCataloguePath()),
  connectors: [{ ...internetConnector, id: 'paying', tenant: 'contoso', esu: true }],
}
const pause = (from: number, until: number): Pause => ({
  id: 'p',
  from: now + from * day,
  until: now + until * day,
  days: until - from,
  reason: 'moving',
  createdAt: now,
})
const exemption = (until: number, target: Exemption['target'] = { kind: 'tenant' }): Exemption => ({
  id: 'e',
  target,
  until: now + until * day,
  reason: 'plant',
  createdAt: now,
})
const running = (days: number, change: Partial<ServerRecord> = {}) =>
  runningServer('ex01.contoso.com', days, now, change)
const clear = (change: Partial<ServerRecord> = {}) => running(0, { clock: { state: 'clear' }, ...change })
const contoso = (change: Partial<TenantRecord> = {}) => tenantRecord('contoso', change)

describe('A summary of a server', () => {
  const statuses: readonly (readonly [
    record: ServerRecord,
    tenant: TenantRecord,
    status: string,
    reason: string,
  ])[] = [
    [clear(), contoso(), 'compliant', 'nothing is held against it'],
    [
      clear({ recovery: { at: now - 30 * day, elapsedMs: 1 } }),
      contoso(),
      'recovered',
      'the last moment of a relapse',
    ],
    [
      clear({ recovery: { at: now - 30 * day - 1, elapsedMs: 1 } }),
      contoso(),
      'compliant',
      'and a millisecond later',
    ],
    [clear(), contoso({ pauses: [pause(-1, 1)] }), 'compliant', 'a pause says nothing of who needs none'],
    [running(5), contoso(), 'outdated', 'a clock runs'],
    [
      running(5, { clock: { state: 'suspected', firstAt: now, sightings: 1 } }),
      contoso(),
      'outdated',
      'not detected yet',
    ],
    [running(5), contoso({ pauses: [pause(-1, 1)] }), 'paused', 'its tenant has paused'],
    [running(5), contoso({ pauses: [pause(1, 2)] }), 'outdated', 'a pause ahead is none yet'],
    [running(5), contoso({ exemptions: [exemption(1)] }), 'exempt', 'its tenant is exempt'],
    [running(5), contoso({ exemptions: [exemption(0)] }), 'outdated', 'an exemption that ends now'],
    [
      running(5),
      contoso({ exemptions: [exemption(1, { kind: 'connector', connector: 'contoso-hybrid' })] }),
      'exempt',
      'its connector is',
    ],
    [
      running(5),
      contoso({ exemptions: [exemption(1, { kind: 'connector', connector: 'other' })] }),
      'outdated',
      'another connector is',
    ],
    [
      running(5),
      contoso({ pauses: [pause(-1, 1)], exemptions: [exemption(1)] }),
      'paused',
      'both: the clock stands',
    ],
  ]
  for (const [record, tenant, status, reason] of statuses) {
    it(`says ${status}: ${reason}`, () => assert.equal(summarise(record, tenant, rules, now).status, status))
  }

  it('dates stages with the pauses that are known', () => {
    const { clock } = summarise(running(45), contoso({ pauses: [pause(-10, -5), pause(2, 4)] }), rules, now)
    assert.equal(clock?.elapsedMs, 40 * day)
    assert.equal(clock.stage.stage, 3)
    assert.deepEqual([clock.next?.stage.stage, clock.next?.at], [4, now + 12 * day])
    assert.equal(clock.deferFrom, now - 15 * day)
    assert.equal(clock.refuseFrom, now + 22 * day)
  })

  it('names no date where the schedule never defers or refuses', () => {
    const mild = {
      ...rules,
      schedule: defaultSchedule.slice(0, 2).map((row) => ({ ...row, deferMinutes: 0 })),
    }
    const { clock } = summarise(running(45), contoso(), mild, now)
    assert.deepEqual([clock?.next, clock?.deferFrom, clock?.refuseFrom], [null, null, null])
  })

  it('judges the last build as of the day asked about, for who pays and who does not', () => {
    const install = (connector: string) =>
      summarise(running(5, { lastEvidence: lastEvidence({ connector }) }), contoso(), rules, now).verdict
        ?.install
    assert.equal(install('contoso-hybrid'), 'Exchange Server 2016 CU23 Oct25SU (KB5066369)')
    assert.equal(install('paying'), 'Exchange Server 2016 CU23 Sep26SUv2 (KB5129958)')
    const early = summarise(running(5), contoso(), rules, Date.UTC(2024, 4, 1))
    assert.equal(early.verdict?.reason, 'at-or-above-floor')
  })

  it('has no verdict where no build was seen', () => {
    for (const seen of [null, lastEvidence({ build: null }), lastEvidence({ build: 'unknown' })]) {
      assert.equal(summarise(clear({ lastEvidence: seen }), contoso(), rules, now).verdict, null)
    }
  })

  it('adds up the messages of all days', () => {
    const counts = { accepted: 1, deferred: 2, refused: 3 }
    const { messages } = summarise(
      running(5, { days: { '2026-10-19': counts, '2026-10-20': counts } }),
      contoso(),
      rules,
      now,
    )
    assert.deepEqual(messages, { accepted: 2, deferred: 4, refused: 6 })
  })
})
