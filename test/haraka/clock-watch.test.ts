import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClockWatch } from '../../src/haraka/clock-watch'
import { countingObserver, fakePlugin } from './fakes'

/** A watch of a store whose clock is ahead by `aheadMs.now`, or which cannot be asked. */
function watched(aheadMs: { now: number | null }, maxSkewMs = 300_000) {
  const { plugin, logged } = fakePlugin()
  const { observer, counted } = countingObserver()
  const time = async (): Promise<number | null> => (aheadMs.now === null ? null : Date.now() + aheadMs.now)
  return { watch: new ClockWatch(plugin, observer, { time }, () => maxSkewMs), logged, counted }
}

describe('The watch over the clocks (F5)', () => {
  it('trusts until it knows better', () => {
    assert.equal(watched({ now: 1e9 }).watch.isTrusted(), true)
  })

  const skews: [aheadMs: number | null, trusted: boolean, why: string][] = [
    [0, true, 'they agree'],
    [299_000, true, 'within the limit'],
    [-299_000, true, 'within the limit, behind'],
    [301_500, false, 'ahead by too much'],
    [-301_500, false, 'behind by too much'],
    [null, true, 'a store without a clock says nothing'],
  ]
  for (const [now, expected, why] of skews) {
    it(`${expected ? 'trusts' : 'does not trust'} a difference of ${String(now)} ms: ${why}`, async () => {
      const { watch, logged, counted } = watched({ now })
      await watch.check()
      assert.equal(watch.isTrusted(), expected)
      assert.deepEqual(counted, expected ? [] : ['faults clock-skew'])
      assert.deepEqual(
        logged.map(({ level }) => level),
        expected ? [] : ['crit'],
      )
    })
  }

  it('says loudly by how much, keeps to it while the store cannot be asked, and says when it is over', async () => {
    const aheadMs: { now: number | null } = { now: 3_600_000 }
    const { watch, logged } = watched(aheadMs)
    await watch.check()
    assert.match(logged[0]?.text ?? '', /differ by 3600 s: nothing is enforced/)
    aheadMs.now = null
    await watch.check()
    assert.equal(watch.isTrusted(), false)
    aheadMs.now = 0
    await watch.check()
    await watch.check()
    assert.equal(watch.isTrusted(), true)
    assert.deepEqual(
      logged.map(({ level }) => level),
      ['crit', 'warn'],
    )
  })

  it('looks at once when it starts, and stops without a trace', async () => {
    const { watch, counted } = watched({ now: 1e9 })
    watch.start()
    watch.start()
    await sleep(5)
    assert.equal(watch.isTrusted(), false)
    assert.deepEqual(counted, ['faults clock-skew', 'faults clock-skew'])
    watch.stop()
    watch.stop()
  })
})
