import assert from 'node:assert/strict'
import { faults } from './faults'
import { tryFault } from './trial'

/** One of each kind; `npm run test:faults` tries all of them, and harder. */
const chosen = ['redis-half-open', 'sentinel-failover', 'lmdb-stale-lock', 'clock-two-days-ahead-lmdb']
const effort = { messages: 600, lanes: 12 }

describe('Faults under traffic, in short', function () {
  this.timeout(90_000)

  for (const name of chosen) {
    const fault = faults.find((each) => each.name === name)
    it(`${fault?.title ?? name}: no mail is lost, nobody wronged, no clock moved`, async () => {
      assert.ok(fault)
      const { wrong } = await tryFault(fault, effort)
      assert.deepEqual(wrong, [])
    })
  }
})
