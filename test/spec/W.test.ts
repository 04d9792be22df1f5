import assert from 'node:assert/strict'
import fc from 'fast-check'
import { defaultSchedule, type Stage } from '../../src/rules/clock/schedule'
import { decide } from '../../src/rules/decision/decide'
import type { Action } from '../../src/rules/decision/decision'
import { windowAt, windowOffsetMs } from '../../src/rules/decision/window'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { circumstances, pause, runningClock, t0 } from '../rules/clock/given'
import { arbitraryQuestion } from '../support/oracle'

const stage = (deferMinutes: number, refuseMinutes: number): Stage => ({
  stage: 5,
  fromDay: 0,
  deferMinutes,
  refuseMinutes,
})
const hour = Date.UTC(2026, 2, 3, 14)
const m = minuteMs

describe('W1 Each server’s windows lie at the same place in every UTC hour', () => {
  const table: readonly (readonly [string, Stage, number, number, Action, number])[] = [
    // why, stage, place in the hour, after the full hour, action, when this part ends
    ['deferring comes first', stage(30, 5), 0, 0, 'defer', 30 * m],
    ['its last millisecond', stage(30, 5), 0, 30 * m - 1, 'defer', 30 * m],
    ['refusing right after', stage(30, 5), 0, 30 * m, 'refuse', 35 * m],
    ['its last millisecond', stage(30, 5), 0, 35 * m - 1, 'refuse', 35 * m],
    ['then free', stage(30, 5), 0, 35 * m, 'accept', 60 * m],
    ['free to the last millisecond of the hour', stage(30, 5), 0, 60 * m - 1, 'accept', 60 * m],
    ['and again in the next', stage(30, 5), 0, 60 * m, 'defer', 90 * m],
    ['before its place', stage(30, 5), 20 * m, 20 * m - 1, 'accept', 20 * m],
    ['at its place', stage(30, 5), 20 * m, 20 * m, 'defer', 50 * m],
    ['cyclic: refusing goes on over the full hour', stage(30, 20), 20 * m, 60 * m, 'refuse', 70 * m],
    ['cyclic: what began before the full hour', stage(30, 20), 50 * m, 5 * m, 'defer', 20 * m],
    ['no minutes: all free', stage(0, 0), 20 * m, 20 * m, 'accept', 80 * m],
    ['refusing alone begins at the place', stage(0, 10), 20 * m, 20 * m, 'refuse', 30 * m],
    ['all the hour deferred', stage(60, 0), 20 * m, 19 * m, 'defer', 20 * m],
    ['all the hour refused', stage(0, 60), 20 * m, 19 * m, 'refuse', 20 * m],
  ]
  for (const [why, row, offsetMs, after, action, until] of table) {
    it(`${action}s: ${why}`, () => {
      assert.deepEqual(windowAt(row, offsetMs, hour + after), { action, until: hour + until })
    })
  }

  it('is the same in every hour of a year, and before 1970', () => {
    const action = (at: number) => windowAt(stage(7, 3), 1_234_567, at).action
    for (let n = 0; n < 8784; n += 1) {
      assert.equal(action(hour + n * hourMs + 25 * m), 'defer')
    }
    for (const at of [-1, -hourMs, -25.5 * m, -35 * m]) {
      assert.equal(action(at), action(at + 24 * hourMs))
    }
  })
})

describe('W2 The place is hash(server) mod 3600 s', () => {
  const fleet = Array.from({ length: 10_000 }, (_, n) => `ex${n}.contoso.local`)

  it('spreads 10,000 alike names over the hour: no minute has much more than its share', () => {
    const perMinute = new Array<number>(60).fill(0)
    for (const server of fleet) {
      const minute = Math.floor(windowOffsetMs('contoso', server, true) / minuteMs)
      perMinute[minute] = (perMinute[minute] ?? 0) + 1
    }
    // The mean is 166.7; with chance alone a minute lies within 5 standard deviations (12.8 each).
    for (const [minute, count] of perMinute.entries()) {
      assert.ok(Math.abs(count - 10_000 / 60) < 64, `minute ${minute}: ${count}`)
    }
  })

  it('uses all seconds: chi-squared over the 3600 is that of chance', () => {
    const perSecond = new Array<number>(3600).fill(0)
    for (const server of fleet) {
      const offsetMs = windowOffsetMs('contoso', server, true)
      assert.ok(Number.isInteger(offsetMs / 1000) && offsetMs >= 0 && offsetMs < hourMs)
      perSecond[offsetMs / 1000] = (perSecond[offsetMs / 1000] ?? 0) + 1
    }
    const mean = 10_000 / 3600
    const chiSquared = perSecond.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)
    // 3599 degrees of freedom, standard deviation 84.8.
    assert.ok(Math.abs(chiSquared - 3599) < 5 * 84.8, String(chiSquared))
  })

  it('refuses no more than its share of a fleet in any minute', () => {
    const clock = runningClock()
    for (let minute = 0; minute < 60; minute += 6) {
      const at = t0 + 65 * dayMs + minute * minuteMs
      const turnedAway = fleet.slice(0, 2000).filter((server) => {
        const offsetMs = windowOffsetMs('contoso', server, true)
        return decide(circumstances({ at, clock, offsetMs })).action !== 'accept'
      })
      // 35 of 60 minutes: 1167, standard deviation 22.
      assert.ok(Math.abs(turnedAway.length - (2000 * 35) / 60) < 110, String(turnedAway.length))
    }
  })

  it('stays what it was: a changed hash would move the windows of every server', () => {
    assert.deepEqual(
      [
        ['contoso', 'ex01.contoso.local'],
        ['contoso', 'ex02.contoso.local'],
        ['fabrikam', 'ex01.contoso.local'],
        ['', ''],
      ].map(([tenant = '', server = '']) => windowOffsetMs(tenant, server, true)),
      [560000, 397000, 2378000, 1229000],
    )
  })

  it('knows a server by its tenant, too', () => {
    const place = (tenant: string) => windowOffsetMs(tenant, 'ex01.contoso.local', true)
    assert.notEqual(place('contoso'), place('fabrikam'))
  })

  it('is 0 for all with spread = no', () => {
    for (const server of fleet.slice(0, 100)) assert.equal(windowOffsetMs('contoso', server, false), 0)
  })
})

