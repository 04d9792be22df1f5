import assert from 'node:assert/strict'
import { collect } from '../../src/report/collect'
import type { Inventory } from '../../src/report/fleet'
import { dayMs } from '../../src/rules/time'
import { serverStatuses } from '../../src/rules/clock/status'
import {
  clockOf,
  compliant,
  filled,
  fleetAt,
  fleetRules,
  outdated,
  pauseOf,
  richServers,
} from '../support/fleet'
import { tenantRecord } from '../support/records'

describe('The fleet', () => {
  it('counts servers by status and stage, and says who is suspected', async () => {
    const { totals, servers } = await collect(await filled(), fleetRules, fleetAt)
    assert.equal(totals.servers, richServers.length)
    assert.deepEqual(totals.byStatus, { compliant: 1, outdated: 10, recovered: 1, paused: 1, exempt: 1 })
    assert.equal(totals.suspected, 1)
    const running = [...totals.byStage.values()].reduce((sum, count) => sum + count, 0)
    assert.equal(running, servers.filter(({ clock }) => clock).length)
    for (const status of serverStatuses) {
      assert.equal(totals.byStatus[status], servers.filter((server) => server.status === status).length)
    }
  })

  it('has stages that nobody is in, and every tenant that the configuration or memory knows', async () => {
    const { totals, tenants } = await collect(await filled([], [tenantRecord('old')]), fleetRules, fleetAt)
    assert.deepEqual([...totals.byStage.values()], [0, 0, 0, 0, 0, 0, 0, 0])
    assert.deepEqual(
      tenants.map(({ tenant }) => tenant),
      ['adatum', 'contoso', 'fabrikam', 'old'],
    )
  })

  it('adds up messages by day, over all and of each tenant', async () => {
    const { totals, tenants } = await collect(await filled(), fleetRules, fleetAt)
    assert.equal(totals.days.length, 3)
    assert.deepEqual(totals.days.at(-1), { day: '2026-11-27', accepted: 120, deferred: 24, refused: 12 })
    assert.deepEqual(totals.messages, { accepted: 360, deferred: 72, refused: 36 })
    const ofTenants = tenants.reduce((sum, tenant) => sum + tenant.totals.messages.accepted, 0)
    assert.equal(ofTenants, totals.messages.accepted)
  })

  it('gathers what is known of a tenant', async () => {
    const { tenants } = await collect(await filled(), fleetRules, fleetAt)
    const contoso = tenants.find(({ tenant }) => tenant === 'contoso')
    assert.ok(contoso)
    assert.deepEqual(contoso.contacts, ['it@contoso.com', 'plant@contoso.com'], 'each once')
    assert.deepEqual(
      contoso.connectors.map(({ connector, mode }) => [connector.id, mode]),
      [
        ['contoso-hybrid', 'enforce'],
        ['contoso-plant', 'enforce'],
      ],
    )
    assert.deepEqual(
      contoso.budgets.map(({ year, used, left }) => [year, used, left]),
      [
        [2026, 10, 80],
        [2027, 5, 85],
      ],
      'a pause over the turn of the year is charged to both',
    )
    assert.equal(contoso.servers[0]?.server, 'ex08.contoso.com', 'who has been outdated longest')
  })

  it('charges pauses to the years in which their days begin, and never less than nothing is left', async () => {
    const tenants = [tenantRecord('contoso', { pauses: [pauseOf(-200, 80), pauseOf(30, 20)] })]
    const fleet = await collect(await filled([], tenants), { ...fleetRules, pauseDaysPerYear: 82 }, fleetAt)
    const contoso = fleet.tenants.find(({ tenant }) => tenant === 'contoso')
    assert.deepEqual(contoso?.budgets, [
      { year: 2026, allowed: 82, used: 85, left: 0 },
      { year: 2027, allowed: 82, used: 15, left: 67 },
    ])
  })

  it('names who reaches another stage within a week, soonest first', async () => {
    const week = 7 * dayMs
    const servers = [
      outdated('late.contoso.com', 23),
      outdated('soon.contoso.com', 29),
      outdated('next.contoso.com', 39.5),
      outdated('just.contoso.com', 0, { clock: clockOf(23 + 1 / dayMs) }),
      outdated('last.contoso.com', 200),
    ]
    const { soon } = await collect(await filled(servers, []), fleetRules, fleetAt)
    assert.deepEqual(
      soon.map(({ server, from, to }) => [server, from.stage, to.stage]),
      [
        ['next.contoso.com', 2, 3],
        ['soon.contoso.com', 1, 2],
        ['just.contoso.com', 1, 2],
      ],
      'in exactly seven days is later',
    )
    assert.ok(soon.every(({ at }) => at > fleetAt && at < fleetAt + week))
  })

  it('counts who is open to attacks that happen, but not who was switched off long ago', async () => {
    const servers = [
      outdated('open.contoso.com', 5),
      outdated('gone.contoso.com', 50, { lastSeenAt: fleetAt - 31 * dayMs }),
      compliant('good.contoso.com'),
    ]
    const { totals } = await collect(await filled(servers, []), fleetRules, fleetAt)
    assert.equal(totals.knownExploited, 1)
  })

  it('counts once what is listed twice, and names what cannot be read', async () => {
    const server = outdated('ex01.contoso.com', 5)
    const listed = {
      key: { tenant: 'contoso', server: server.server },
      state: 'present',
      value: server,
    } as const
    const damaged = { key: { tenant: 'contoso', server: 'x' }, state: 'unreadable', why: 'damaged' } as const
    const inventory: Inventory = {
      list: async function* (kind: string) {
        if (kind === 'server') yield* [listed, damaged, listed, { key: { tenant: 'x' }, state: 'absent' }]
        else yield { key: { tenant: 'fabrikam' }, state: 'unreadable', why: 'newer' }
      } as Inventory['list'],
    }
    const { totals, unreadable } = await collect(inventory, fleetRules, fleetAt)
    assert.equal(totals.servers, 1)
    assert.equal(totals.messages.accepted, 30)
    assert.deepEqual(unreadable, [
      { tenant: 'fabrikam', server: null, why: 'newer' },
      { tenant: 'contoso', server: 'x', why: 'damaged' },
    ])
  })

  it('of one tenant holds nothing of others', async () => {
    const { tenants, servers } = await collect(await filled(), fleetRules, fleetAt, 'fabrikam')
    assert.deepEqual(
      tenants.map(({ tenant }) => tenant),
      ['fabrikam'],
    )
    assert.deepEqual(
      servers.map(({ server }) => server),
      ['mail.fabrikam.com'],
    )
  })

  it('of 10,000 servers is the sum of its tenants, and lets other work have its turn meanwhile', async function () {
    this.timeout(60_000)
    const servers = Array.from({ length: 10_000 }, (_, place) =>
      outdated(`s${place}.example.com`, place % 130, { tenant: `t${place % 50}` }),
    )
    const store = await filled(servers, [])
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    const fleet = await collect(store, fleetRules, fleetAt)
    clearInterval(timer)
    assert.equal(fleet.totals.servers, 10_000)
    assert.equal(fleet.totals.messages.deferred, 60_000)
    assert.equal(
      fleet.tenants.reduce((sum, tenant) => sum + tenant.totals.servers, 0),
      10_000,
    )
    assert.ok(turns > 5, `${turns} turns of others`)
  })
})
