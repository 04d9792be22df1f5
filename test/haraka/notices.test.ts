import assert from 'node:assert/strict'
import { pauseAfter } from '../../src/haraka/notices'

describe('The pause between two looks for notices', () => {
  it('is a minute, and longer where a look takes more than 5 % of it', () => {
    assert.equal(pauseAfter(0), 60_000)
    assert.equal(pauseAfter(3_000), 60_000)
    assert.equal(pauseAfter(10_000), 200_000)
  })
})