describe('W3 The next free moment is part of every decision', () => {
  const clock = runningClock()
  const freeAt = (at: number, changes: Parameters<typeof circumstances>[0] = {}) =>
    decide(circumstances({ at, clock, ...changes })).freeAt
  /** The windows begin with the day of the clock. */
  const offsetMs = t0 % hourMs
  const day = (n: number) => t0 + n * dayMs

  for (const [why, at, changes, expected] of [
    ['now, where mail is accepted', day(61) + 40 * m, {}, day(61) + 40 * m],
    ['the end of the window', day(51) + 3 * m, {}, day(51) + 20 * m],
    ['the end of both windows', day(61) + 3 * m, {}, day(61) + 35 * m],
    ['the end of the second', day(61) + 33 * m, {}, day(61) + 35 * m],
    ['never, in the last stage', day(91), {}, null],
    [
      'never, where the last stage begins within the window',
      day(90) - 10 * m,
      { offsetMs: (offsetMs + 45 * m) % hourMs },
      null,
    ],
    [
      'the later window of the stage that begins meanwhile',
      day(60) - 10 * m,
      { offsetMs: (offsetMs + 45 * m) % hourMs },
      day(60) + 20 * m,
    ],
    [
      'a pause that begins before the window ends',
      day(61) + 3 * m,
      { pauses: [pause(day(61) + 9 * m, 2)] },
      day(61) + 9 * m,
    ],
    ['a pause in months, in the last stage', day(91), { pauses: [pause(day(200), 2)] }, day(200)],
    ['not the pause that is over', day(95), { pauses: [pause(day(91), 2)] }, null],
    ['now, within a pause', day(95), { pauses: [pause(day(94), 2)] }, day(95)],
    ['now, while exempt', day(95), { exemption: { until: day(96), reason: '' } }, day(95)],
    ['now, in mode report', day(95), { mode: 'report' }, day(95)],
    ['the end of both windows, in mode defer', day(61) + 33 * m, { mode: 'defer' }, day(61) + 35 * m],
    ['never, in mode defer, where every minute is deferred', day(95), { mode: 'defer' }, null],
  ] as const) {
    it(`is ${expected === null ? 'not in sight' : 'told'}: ${why}`, () => {
      assert.equal(freeAt(at, { offsetMs, ...changes }), expected)
    })
  }

  it('is the end of a stage without a free minute, where the next has one', () => {
    const schedule = [
      { ...stage(40, 20), stage: 1 },
      { ...stage(0, 0), stage: 2, fromDay: 3 },
    ]
    assert.equal(freeAt(day(1), { schedule, offsetMs }), day(3))
  })

  it('is free, and the millisecond before it is not; where none is told none comes', () => {
    fc.assert(
      fc.property(arbitraryQuestion(), (question) => {
        const { at, pauses, schedule, offsetMs, startedAt } = question
        const ask = (when: number) =>
          decide(circumstances({ at: when, clock: runningClock(startedAt), pauses, schedule, offsetMs }))
        const { action, freeAt } = ask(at)
        if (freeAt === null) {
          for (let n = 0; n < 300; n += 1) assert.notEqual(ask(at + n * 977 * minuteMs).action, 'accept')
          return
        }
        assert.ok(freeAt >= at)
        assert.equal(freeAt === at, action === 'accept')
        assert.equal(ask(freeAt).action, 'accept')
        if (freeAt > at) assert.notEqual(ask(freeAt - 1).action, 'accept')
        for (let when = at; when < freeAt && when < at + dayMs; when += 5 * minuteMs) {
          assert.notEqual(ask(when).action, 'accept')
        }
      }),
      { numRuns: 1500 },
    )
  }).timeout(20_000)

  it('comes within the hour in every stage but the last', () => {
    for (const row of defaultSchedule.slice(0, -1)) {
      for (let minute = 0; minute < 60; minute += 1) {
        const at = day(row.fromDay + 1) + minute * m
        const free = freeAt(at, { offsetMs: 1_234_000 })
        assert.ok(free !== null && free - at <= (row.deferMinutes + row.refuseMinutes) * m)
      }
    }
  })
})
