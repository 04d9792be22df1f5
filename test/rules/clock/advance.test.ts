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
})
