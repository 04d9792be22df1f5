import assert from 'node:assert/strict'
import { afterSightings, detectedServer, sighting, t0 } from './given'
import { dayMs, hourMs } from '../../../src/rules/time'

describe('advance', () => {
  it('writes down the stages that passed unseen before a recovery, as old as they are', () => {
    const { record, events } = afterSightings([sighting(t0 + 45 * dayMs, 'compliant', '15.1.2507.63')], {
      before: detectedServer(t0),
    })
    const expected = [
      { at: t0 + 30 * dayMs, kind: 'stage', stage: 2 },
      { at: t0 + 40 * dayMs, kind: 'stage', stage: 3 },
      { at: t0 + 45 * dayMs, kind: 'recovered', build: '15.1.2507.63' },
    ]
    assert.deepEqual(events, expected)
    assert.deepEqual(record.events.slice(-3), expected)
  })

  it('enters after a relapse the stage where it stood, and reaches none of those before it again', () => {
    const recovered = afterSightings([sighting(t0 + 62 * dayMs, 'compliant')], { before: detectedServer(t0) })
    const again = t0 + 70 * dayMs
    const { events } = afterSightings(
      [0, 12, 24].map((hours) => sighting(again + hours * hourMs)),
      { before: recovered.record },
    )
    assert.deepEqual(events, [
      { at: again + dayMs, kind: 'relapsed', build: '15.1.2507.16' },
      { at: again + dayMs, kind: 'stage', stage: 5 },
    ])
  })

  describe('where the time of a sighting cannot be right', () => {
    const year2000 = Date.UTC(2000, 0, 1)
    const year2099 = Date.UTC(2099, 0, 1)

    it('starts no clock in the past after the system clock jumped back for one sighting', () => {
      const { record } = afterSightings(
        [t0, year2000, t0 + hourMs, t0 + 12 * hourMs, t0 + 26 * hourMs].map((at) => sighting(at)),
      )
      assert.equal(record.clock.state === 'running' && record.clock.startedAt, t0 + hourMs)
    })

    it('detects a server whose first sighting bears a time far ahead', () => {
      const { record } = afterSightings(
        [year2099, t0, t0 + hourMs, t0 + 12 * hourMs, t0 + 26 * hourMs].map((at) => sighting(at)),
      )
      assert.equal(record.clock.state === 'running' && record.clock.startedAt, t0 + hourMs)
    })

    it('takes sightings that workers hand in late for what they are', () => {
      const { record } = afterSightings([t0 + 1000, t0, t0 + 24 * hourMs].map((at) => sighting(at)))
      assert.equal(record.clock.state === 'running' && record.clock.startedAt, t0)
    })
  })
})
