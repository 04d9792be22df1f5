import assert from 'node:assert/strict'
import type { PathRecord } from '../../../src/rules/clock/record'
import { maxServersPerPath, seenOnPath, serversOf } from '../../../src/rules/decision/path'
import { dayMs, minuteMs } from '../../../src/rules/time'
import { t0 } from '../clock/given'

const key = { tenant: 'contoso', connector: 'contoso-hybrid', address: '192.0.2.10', ehlo: 'gw.contoso.com' }

/** A path on which one server after another was seen, a minute apart. */
function pathWith(servers: number): PathRecord {
  let record: PathRecord = { ...key, servers: {}, lastEvidenceAt: 0 }
  for (let n = 0; n < servers; n += 1) {
    record = seenOnPath(record, key, `ex${n}.contoso.local`, t0 + n * minuteMs, 7).record
  }
  return record
}

describe('seenOnPath', () => {
  it('keeps the servers seen last once there are too many, so that it stays crowded while they come', () => {
    const crowded = pathWith(maxServersPerPath + 36)
    const sevenDaysLater = t0 + 7 * dayMs + 70 * minuteMs
    // By now all of the first 64 are forgotten, but not those after them: a list of fewer must name them all.
    const expected = Array.from({ length: 30 }, (_, n) => `ex${n + 70}.contoso.local`)
    assert.deepEqual(serversOf(crowded, sevenDaysLater, 7).toSorted(), expected)
  })

  it('costs no write for a server that a crowded path cannot take in', () => {
    const crowded = pathWith(maxServersPerPath)
    const { record, significant } = seenOnPath(crowded, key, 'new.contoso.local', t0 + 2 * dayMs, 7)
    assert.equal(significant, false)
    assert.equal(Object.keys(record.servers).length, maxServersPerPath)
    assert.equal(record.servers['new.contoso.local'], t0 + 2 * dayMs)
    assert.equal(record.servers['ex0.contoso.local'], undefined, 'seen longest ago')
  })
})
