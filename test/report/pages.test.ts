import assert from 'node:assert/strict'
import { collect } from '../../src/report/collect'
import { explain } from '../../src/report/explanation'
import type { Fleet } from '../../src/report/fleet'
import { messagesChart } from '../../src/report/chart/messages'
import { wayChart } from '../../src/report/chart/way'
import { cataloguePage } from '../../src/report/page/catalogue'
import { configurationPage } from '../../src/report/page/configuration'
import { document } from '../../src/report/page/document'
import { servedLinks } from '../../src/report/page/links'
import { overviewPage } from '../../src/report/page/overview'
import { noSlots, type Page } from '../../src/report/page/page'
import { serverPage } from '../../src/report/page/server'
import { serversPage } from '../../src/report/page/servers'
import { situation } from '../../src/report/page/situation'
import { stylesheet } from '../../src/report/page/stylesheet'
import { tenantPage } from '../../src/report/page/tenant'
import { tenantsPage } from '../../src/report/page/tenants'
import { cutPage, everyServer } from '../../src/report/server-query'
import type { ServerRecord } from '../../src/rules/clock/record'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { dayMs } from '../../src/rules/time'
import { parseBuild } from '../../src/rules/verdict/build'
import type { Policy } from '../../src/rules/verdict/policy'
import {
  clockOf,
  compliant,
  filled,
  fleetAt,
  fleetRules,
  hostileText,
  outdated,
  pauseOf,
  richServers,
  richTenants,
} from '../support/fleet'
import { tenantRecord } from '../support/records'

function explained(record: ServerRecord) {
  const tenant = richTenants.find(({ tenant: name }) => name === record.tenant) ?? tenantRecord(record.tenant)
  return explain(record, tenant, fleetRules, fleetAt)
}

