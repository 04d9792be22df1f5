import assert from 'node:assert/strict'
import { indexCatalogue } from '../../src/rules/verdict/catalogue'
import { dueNotices, type NoticeRules } from '../../src/notify/occasion'
import type { ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { noticeRules } from '../../src/notify/letter'
import { packagedCataloguePath } from '../../src/config/catalogue-file'
import { readFileSync } from 'node:fs'
import type { CatalogueData } from '../../src/rules/verdict/catalogue-data'
import { evidenceOf } from '../support/records'
import { exempted, goodBuild, now, paused, rules, runningFor, seen, settings, tenantWith } from './given'

function kinds(
  record: ServerRecord,
  tenant: TenantRecord = tenantWith(),
  given: NoticeRules = rules(),
  at = now,
): readonly string[] {
  return dueNotices(record, tenant, given, at).map(({ kind, mark }) =>
    kind === 'stage' || kind === 'stage-ahead' ? `${kind} ${mark.split('@')[0]}` : kind,
  )
}

const clear = { state: 'clear' } as const
const minute = minuteMs / dayMs

describe('Notices due about a server whose clock runs', () => {
  const table: readonly (readonly [
    reason: string,
    days: number,
    due: readonly string[],
    tenant?: TenantRecord,
  ])[] = [
    ['just detected', 1, ['detection']],
    ['detected three days ago: may still be begun, and is tried', 4, ['detection']],
    ['detected a week ago: of no use any more', 8, []],
    ['more than 7 days before stage 2', 22.9, []],
    ['7 days before stage 2', 23, ['stage-ahead 2']],
    ['a minute before stage 2', 30 - minute, ['stage-ahead 2']],
    ['at stage 2; stage 3 is 10 days ahead', 30, ['stage 2']],
    ['in stage 2, 7 days before stage 3', 33, ['stage 2', 'stage-ahead 3']],
    ['stage 2 was told; stage 3 is ahead', 37.5, ['stage-ahead 3']],
    ['in the last stage', 90, ['stage 8']],
    ['long in the last stage', 120, []],
    [
      'a paused tenant: stage 2 was reached, but does not bite',
      31,
      [],
      tenantWith({ pauses: [paused(-1, 90)] }),
    ],
    ['a pause that moves the change away', 28, [], tenantWith({ pauses: [paused(1, 61)] })],
    [
      'a pause that ends before the change: it is told where it has moved to',
      24,
      ['stage-ahead 2'],
      tenantWith({ pauses: [paused(0, 1)] }),
    ],
    ['an exemption over the change', 28, [], tenantWith({ exemptions: [exempted(-1, 60)] })],
    [
      'an exemption that ends before the change',
      28,
      ['stage-ahead 2'],
      tenantWith({ exemptions: [exempted(-1, 1)] }),
    ],
    [
      'a long pause that ends in 7 days, in a stage that bites',
      55 + 20,
      ['resumption'],
      tenantWith({ pauses: [paused(-20, 7)] }),
    ],
    ['one that ends later', 55 + 20, [], tenantWith({ pauses: [paused(-20, 7.1)] })],
    ['one that is shorter than the notice: its owner knows', 56, [], tenantWith({ pauses: [paused(-1, 4)] })],
    ['one that ends before anything bites', 15 + 20, [], tenantWith({ pauses: [paused(-20, 3)] })],
    [
      'an exemption right after a pause: both are one',
      55 + 20,
      [],
      tenantWith({ pauses: [paused(-20, 3)], exemptions: [exempted(-1, 30)] }),
    ],
    ['an exemption that ends soon', 51, ['resumption'], tenantWith({ exemptions: [exempted(-30, 5)] })],
  ]
  for (const [reason, days, due, tenant] of table) {
    it(`are ${due.join(', ') || 'none'}: ${reason}`, () => {
      assert.deepEqual(kinds(seen(runningFor(days)), tenant), due)
    })
  }

  it('are one for the detection where it falls into a later stage, as with a relapse', () => {
    const relapsed = seen(runningFor(1, { carriedMs: 41 * dayMs, reachedMs: 41 * dayMs }))
    const [notice, ...others] = dueNotices(relapsed, tenantWith(), rules(), now)
    assert.ok(notice?.occasion.kind === 'detection' && notice.occasion.relapsed)
    assert.deepEqual(others, [])
  })

  it('bear the mark of their clock: the next one is told anew', () => {
    const marks = [35, 36].map(
      (days) => dueNotices(seen(runningFor(days)), tenantWith(), rules(), now)[0]?.mark,
    )
    assert.notEqual(marks[0], marks[1])
  })

  it('are not begun where they happened before notices were sent, and go on where they were begun', () => {
    const [stage] = dueNotices(seen(runningFor(34)), tenantWith(), rules(), now)
    assert.ok(stage && stage.kind === 'stage')
    assert.ok(stage.firstBy < now && now < stage.until)
    const [ahead] = dueNotices(seen(runningFor(29.9)), tenantWith(), rules(), now)
    assert.ok(ahead && ahead.kind === 'stage-ahead')
    assert.ok(now < ahead.firstBy, 'what lies ahead may be told at any time before')
  })

  it('are told by the mode: only observed servers reach no stage, and off is off', () => {
    const days = 23.5
    const of = (connector: string, main: string) =>
      kinds(
        seen(runningFor(days, { detectedAt: now - hourMs }), {
          lastEvidence: evidenceOf({ connector, build: '15.1.2507.39' }),
        }),
        tenantWith(),
        rules(settings(main)),
      )
    assert.deepEqual(of('fabrikam', ''), ['detection'], 'a partner is never enforced')
    assert.deepEqual(of('gone', ''), ['detection'], 'stage 2 is told of with the detection')
    const off = rules({ ...settings(), mode: 'off' })
    assert.deepEqual(kinds(seen(runningFor(1)), tenantWith(), off), [])
    const report = rules({ ...settings(), mode: 'report' })
    assert.deepEqual(kinds(seen(runningFor(30)), tenantWith(), report), [])
    const defer = rules({ ...settings(), mode: 'defer' })
    assert.deepEqual(kinds(seen(runningFor(30)), tenantWith(), defer), ['stage 2'])
  })

  it('are none ahead with notice_days = 0', () => {
    const given = rules(settings('notice_days = 0'))
    assert.deepEqual(kinds(seen(runningFor(29.99)), tenantWith(), given), [])
    assert.deepEqual(kinds(seen(runningFor(30)), tenantWith(), given), ['stage 2'])
  })

  it('are none for a server that is gone', () => {
    assert.deepEqual(kinds(seen(runningFor(30), { lastSeenAt: now - 31 * dayMs })), [])
  })

  it('do not depend on a clock that jumped back', () => {
    const jumped = seen(runningFor(5, { reachedMs: 30 * dayMs }))
    assert.deepEqual(kinds(jumped), ['detection', 'stage 2'])
  })
})

describe('Notices due about a server whose clock does not run', () => {
  it('are a recovery, for a week', () => {
    const recovered = (days: number) =>
      seen(clear, {
        recovery: { at: now - days * dayMs, elapsedMs: 0 },
        lastEvidence: evidenceOf({ build: goodBuild }),
      })
    assert.deepEqual(kinds(recovered(0)), ['recovery'])
    assert.deepEqual(kinds(recovered(6.9)), ['recovery'])
    assert.deepEqual(kinds(recovered(7)), [])
  })

  it('are none for a suspected server: it may be cleared yet', () => {
    assert.deepEqual(kinds(seen({ state: 'suspected', firstAt: now - dayMs, sightings: 2 })), [])
  })

  // A floor that takes effect on 20 December, above the newest build of Exchange 2019 with free updates.
  const data: CatalogueData = JSON.parse(readFileSync(packagedCataloguePath(), 'utf8'))
  const coming = indexCatalogue({
    ...data,
    floors: [
      ...data.floors,
      {
        product: 'exchange-2019',
        effective: '2026-12-20',
        precision: 'day',
        builds: ['15.2.1748.43'],
        source: 'P',
        note: 'for a test',
      },
    ],
  })
  const given = noticeRules(settings(), coming)
  const at = (build: string) => seen(clear, { lastEvidence: evidenceOf({ build, transport: 'mapi' }) })
  const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
  const floors: readonly (readonly [reason: string, build: string, when: number, due: readonly string[]])[] =
    [
      ['31 days before', '15.2.1748.39', day('2026-11-19'), []],
      ['30 days before', '15.2.1748.39', day('2026-11-20'), ['floor-ahead']],
      ['the minute before', '15.2.1748.39', day('2026-12-20') - minuteMs, ['floor-ahead']],
      ['once it holds the clock tells', '15.2.1748.39', day('2026-12-20'), []],
      ['a build that will pass', '15.2.1748.43', day('2026-12-01'), []],
      ['a build that does not pass today', '15.2.1748.36', day('2026-12-01'), []],
      ['another product', goodBuild, day('2026-12-01'), []],
    ]
  for (const [reason, build, when, due] of floors) {
    it(`are ${due.join() || 'none'} about a coming floor: ${reason}`, () => {
      const record = { ...at(build), lastSeenAt: when - hourMs }
      assert.deepEqual(kinds(record, tenantWith(), given, when), due)
    })
  }

  it('tell of the end of support under the policy lifecycle, and of a scope of the operator', () => {
    const lifecycle = rules(settings('[policy]\npreset = lifecycle'))
    const at2025 = Date.UTC(2025, 8, 30)
    const current = seen(clear, {
      lastSeenAt: at2025,
      lastEvidence: evidenceOf({ build: '15.2.1748.37', transport: 'mapi' }),
    })
    assert.deepEqual(
      dueNotices(current, tenantWith(), lifecycle, at2025).map(({ mark }) => mark),
      ['2025-10-15'],
      'Exchange Server 2019 was supported until 14 October 2025',
    )
    const scoped = rules(settings('[policy]\nin_scope_from = exchange-2019=2026-12-10'))
    const record = seen(clear, { lastEvidence: evidenceOf({ build: '15.2.1118.7' }) })
    assert.deepEqual(kinds(record, tenantWith(), scoped), ['floor-ahead'])
  })
})
