import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { AttentionList, type Place } from '../../src/metrics/attention'
import { countServers, type Inventory } from '../../src/metrics/server-count'
import { defaultSchedule, type Stage } from '../../src/rules/clock/schedule'
import { serverStatuses } from '../../src/rules/clock/status'
import { dayMs } from '../../src/rules/time'
import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { evidenceOf, serverRecord } from '../support/records'

const now = Date.UTC(2026, 10, 22, 12)

function stage(number: number): Stage {
  const row = defaultSchedule.find((each) => each.stage === number)
  assert.ok(row)
  return row
}

type Offer = readonly [server: string, place: Place, daysAgo?: number]

function listed(most: number, offers: readonly Offer[]): readonly (readonly string[])[] {
  const list = new AttentionList(most)
  for (const [server, place, daysAgo = 0] of offers) {
    list.offer(serverRecord(server, { lastSeenAt: now - daysAgo * dayMs }), place)
  }
  return list.series()
}

function names(most: number, offers: readonly Offer[]): readonly (string | undefined)[] {
  return listed(most, offers).map(([, server]) => server)
}

describe('The servers that need attention most', () => {
  /** In the order that they should have. */
  const all: readonly (readonly [string, Place, number, string])[] = [
    ['blocked', { status: 'outdated', stage: stage(8) }, 300, 'all its mail is refused'],
    ['seven', { status: 'outdated', stage: stage(7) }, 0, 'much of its mail is refused'],
    ['five', { status: 'outdated', stage: stage(5) }, 0, 'some is'],
    ['one-today', { status: 'outdated', stage: stage(1) }, 0, 'its clock runs, and it is there'],
    ['one-before', { status: 'outdated', stage: stage(1) }, 9, 'it may be gone'],
    ['suspected', { status: 'outdated', stage: null }, 0, 'its clock is about to run'],
    ['paused-8', { status: 'paused', stage: stage(8) }, 0, 'it is let be for a while'],
    ['paused-1', { status: 'paused', stage: stage(1) }, 0, 'and has time'],
    ['exempt', { status: 'exempt', stage: stage(8) }, 0, 'it is let be for longer'],
    ['recovered', { status: 'recovered', stage: null }, 0, 'it is well again'],
    ['compliant', { status: 'compliant', stage: null }, 0, 'it is well'],
  ]
  const offers = all.map(([server, place, daysAgo]): Offer => [server, place, daysAgo])

  for (const [at, [server, , , why]] of all.entries()) {
    it(`have ${server} at place ${at + 1}: ${why}`, () => {
      assert.equal(names(all.length, [...offers].reverse())[at], server)
      assert.equal(names(at + 1, [...offers].reverse()).at(-1), server)
    })
  }

  it('have a stage of the operator’s own that refuses all mail before every other', () => {
    const own: Stage = { stage: 3, fromDay: 1, deferMinutes: 0, refuseMinutes: 60 }
    assert.deepEqual(
      names(2, [
        ['seven', { status: 'outdated', stage: stage(7) }],
        ['own', { status: 'outdated', stage: own }],
      ]),
      ['own', 'seven'],
    )
  })

  it('keep their places while nothing but the minute of the last message changes', () => {
    const place: Place = { status: 'outdated', stage: stage(2) }
    const minute = 1 / 1440
    const before = names(2, [
      ['c', place, 0],
      ['a', place, minute],
      ['b', place, 2 * minute],
    ])
    const after = names(2, [
      ['c', place, 3 * minute],
      ['a', place, 2 * minute],
      ['b', place, 0],
    ])
    assert.deepEqual(
      [before, after],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    )
  })

  it('are none where none is asked for', () => assert.deepEqual(listed(0, offers), []))

  it('are told with tenant, name, build, status and stage', () => {
    const list = new AttentionList(2)
    list.offer(serverRecord('ex01.contoso.local', { lastEvidence: evidenceOf({ build: '15.1.2507.16' }) }), {
      status: 'outdated',
      stage: stage(5),
    })
    list.offer(serverRecord('ex02.contoso.local', { tenant: 'fabrikam' }), {
      status: 'compliant',
      stage: null,
    })
    assert.deepEqual(list.series(), [
      ['contoso', 'ex01.contoso.local', '15.1.2507.16', 'outdated', '5'],
      ['fabrikam', 'ex02.contoso.local', 'none', 'compliant', 'none'],
    ])
  })

  it('are those at the head of all in order, however many there are and in whatever order they come', () => {
    const places: readonly Place[] = [
      ...serverStatuses.map((status) => ({ status, stage: null })),
      ...defaultSchedule.map((row) => ({ status: 'outdated' as const, stage: row })),
    ]
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.tuple(fc.constantFrom(...places), fc.integer({ min: 0, max: 3 })), { maxLength: 80 }),
        (most, some) => {
          const made = some.map(([place, daysAgo], at): Offer => [`ex${at}`, place, daysAgo])
          const everything = names(made.length + 1, made)
          assert.equal(everything.length, made.length)
          assert.deepEqual(names(most, made), everything.slice(0, most))
          assert.deepEqual(names(most, [...made].reverse()), everything.slice(0, most))
        },
      ),
    )
  })
})

describe('The servers named of 100,000', () => {
  const rules = {
    schedule: defaultSchedule,
    relapseDays: 30,
    catalogue: loadCatalogue(packagedCataloguePath()),
  }
  const count = 100_000
  const inventory: Inventory = {
    tenants: async function* () {
      // Nobody pauses.
    },
    servers: async function* () {
      for (let i = 0; i < count; i += 1) {
        const startedAt = now - (i % 95) * dayMs
        yield serverRecord(`ex${i}.contoso.local`, {
          clock: { state: 'running', startedAt, detectedAt: startedAt, carriedMs: 0, reachedMs: 0 },
        })
      }
    },
  }

  it('are as many as are asked for, all of them blocked', async function () {
    this.timeout(20_000)
    const counts = await countServers(inventory, { ...rules, serverInfo: 100 }, now)
    assert.equal(counts?.attention.length, 100)
    assert.deepEqual([...new Set(counts.attention.map((series) => series.at(-1)))], ['8'])
  })

  it('are all that stays in memory', () => {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    assert.ok(typeof collect === 'function')
    const heap = (): number => {
      collect()
      return process.memoryUsage().heapUsed
    }
    const list = new AttentionList(100)
    const offer = (from: number, until: number): void => {
      for (let i = from; i < until; i += 1) {
        // Each is in front of all before it, so that each is taken up.
        const row = { ...stage(5), fromDay: i }
        list.offer(serverRecord(`${'x'.repeat(200)}${i}`), { status: 'outdated', stage: row })
      }
    }
    offer(0, 1_000)
    const before = heap()
    offer(1_000, count)
    const grown = heap() - before
    assert.ok(grown < 1_000_000, `${grown} bytes`)
    assert.ok(list.series()[0]?.[1]?.endsWith('x99999'))
  })
})
