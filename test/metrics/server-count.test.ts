import assert from 'node:assert/strict'
import type { Clock, Exemption, ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { dayMs } from '../../src/rules/time'
import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { gauges, stageLabel } from '../../src/metrics/catalogue'
import { countServers, placeOf, ServerCount, type Inventory } from '../../src/metrics/server-count'
import { evidenceOf, serverRecord, tenantRecord } from '../support/records'

const now = Date.UTC(2026, 10, 22)
const catalogue = loadCatalogue(packagedCataloguePath())
const rules = { schedule: defaultSchedule, relapseDays: 30, catalogue, serverInfo: 0 }

function since(days: number): Clock {
  const startedAt = now - days * dayMs
  return { state: 'running', startedAt, detectedAt: startedAt + dayMs, carriedMs: 0, reachedMs: 0 }
}

function paused(from: number, until: number): TenantRecord {
  const pause = {
    id: 'p',
    from: now + from * dayMs,
    until: now + until * dayMs,
    days: 1,
    reason: 'r',
    createdAt: 0,
  }
  return tenantRecord('contoso', { pauses: [pause] })
}

function exempted(target: Exemption['target'], until = 1): TenantRecord {
  const exemption = { id: 'e', target, until: now + until * dayMs, reason: 'r', createdAt: 0 }
  return tenantRecord('contoso', { exemptions: [exemption] })
}

function inventory(servers: Iterable<ServerRecord>, tenants: Iterable<TenantRecord> = []): Inventory {
  return {
    tenants: async function* () {
      yield* tenants
    },
    servers: async function* () {
      yield* servers
    },
  }
}

describe('A server is counted', () => {
  const recovered = (days: number): Partial<ServerRecord> => ({
    recovery: { at: now - days * dayMs, elapsedMs: 5 },
  })
  const table: [string, Partial<ServerRecord>, TenantRecord | undefined, string, string][] = [
    ['nothing is held against it', {}, undefined, 'compliant', 'none'],
    ['it recovered not long ago', recovered(30), undefined, 'recovered', 'none'],
    ['it recovered long ago', recovered(30.001), undefined, 'compliant', 'none'],
    [
      'it is only suspected',
      { clock: { state: 'suspected', firstAt: 1, sightings: 2 } },
      undefined,
      'outdated',
      'none',
    ],
    ['its clock runs', { clock: since(3) }, undefined, 'outdated', '1'],
    ['it is in the last stage', { clock: since(90) }, undefined, 'outdated', '8'],
    ['its tenant pauses', { clock: since(65) }, paused(-5, 5), 'paused', '5'],
    ['the pause is to come', { clock: since(65) }, paused(1, 5), 'outdated', '5'],
    ['the pause has stopped its clock for a while', { clock: since(65) }, paused(-20, -10), 'outdated', '4'],
    ['a pause means nothing to it', {}, paused(-5, 5), 'compliant', 'none'],
    ['its tenant is exempted', { clock: since(65) }, exempted({ kind: 'tenant' }), 'exempt', '5'],
    ['the exemption is over', { clock: since(65) }, exempted({ kind: 'tenant' }, -1), 'outdated', '5'],
    [
      'it is exempted itself',
      { clock: since(65) },
      exempted({ kind: 'server', server: 'ex01.contoso.local' }),
      'exempt',
      '5',
    ],
    [
      'another server is exempted',
      { clock: since(65) },
      exempted({ kind: 'server', server: 'ex02.contoso.local' }),
      'outdated',
      '5',
    ],
  ]
  for (const [when, change, tenant, status, stage] of table) {
    it(`as ${status}, stage ${stage}, where ${when}`, async () => {
      const record = serverRecord('ex01.contoso.local', change)
      const place = placeOf(record, tenant, rules, now)
      assert.deepEqual([place.status, stageLabel(place.stage?.stage ?? null)], [status, stage])
      const known = gauges.servers.series.map((series) => series.join('|'))
      assert.ok(known.includes(`${status}|${stage}`))
      const counts = await countServers(inventory([record], tenant ? [tenant] : []), rules, now)
      assert.deepEqual([...(counts?.standings ?? [])], [[`${status}|${stage}`, 1]])
    })
  }

  it('as stage other, where the schedule is longer than eight stages', async () => {
    const schedule = [...defaultSchedule, { stage: 12, fromDay: 100, deferMinutes: 0, refuseMinutes: 60 }]
    const record = serverRecord('ex01.contoso.local', { clock: since(100) })
    const counts = await countServers(inventory([record]), { ...rules, schedule }, now)
    assert.deepEqual([...(counts?.standings ?? [])], [['outdated|other', 1]])
  })

  it('once, though the store lists it twice; and once for each tenant', async () => {
    const record = serverRecord('ex01.contoso.local')
    const counts = await countServers(
      inventory([record, record, { ...record, tenant: 'fabrikam' }]),
      rules,
      now,
    )
    assert.deepEqual([...(counts?.standings ?? [])], [['compliant|none', 2]])
  })
})

describe('A server is counted as open to a known exploit', () => {
  const table: [why: string, build: string | null, transport: string, daysAgo: number, counted: number][] = [
    ['its branch lacks the fix of a CVE on the list of CISA', '15.2.1118.7', 'mapi', 0, 1],
    ['it was seen 30 days ago', '15.2.1118.7', 'mapi', 30, 1],
    ['it was last seen before that', '15.2.1118.7', 'mapi', 30.001, 0],
    ['it has every update of the catalogue', '15.2.2562.53', 'mapi', 0, 0],
    ['it is newer than the catalogue', '15.2.9999.1', 'smtp', 0, 0],
    ['an old SMTP id hides its updates, and the CU without them is open', '15.1.2106.2', 'smtp', 0, 1],
    ['an id of Exchange Online came in', '15.20.1.1', 'smtp', 0, 0],
    ['no build was seen', null, 'smtp', 0, 0],
    ['memory holds no build that can be read', 'nonsense', 'carrier pigeon', 0, 0],
  ]
  for (const [why, build, transport, daysAgo, counted] of table) {
    it(`${counted === 1 ? 'yes' : 'no'}: ${why}`, async () => {
      const seenAt = now - daysAgo * dayMs
      const record = serverRecord('ex01.contoso.local', {
        lastSeenAt: seenAt,
        lastEvidence: evidenceOf({ build, transport, at: seenAt }),
      })
      const twice = [record, { ...record, tenant: 'fabrikam' }]
      assert.equal((await countServers(inventory(twice), rules, now))?.knownExploited, counted * 2)
    })
  }
})

describe('The count of servers', () => {
  function* many(count: number): Generator<ServerRecord> {
    for (let i = 0; i < count; i += 1) yield serverRecord(`ex${i}.contoso.local`, { clock: since(i % 100) })
  }

  it('counts 100,000 in little time and leaves the event loop free', async () => {
    let turns = 0
    let counting = true
    const turn = (): void => {
      turns += 1
      if (counting) setImmediate(turn)
    }
    setImmediate(turn)
    const begun = performance.now()
    const counts = await countServers(inventory(many(100_000)), rules, now)
    counting = false
    const took = performance.now() - begun
    assert.equal(
      [...(counts?.standings ?? [])].reduce((sum, [, count]) => sum + count, 0),
      100_000,
    )
    assert.ok(took < 5_000, `took ${took} ms`)
    assert.ok(turns >= 3, `${turns} turns in ${took} ms`)
  })

  it('gives up when its time is over, and keeps the figures it had', async () => {
    assert.equal(await countServers(inventory(many(100_000)), rules, now, 5), null)
  })

  it('keeps the last figures while memory cannot be asked, and waits before it asks again', async () => {
    const count = new ServerCount()
    let asked = 0
    const failing: Inventory = {
      tenants: () => {
        asked += 1
        throw new Error('store down')
      },
      servers: () => inventory([]).servers(),
    }
    await count.refresh(failing, rules)
    await count.refresh(failing, rules)
    assert.deepEqual([asked, count.counts.standings.size], [1, 0])
  })

  it('counts at most once a minute', async () => {
    const count = new ServerCount()
    await count.refresh(inventory([serverRecord('ex01.contoso.local')]), rules)
    await count.refresh(inventory([]), rules)
    assert.deepEqual([...count.counts.standings], [['compliant|none', 1]])
  })
})
