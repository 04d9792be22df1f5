import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { Timeline } from '../../src/replay/timeline'

describe('Timeline', () => {
  it('gives everything once, by time, and of one time in the order of its coming, in memory or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (times, runLength) => {
          const moments = times.map((at, index) => ({ at, what: -index, who: 2 ** 50 + index, copy: index }))
          const timeline = new Timeline(runLength)
          try {
            for (const moment of moments) timeline.add(moment)
            assert.equal(timeline.length, times.length)
            const expected = [...moments].sort((a, b) => a.at - b.at || a.copy - b.copy)
            assert.deepEqual([...timeline.inOrder()], expected)
          } finally {
            timeline.close()
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('reads a part of the file in several pieces, and leaves nothing behind', () => {
    const timeline = new Timeline(10_000)
    for (let index = 0; index < 25_000; index += 1) {
      timeline.add({ at: (index * 7919) % 25_000, what: index, who: 0, copy: 0 })
    }
    let next = 0
    for (const { at } of timeline.inOrder()) assert.equal(at, next++)
    assert.equal(next, 25_000)
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith('exchange-enforcement-replay-'))
    timeline.close()
    assert.deepEqual(left, [])
  })
})
