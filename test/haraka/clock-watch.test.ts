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

  const hour = 3_600_000
  const jumps: [why: string, steps: [passedMs: number, setMs: number, trusted: boolean][]][] = [
    ['time passes', [[hour, 0, true]]],
    [
      'the clock is set by a little, again and again',
      [
        [10, 200_000, true],
        [10, 200_000, true],
        [10, 200_000, true],
      ],
    ],
    ['it jumps ahead', [[10, hour, false]]],
    ['it jumps back', [[10, -2 * hour, false]]],
    [
      'it jumps and is set back',
      [
        [10, 48 * hour, false],
        [10, -48 * hour, true],
      ],
    ],
    [
      'it jumps and stays',
      [
        [10, hour, false],
        [599_000, 0, false],
        [2_000, 0, true],
        [10, 0, true],
      ],
    ],
    [
      'it jumps twice',
      [
        [10, hour, false],
        [601_000, 0, true],
        [10, hour, false],
      ],
    ],
  ]
  for (const [why, steps] of jumps) {
    it(`sees by the time that has really passed what a clock does: ${why}`, () => {
      const { plugin, logged } = fakePlugin()
      const { observer, counted } = countingObserver()
      let running = 1000
      let wall = 1_800_000_000_000
      const clocks = { wall: () => wall, monotonic: () => running }
      const silent = { time: async () => null }
      const watch = new ClockWatch(plugin, observer, silent, () => 300_000, clocks)
      for (const [passedMs, setMs, trusted] of steps) {
        running += passedMs
        wall += passedMs + setMs
        assert.equal(watch.isTrusted(), trusted)
      }
      const doubts = logged.filter(({ level }) => level === 'crit').length
      assert.equal(counted.length, doubts)
      assert.equal(
        doubts > 0,
        steps.some(([, , trusted]) => !trusted),
      )
    })
  }

  it("believes a clock that was set at once where the store's clock confirms it", async () => {
    const { plugin } = fakePlugin()
    let wall = 1_800_000_000_000
    const clocks = { wall: () => wall, monotonic: () => 5 }
    const time = async (): Promise<number> => 1_800_003_600_000
    const watch = new ClockWatch(plugin, countingObserver().observer, { time }, () => 300_000, clocks)
    await watch.check()
    assert.equal(watch.isTrusted(), false)
    wall += hour
    await watch.check()
    assert.equal(watch.isTrusted(), true)
  })
})
