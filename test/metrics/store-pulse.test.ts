import assert from 'node:assert/strict'
import { StorePulse } from '../../src/haraka/store-pulse'

describe('The pulse of the store', () => {
  it('is down until a call has succeeded', () => {
    const pulse = new StorePulse()
    assert.equal(pulse.isUp, false)
    pulse.took()
    assert.equal(pulse.isUp, true)
  })

  it('follows the last call', () => {
    const pulse = new StorePulse()
    pulse.failed('timeout')
    pulse.took()
    assert.equal(pulse.isUp, false)
    pulse.took()
    assert.equal(pulse.isUp, true)
  })

  it('goes down with a call that is not made, and comes back with the next that succeeds', () => {
    const pulse = new StorePulse()
    pulse.took()
    pulse.failed('breaker-open')
    assert.equal(pulse.isUp, false)
    pulse.took()
    assert.equal(pulse.isUp, true)
  })
})
