import assert from 'node:assert/strict'
import { statusAt, type ServerStatus } from '../../../src/rules/clock/status'
import type { Clock, ServerRecord, TenantRecord } from '../../../src/rules/clock/record'
import { dayMs } from '../../../src/rules/time'
import { serverRecord, tenantRecord } from '../../support/records'

const now = Date.UTC(2026, 10, 22)
const running: Clock = { state: 'running', startedAt: 0, detectedAt: 0, carriedMs: 0, reachedMs: 0 }
const suspected: Clock = { state: 'suspected', firstAt: now - dayMs, sightings: 2 }
const pause = { id: 'p', from: now - dayMs, until: now + dayMs, days: 2, reason: 'r', createdAt: 0 }
const exemption = {
  id: 'e',
  target: { kind: 'tenant' },
  until: now + dayMs,
  reason: 'r',
  createdAt: 0,
} as const
const recovery = (days: number) => ({ at: now - days * dayMs, elapsedMs: 5 })

describe('The status of a server (R3)', () => {
  const table: readonly [Partial<ServerRecord>, Partial<TenantRecord>, ServerStatus, reason: string][] = [
    [{}, {}, 'compliant', 'nothing is held against it'],
    [{ recovery: recovery(30) }, {}, 'recovered', 'a relapse would still go on'],
    [{ recovery: recovery(30.01) }, {}, 'compliant', 'a relapse would begin anew'],
    [{}, { pauses: [pause], exemptions: [exemption] }, 'compliant', 'it needs neither'],
    [{ clock: suspected }, {}, 'outdated', 'it is about to be detected'],
    [{ clock: suspected }, { pauses: [pause] }, 'outdated', 'there is no clock to pause'],
    [{ clock: suspected }, { exemptions: [exemption] }, 'outdated', 'there is no clock to be exempt from'],
    [{ clock: running }, {}, 'outdated', 'its clock runs'],
    [{ clock: running }, { pauses: [pause] }, 'paused', 'its tenant pauses'],
    [{ clock: running }, { exemptions: [exemption] }, 'exempt', 'its tenant is exempt'],
    [{ clock: running }, { pauses: [pause], exemptions: [exemption] }, 'paused', 'the clock stands'],
  ]
  for (const [record, tenant, status, reason] of table) {
    it(`is ${status}: ${reason}`, () => {
      const server = serverRecord('ex01.contoso.local', record)
      assert.equal(statusAt(server, tenantRecord('contoso', tenant), 30, now), status)
    })
  }
})