describe('The pages', () => {
  let fleet: Fleet
  let pages: readonly Page[]
  before(async () => {
    fleet = await collect(await filled(), fleetRules, fleetAt)
    pages = [
      overviewPage(fleet, servedLinks),
      serversPage(cutPage(fleet, { ...everyServer, text: '' }, 5), fleet, servedLinks),
      serversPage(
        cutPage(fleet, { ...everyServer, text: hostileText, tenant: hostileText }),
        fleet,
        servedLinks,
      ),
      tenantsPage(fleet, servedLinks),
      ...fleet.tenants.map((tenant) => tenantPage(tenant, fleetAt, servedLinks, noSlots)),
      ...richServers.map((record) => serverPage(explained(record), fleetAt, servedLinks, noSlots)),
      cataloguePage(fleetRules.catalogue, fleetRules.policy, fleetAt),
      configurationPage(
        [
          {
            name: hostileText,
            sections: [{ name: hostileText, entries: [{ key: 'k', value: hostileText, isDefault: false }] }],
          },
        ],
        hostileText,
      ),
    ]
  })

  it('hold no markup of strangers, no style, script or address outside, and no figure that is none', () => {
    for (const page of pages) {
      const text = document(page, {
        links: servedLinks,
        stylesheet: '/style.css',
        now: fleetAt,
        asOf: fleetAt,
        notices: [{ kind: 'fault', text: hostileText }],
        account: null,
      })
      assert.doesNotMatch(text, /<script|\son\w+=|\u202e/i, page.title)
      assert.doesNotMatch(text, /\sstyle=|<style/, page.title)
      assert.doesNotMatch(text, /(?:href|src|action)="(?!\/|#content)/, page.title)
      assert.doesNotMatch(text, /NaN|Infinity|undefined|\[object/, page.title)
      assert.match(text, /&lt;script&gt;/)
    }
  })

  it('name nothing outside in their stylesheet', () => assert.doesNotMatch(stylesheet, /url\(|@import|</))

  it('have ids that stand once', () => {
    for (const { title, body } of pages) {
      const ids = [...body.toString().matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
      assert.deepEqual(ids, [...new Set(ids)], title)
    }
  })

  const standings: readonly (readonly [record: ServerRecord, said: RegExp, reason: string])[] = [
    [
      outdated('a', 66),
      /in stage 5: defer.30, refuse.5.min\/h\. Stage 6 begins on 2026-12-01, in 4 days/,
      'outdated',
    ],
    [outdated('a', 200), /in stage 8: refuse.60.min\/h\. No later stage follows/, 'in the last stage'],
    [compliant('a'), /^Nothing is held against it\.$/, 'compliant'],
    [
      outdated('a', 9, { clock: { state: 'suspected', firstAt: fleetAt - dayMs, sightings: 1 } }),
      /^1 outdated message since 2026-11-26: too few/,
      'suspected',
    ],
    [
      compliant('a', { recovery: { at: fleetAt - 3 * dayMs, elapsedMs: 1 } }),
      /Recovered on 2026-11-24, 3 days ago/,
      'recovered',
    ],
    [
      outdated('a', 35, { tenant: 'fabrikam' }),
      /paused enforcement until 2026-12-09: the clock stands at 33 days, in stage 2/,
      'paused',
    ],
  ]
  for (const [record, said, reason] of standings) {
    it(`say in sentences where a server stands: ${reason}`, () => {
      const tenant = record.tenant === 'fabrikam' ? richTenants[1] : undefined
      const explanation = explain(record, tenant ?? tenantRecord('contoso'), fleetRules, fleetAt)
      assert.match(situation(explanation, fleetAt).join(' '), said)
    })
  }

  it('fold away vulnerabilities that nobody is known to use, never the others', () => {
    const [before = '', folded = ''] = serverPage(explained(outdated('a', 5)), fleetAt, servedLinks, noSlots)
      .body.toString()
      .split(/<details>\s*<summary>\d+ others/)
    assert.match(before, /CVE-\d+-\d+<\/span\s*>\s*<span class="exploited"/)
    assert.match(folded, /^<\/summary>/)
    assert.doesNotMatch(folded.split('</details>')[0] ?? '', /exploited/)
  })

  for (const policy of [
    { preset: 'lifecycle', maxPatchAgeDays: 90, inScopeFrom: new Map() },
    {
      preset: 'custom',
      floors: [parseBuild('15.2.1544.9')].flatMap((build) => build ?? []),
      inScopeFrom: new Map(),
    },
  ] satisfies readonly Policy[]) {
    it(`show what passes under the policy ${policy.preset}`, () => {
      const text = cataloguePage(fleetRules.catalogue, policy, fleetAt).body.toString()
      assert.match(text, new RegExp(`Policy ${policy.preset}`))
      assert.equal(text.includes('15.2.1544.9</li>'), policy.preset === 'custom')
    })
  }

  it('warn of a catalogue that is old', () => {
    const of = (at: number) => cataloguePage(fleetRules.catalogue, fleetRules.policy, at).body.toString()
    assert.doesNotMatch(of(fleetAt), /notice warning/)
    assert.match(of(fleetAt + 100 * dayMs), /notice warning/)
  })
})

describe('The charts', () => {
  const way = (clockDays: number, at = fleetAt, stages = defaultSchedule) => {
    const clock = clockOf(clockDays)
    const start = clock.state === 'running' ? clock.startedAt : 0
    const dates = stages.map((stage) => ({ stage, at: start + stage.fromDay * dayMs }))
    return wayChart('way', dates, [pauseOf(-1, 3, hostileText)], clockDays * dayMs, at).toString()
  }
  const drawings: readonly (readonly [drawing: () => string, holds: RegExp, reason: string])[] = [
    [() => messagesChart('m', [], fleetAt).toString(), /The last 14 days: 0 accepted/, 'no message at all'],
    [
      () =>
        messagesChart('m', [{ day: '2026-11-27', accepted: 1, deferred: 0, refused: 0 }], fleetAt).toString(),
      /class="accepted" d="M/,
      'one message',
    ],
    [
      () =>
        messagesChart(
          'm',
          [{ day: '2026-11-27', accepted: 1e6, deferred: 0, refused: 1 }],
          fleetAt,
        ).toString(),
      /class="refused" d="M[\d.]+ [\d.]+h[\d.]+v-2H/,
      'one refused among a million is seen',
    ],
    [
      () =>
        messagesChart('m', [{ day: '2020-01-01', accepted: 7, deferred: 0, refused: 0 }], fleetAt).toString(),
      /The last 60 days: 0 accepted/,
      'only mail of long ago',
    ],
    [() => way(0), /today, day 0/, 'the first day'],
    [() => way(900), /day 900, beyond the drawing/, 'years in the last stage'],
    [() => way(45, fleetAt, defaultSchedule.slice(0, 1)), /day 45/, 'a schedule of one row'],
    [
      () =>
        way(
          45,
          fleetAt,
          defaultSchedule.map((row) => ({ ...row, fromDay: 0 })),
        ),
      /day 45/,
      'a relapse into the last stage',
    ],
    [() => way(45, fleetAt, []), /day 45/, 'no schedule'],
  ]
  for (const [drawing, holds, reason] of drawings) {
    it(`are drawn for ${reason}`, () => {
      const text = drawing()
      assert.match(text, holds)
      assert.doesNotMatch(text, /NaN|Infinity|undefined|<script|style=/)
    })
  }
})
