import assert from 'node:assert/strict'
import { soak } from './soak'

describe('A worker under hostile sessions', function () {
  this.timeout(60_000)

  it('lives, accepts what is good, and does not grow without end', async () => {
    const { accepted, mib, liveMib, growth } = await soak(1000)
    assert.ok(accepted > 50, `${accepted} messages`)
    // So few sessions end before its heap has found its size: npm run test:soak tells whether it is flat.
    assert.ok(growth < 0.5, mib.join(' '))
    assert.ok(
      liveMib.every((live) => live > 10 && live < 200),
      liveMib.join(' '),
    )
  })
})
