import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Evidence, Transport } from '../../src/rules/evidence/evidence'
import { compareBuilds, formatBuild } from '../../src/rules/verdict/build'
import { judge, judgeEvidence } from '../../src/rules/verdict/judge'
import type { Policy } from '../../src/rules/verdict/policy'
import type { Verdict } from '../../src/rules/verdict/verdict'
import type { Ask } from '../rules/verdict/catalogue-fixture'
import {
  answer,
  buildOf,
  catalogue,
  custom,
  cveState,
  data,
  judgeText,
  lifecycle,
  microsoft,
} from '../rules/verdict/catalogue-fixture'

const today = '2026-11-22'

describe('V1 the catalogue says what an id is', () => {
  // Every alias of the catalogue, with what it must count as: [id, hop, counts as, name].
  const aliases: readonly [string, Transport, string, string | null][] = [
    ['8.2.255.0', 'smtp', '8.2.255.0', 'Exchange Server 2007 SP2 RU4'],
    ['14.0.722.0', 'smtp', '14.0.722.0', 'Exchange Server 2010 RTM RU4'],
    ['14.2.247.3', 'smtp', '14.2.247.5', 'Exchange Server 2010 SP2'],
    ['14.2.347.0', 'smtp', '14.2.347.0', 'Exchange Server 2010 SP2 RU6'],
    ['14.3.123.3', 'smtp', '14.3.123.4', 'Exchange Server 2010 SP3'],
    ['14.3.399.0', 'smtp', '14.3.399.2', 'Exchange Server 2010 SP3 RU21'],
    ['14.3.408.0', 'smtp', '14.3.411.0', 'Exchange Server 2010 SP3 RU22'],
    ['14.3.415.0', 'mapi', '14.3.417.1', 'Exchange Server 2010 SP3 RU23'],
    ['14.3.439.0', 'smtp', '14.3.442.0', 'Exchange Server 2010 SP3 RU26'],
    ['14.3.487.0', 'smtp', '14.3.496.0', 'Exchange Server 2010 SP3 RU30'],
    ['14.3.498.0', 'smtp', '14.3.509.0', 'Exchange Server 2010 SP3 RU31'],
    ['15.0.620.20', 'mapi', '15.0.620.29', 'Exchange Server 2013 CU1'],
    ['15.0.847.30', 'mapi', '15.0.847.32', 'Exchange Server 2013 SP1'],
    ['15.0.847.40', 'mapi', '15.0.847.40', 'Exchange Server 2013 SP1 Mar15SU'],
    ['15.0.913.11', 'mapi', '15.0.913.22', 'Exchange Server 2013 CU5'],
    ['15.0.995.28', 'mapi', '15.0.995.29', 'Exchange Server 2013 CU6'],
    ['15.0.1044.21', 'mapi', '15.0.1044.25', 'Exchange Server 2013 CU7'],
    ['15.0.1130.5', 'mapi', '15.0.1130.7', 'Exchange Server 2013 CU10'],
    ['15.0.1156.0', 'mapi', '15.0.1156.6', 'Exchange Server 2013 CU11'],
    ['15.0.1263.0', 'mapi', '15.0.1263.5', 'Exchange Server 2013 CU15'],
    ['15.0.1320.0', 'mapi', '15.0.1320.4', 'Exchange Server 2013 CU17'],
    ['15.0.1347.0', 'mapi', '15.0.1347.2', 'Exchange Server 2013 CU18'],
    ['15.0.1365.0', 'mapi', '15.0.1365.1', 'Exchange Server 2013 CU19'],
    ['15.0.1367.0', 'mapi', '15.0.1367.3', 'Exchange Server 2013 CU20'],
    ['15.0.1395.0', 'mapi', '15.0.1395.4', 'Exchange Server 2013 CU21'],
    ['15.0.1497.0', 'mapi', '15.0.1497.2', 'Exchange Server 2013 CU23'],
    ['15.0.1497.32', 'smtp', '15.0.1497.33', 'Exchange Server 2013 CU23 Mar22SU'],
    ['15.0.1497.38', 'smtp', '15.0.1497.40', 'Exchange Server 2013 CU23 Aug22SU'],
    ['15.1.1591.8', 'mapi', '15.1.1591.10', 'Exchange Server 2016 CU11'],
    ['15.1.1591.12', 'mapi', '15.1.1591.12', 'Exchange Server 2016 CU11 Dec18SU'],
    ['15.1.1713.4', 'mapi', '15.1.1713.5', 'Exchange Server 2016 CU12'],
    ['15.1.2375.34', 'smtp', '15.1.2375.37', 'Exchange Server 2016 CU22 Nov22SU'],
    ['15.1.2507.18', 'smtp', '15.1.2507.18', 'Exchange Server 2016 CU23 Jan23SU'],
    ['15.2.858.2', 'mapi', '15.2.858.5', 'Exchange Server 2019 CU9'],
    ['15.2.1118.24', 'smtp', '15.2.1118.24', 'Exchange Server 2019 CU12 Jan23SU'],
    ['15.2.1258.35', 'smtp', '15.2.1258.35', 'Exchange Server 2019 CU13 Apr24HU'],
  ]

  it('has an expectation for each of the 36 aliases', () => {
    const known = data.header_aliases.map((alias) => `${alias.id} ${alias.transport}`)
    assert.deepEqual(
      aliases.map(([id, transport]) => `${id} ${transport}`),
      known,
    )
    assert.equal(known.length, 36)
  })
  for (const [id, transport, counts, name] of aliases) {
    it(`${id} in a ${transport} hop counts as ${counts}`, () => {
      const reading = catalogue.read(buildOf(id), transport)
      assert.equal(formatBuild(reading.build), counts)
      assert.equal(reading.listed?.name, name)
    })
  }
  it('an alias of SMTP hops means nothing in a mapi hop, and the other way round', () => {
    assert.equal(formatBuild(catalogue.translate(buildOf('15.1.2375.34'), 'mapi')), '15.1.2375.34')
    assert.equal(formatBuild(catalogue.translate(buildOf('15.0.1497.0'), 'smtp')), '15.0.1497.0')
  })
  it('an id after an alias stands for no less than the alias', () => {
    assert.equal(formatBuild(catalogue.translate(buildOf('15.1.2375.35'), 'smtp')), '15.1.2375.37')
    assert.equal(formatBuild(catalogue.translate(buildOf('15.1.2375.33'), 'smtp')), '15.1.2375.33')
  })

  it('an id a little below the first build of a release is that release', () => {
    assert.equal(judgeText('14.1.218.12', today, { transport: 'mapi' }).name, 'Exchange Server 2010 SP1')
    assert.equal(judgeText('15.1.2507.1', today).name, 'Exchange Server 2016 CU23')
    assert.equal(judgeText('14.2.222.2', today).name, null, 'an interim build before the service pack')
    assert.equal(answer(judgeText('15.1.2507.1', '2024-05-01')), 'outdated behind 15.1.2507.31')
  })

  const products: readonly [string, string | null, string][] = [
    ['4.0.995.0', 'exchange-4.0', 'the oldest product'],
    ['5.0.1460.8', 'exchange-5.0', 'a product with few dates'],
    ['5.5.2653.19', 'exchange-5.5', 'Internet Mail Service'],
    ['6.0.6620.7', 'exchange-2000', 'X-MimeOLE of 2000'],
    ['6.5.7638.0', 'exchange-2003', 'listed with three parts'],
    ['8.3.485.1', 'exchange-2007', 'SP3'],
    ['14.3.513.0', 'exchange-2010', 'SP3'],
    ['15.0.1497.48', 'exchange-2013', 'the last of 2013'],
    ['15.1.2507.75', 'exchange-2016', 'the last of 2016'],
    ['15.1.9999.0', 'exchange-2016', 'a branch not known yet'],
    ['15.2.191.1', 'exchange-2019', 'a preview below build_from'],
    ['15.2.221.12', 'exchange-2019', '2019 RTM'],
    ['15.2.2561.99999', 'exchange-2019', 'right below the border to SE'],
    ['15.2.2562.0', 'exchange-se', 'the border itself'],
    ['15.2.2562.17', 'exchange-se', 'SE RTM'],
    ['15.2.3000.1', 'exchange-se', 'an SE branch to come'],
    ['15.3.1.1', null, 'newer than all products'],
    ['7.0.1.1', null, 'between 2003 and 2007'],
    ['14.4.1.1', null, 'between 2010 and 2013'],
    ['3.0.1.1', null, 'older than all products'],
  ]
  for (const [id, product, why] of products) {
    it(`${id} is ${product ?? 'of no product'}: ${why}`, () => {
      assert.equal(catalogue.productOf(buildOf(id))?.id ?? null, product)
    })
  }
})

describe('V2 the policy microsoft', () => {
  const table: readonly [string, string, string, string][] = [
    // never pass, once in scope
    ['5.5.2653.19', '2023-07-31', 'compliant not-in-scope', 'one day before the rollout'],
    ['5.5.2653.19', '2023-08-01', 'outdated end-of-life', 'older than 2007: as 2007'],
    ['4.0.995.0', today, 'outdated end-of-life', '4.0'],
    ['5.0.1460.0', today, 'outdated end-of-life', '5.0'],
    ['6.0.6620.7', today, 'outdated end-of-life', '2000'],
    ['6.5.7656.2', today, 'outdated end-of-life', '2003'],
    ['8.3.517.0', '2023-07-31', 'compliant not-in-scope', '2007, the day before'],
    ['8.3.517.0', '2023-08-01', 'outdated end-of-life', '2007, first day'],
    ['14.3.513.0', '2023-08-31', 'compliant not-in-scope', '2010, the day before'],
    ['14.3.513.0', '2023-09-01', 'outdated end-of-life', '2010, first day, fully patched'],
    ['15.0.1497.48', '2023-11-30', 'compliant not-in-scope', '2013, the day before'],
    ['15.0.1497.48', '2023-12-01', 'outdated end-of-life', '2013, first day, fully patched'],
    // spring 2024
    ['15.1.2507.16', '2024-02-29', 'compliant not-in-scope', '2016, the day before'],
    ['15.1.2507.16', '2024-03-01', 'outdated behind 15.1.2507.31', 'the published sample server'],
    ['15.1.2507.27', '2024-05-20', 'outdated behind 15.1.2507.31', 'Jun23SU'],
    ['15.1.2507.31', '2024-05-20', 'compliant at-or-above-floor 15.1.2507.31', 'accepted list'],
    ['15.1.2507.32', '2024-05-20', 'compliant at-or-above-floor 15.1.2507.31', 'accepted list'],
    ['15.1.2507.34', '2024-05-20', 'compliant at-or-above-floor 15.1.2507.31', 'accepted list'],
    ['15.1.2507.35', '2024-05-20', 'compliant at-or-above-floor 15.1.2507.31', 'accepted list'],
    ['15.1.2507.36', '2024-05-20', 'compliant at-or-above-floor 15.1.2507.31', 'accepted, though not listed'],
    ['15.1.2507.37', '2024-05-20', 'compliant at-or-above-floor 15.1.2507.31', 'accepted list'],
    ['15.1.2507.39', '2024-05-20', 'compliant at-or-above-floor 15.1.2507.31', 'accepted list'],
    ['15.1.2375.37', '2024-05-20', 'outdated behind 15.1.2507.31', 'an old CU fails however well patched'],
    ['15.2.1118.30', '2024-05-20', 'outdated behind 15.2.1118.36', 'CU12 below its floor'],
    ['15.2.1118.36', '2024-05-20', 'compliant at-or-above-floor 15.2.1118.36', 'CU12 at its floor'],
    ['15.2.1118.40', '2024-05-20', 'compliant at-or-above-floor 15.2.1118.36', 'CU12 above its floor'],
    ['15.2.1258.16', '2024-05-20', 'outdated behind 15.2.1258.23', 'CU13 has a floor of its own'],
    ['15.2.1258.23', '2024-05-20', 'compliant at-or-above-floor 15.2.1258.23', 'CU13 at its floor'],
    ['15.2.1544.4', '2024-05-20', 'compliant at-or-above-floor 15.2.1258.23', 'a later branch passes'],
    ['15.2.986.42', '2024-05-20', 'outdated behind 15.2.1118.36', 'CU11: no floor of an earlier branch'],
    // September 2026
    ['15.1.2507.59', '2026-09-07', 'compliant at-or-above-floor 15.1.2507.31', 'the old floor, last day'],
    ['15.1.2507.59', '2026-09-08', 'outdated behind 15.1.2507.61', 'the new floor, first day'],
    ['15.1.2507.61', '2026-09-08', 'compliant at-or-above-floor 15.1.2507.61', 'last public update'],
    ['15.1.2507.75', today, 'compliant at-or-above-floor 15.1.2507.61', 'paid update'],
    ['15.2.1544.36', '2026-09-07', 'compliant at-or-above-floor 15.2.1258.23', 'CU14 before'],
    ['15.2.1544.36', '2026-09-08', 'outdated behind 15.2.1748.39', 'CU14 was not named'],
    ['15.2.1544.48', today, 'outdated behind 15.2.1748.39', 'CU14 with the newest paid update neither'],
    ['15.2.1748.37', '2026-09-08', 'outdated behind 15.2.1748.39', 'CU15 below'],
    ['15.2.1748.39', '2026-09-08', 'compliant at-or-above-floor 15.2.1748.39', 'CU15 at it'],
    ['15.2.2562.17', today, 'compliant no-floor', 'SE is not enforced so far'],
    ['15.2.2562.53', today, 'compliant no-floor', 'SE'],
    ['7.0.1.1', today, 'undetermined unknown-product', 'no such product'],
    ['15.20.8000.1', today, 'undetermined exchange-online', 'E4'],
    ['15.21.92.5', today, 'undetermined exchange-online', 'E4'],
  ]
  for (const [id, day, expected, why] of table) {
    it(`${id} on ${day} is ${expected}: ${why}`, () => assert.equal(answer(judgeText(id, day)), expected))
  }

  it('a date of the operator replaces the one of the rollout, earlier or later', () => {
    const from = (day: string): Policy => ({
      preset: 'microsoft',
      inScopeFrom: new Map([['exchange-2010', day]]),
    })
    const at = (policy: Policy, day: string) => answer(judgeText('14.3.513.0', day, { policy }))
    assert.equal(at(from('2027-01-01'), today), 'compliant not-in-scope')
    assert.equal(at(from('2020-01-01'), '2020-01-01'), 'outdated end-of-life')
  })
  it('a product without a published date takes one from the operator', () => {
    const policy: Policy = { preset: 'microsoft', inScopeFrom: new Map([['exchange-se', '2027-01-01']]) }
    assert.equal(answer(judgeText('15.2.2562.17', today, { policy })), 'compliant not-in-scope')
    assert.equal(answer(judgeText('15.2.2562.17', '2027-01-01', { policy })), 'compliant no-floor')
  })
})

describe('V2 the policy lifecycle', () => {
  const table: readonly [string, string, Ask, string, string][] = [
    ['15.1.2507.61', '2025-10-14', {}, 'compliant up-to-date', 'the last day of support'],
    ['15.1.2507.61', '2025-10-15', {}, 'outdated end-of-life', 'the day after'],
    ['15.1.2507.61', '2025-10-15', { esu: true }, 'compliant up-to-date', 'paid updates count as support'],
    ['15.1.2507.61', '2026-03-09', { esu: true }, 'compliant up-to-date', 'Dec25SU is exactly 90 days old'],
    ['15.1.2507.61', '2026-03-10', { esu: true }, 'outdated behind 15.1.2507.63', 'Dec25SU is 91 days old'],
    ['15.1.2507.75', '2026-10-31', { esu: true }, 'compliant up-to-date', 'the last day of paid updates'],
    ['15.1.2507.75', '2026-11-01', { esu: true }, 'outdated end-of-life', 'paid updates ended'],
    ['15.0.1497.48', '2023-04-11', {}, 'compliant up-to-date', '2013 on its last day'],
    ['15.0.1497.48', '2023-04-12', {}, 'outdated end-of-life', '2013 after it'],
    ['15.0.1497.48', '2023-04-12', { esu: true }, 'outdated end-of-life', '2013 never had paid updates'],
    ['14.3.496.0', '2020-10-14', {}, 'outdated end-of-life', '2010'],
    ['5.5.2653.19', '2006-01-01', {}, 'outdated end-of-life', '5.5 ended with 2005'],
    ['4.0.995.0', '2006-01-01', {}, 'outdated end-of-life', '4.0: not later than its successors'],
    [
      '15.1.2507.37',
      '2025-02-11',
      {},
      'outdated behind 15.1.2507.43',
      'Nov24SU is 91 days old, its v2 is not',
    ],
    ['15.1.2507.37', '2025-02-10', {}, 'compliant up-to-date', 'Nov24SU is 90 days old'],
    ['15.1.2507.39', '2025-03-01', {}, 'outdated behind 15.1.2507.44', 'a hotfix brings no security update'],
    [
      '15.1.2375.37',
      '2023-06-13',
      {},
      'outdated behind 15.1.2507.23',
      'CU22 got no Mar23SU: the next CU has it',
    ],
    ['15.2.1544.4', '2024-06-10', {}, 'compliant up-to-date', 'Mar24SU is 90 days old'],
    ['15.2.1544.4', '2024-06-11', {}, 'outdated behind 15.2.1544.9', 'Mar24SU is 91 days old'],
    ['15.2.2562.53', today, {}, 'compliant up-to-date', 'SE, newest'],
    ['15.2.2562.29', today, {}, 'outdated behind 15.2.2562.46', 'lacks Aug26SU, which is old enough'],
    ['15.2.2562.46', today, {}, 'compliant up-to-date', 'lacks only what is younger'],
    [
      '14.3.439.0',
      '2019-10-08',
      { transport: 'smtp' },
      'outdated behind 14.3.468.0',
      'RU29 is not hidden by the id',
    ],
    [
      '14.3.439.0',
      '2019-08-01',
      { transport: 'smtp' },
      'undetermined cannot-tell',
      'RU27 may be hidden by it',
    ],
    [
      '14.3.442.0',
      '2019-08-01',
      { transport: 'mapi' },
      'outdated behind 14.3.452.0',
      'a mapi id hides nothing',
    ],
    ['15.2.1600.1', '2025-09-01', {}, 'undetermined cannot-tell', 'a branch in no list may have any update'],
  ]
  for (const [id, day, ask, expected, why] of table) {
    it(`${id} on ${day} is ${expected}: ${why}`, () => {
      assert.equal(answer(judgeText(id, day, { policy: lifecycle(), ...ask })), expected)
    })
  }
  it('the age allowed is the operator’s', () => {
    const at = (days: number) => answer(judgeText('15.2.2562.46', today, { policy: lifecycle(days) }))
    assert.equal(at(75), 'compliant up-to-date')
    assert.equal(at(74), 'outdated behind 15.2.2562.49')
    assert.equal(at(0), 'outdated behind 15.2.2562.53')
  })
  it('the rollout of Exchange Online plays no part, a date of the operator does', () => {
    assert.equal(
      answer(judgeText('14.3.513.0', '2021-01-01', { policy: lifecycle() })),
      'outdated end-of-life',
    )
    const policy: Policy = {
      preset: 'lifecycle',
      maxPatchAgeDays: 90,
      inScopeFrom: new Map([['exchange-2010', '2027-01-01']]),
    }
    assert.equal(answer(judgeText('14.3.513.0', today, { policy })), 'compliant not-in-scope')
  })
})

describe('V2 the policy custom', () => {
  const table: readonly [string, readonly string[], string, string][] = [
    ['15.1.2507.38', ['15.1.2507.39'], 'outdated behind 15.1.2507.39', 'below'],
    ['15.1.2507.39', ['15.1.2507.39'], 'compliant at-or-above-floor 15.1.2507.39', 'at it'],
    ['15.2.221.12', ['15.1.2507.39'], 'compliant no-floor', 'a newer product without a floor'],
    ['15.0.1497.48', ['15.1.2507.39'], 'outdated behind 15.1.2507.39', 'older than every product with one'],
    ['15.1.2507.75', ['15.0.1497.48', '15.2.1748.39'], 'compliant no-floor', 'between two products with one'],
    [
      '14.3.513.0',
      ['15.2.1748.39', '15.0.1497.48'],
      'outdated behind 15.0.1497.48',
      'the lowest floor is named',
    ],
    ['14.3.487.0', ['14.3.496.0'], 'compliant at-or-above-floor 14.3.496.0', 'the id of RU30'],
    ['14.3.468.0', ['14.3.496.0'], 'outdated behind 14.3.496.0', 'RU29'],
    ['14.3.100.0', ['14.2.390.3', '14.3.496.0'], 'outdated behind 14.3.496.0', 'SP3 has a floor of its own'],
    ['14.3.123.4', ['14.2.390.3'], 'compliant at-or-above-floor 14.2.390.3', 'a later service pack'],
    ['15.2.2562.20', ['15.2.2562.29'], 'outdated behind 15.2.2562.29', 'SE'],
    ['15.2.1748.53', ['15.2.2562.29'], 'outdated behind 15.2.2562.29', '2019 is older than SE'],
    [
      '15.2.2562.55',
      ['15.2.2562.60'],
      'outdated behind 15.2.2562.60',
      'a floor the catalogue does not know yet',
    ],
    ['8.3.517.0', [], 'compliant no-floor', 'no floors at all'],
    ['15.3.100.1', ['15.3.100.5'], 'outdated behind 15.3.100.5', 'a product the catalogue does not know yet'],
    ['15.3.100.6', ['15.3.100.5'], 'compliant at-or-above-floor 15.3.100.5', 'the same, at its floor'],
  ]
  for (const [id, floors, expected, why] of table) {
    it(`${id} with floors ${floors.join(', ') || 'none'} is ${expected}: ${why}`, () => {
      assert.equal(answer(judgeText(id, today, { policy: custom(...floors) })), expected)
    })
  }
})

describe('V3 comparison is by number', () => {
  const newer: readonly [string, string, string][] = [
    ['15.1.2507.76', 'compliant at-or-above-floor 15.1.2507.61', 'a later update of the newest branch'],
    ['15.1.2600.1', 'compliant at-or-above-floor 15.1.2507.61', 'a later branch'],
    ['15.2.1748.54', 'compliant at-or-above-floor 15.2.1748.39', '2019'],
    ['15.2.2562.54', 'compliant no-floor', 'SE'],
    ['15.2.3000.1', 'compliant no-floor', 'SE CU1'],
    ['15.3.1.1', 'compliant no-floor', 'a product to come'],
    ['16.0.1.1', 'compliant no-floor', 'a product to come'],
  ]
  for (const [id, expected, why] of newer) {
    it(`${id} is newer than the catalogue: ${why}`, () => {
      const verdict = judgeText(id, today)
      assert.equal(answer(verdict), expected)
      assert.equal(verdict.newerThanCatalogue, true)
      assert.deepEqual(verdict.missing, [])
      assert.equal(verdict.install, null)
      assert.deepEqual(
        verdict.cves.filter((cve) => cve.state === 'open'),
        [],
      )
    })
  }
  it('it is so under lifecycle as long as the product is in support', () => {
    const policy = lifecycle()
    assert.equal(answer(judgeText('15.2.2562.54', '2030-01-01', { policy })), 'compliant up-to-date')
    assert.equal(answer(judgeText('15.3.1.1', '2030-01-01', { policy })), 'compliant up-to-date')
    const ended = judgeText('15.1.2507.76', today, { policy })
    assert.equal(answer(ended), 'outdated end-of-life')
    assert.equal(ended.newerThanCatalogue, false)
  })
  it('a product that never passes does not pass by a high number', () => {
    const verdict = judgeText('15.0.9999.1', today)
    assert.equal(answer(verdict), 'outdated end-of-life')
    assert.equal(verdict.newerThanCatalogue, false)
  })
  it('what is listed, or below it, is not newer', () => {
    for (const id of ['15.1.2507.75', '15.1.2507.74', '15.2.2562.53', '15.2.1544.60']) {
      assert.equal(judgeText(id, today).newerThanCatalogue, false, id)
    }
  })
})

describe('V4 what cannot be known is not claimed', () => {
  const proxyLogon = 'CVE-2021-26855'
  const table: readonly [string, Transport, string, string, string][] = [
    ['15.1.2176.2', 'smtp', proxyLogon, 'cannot-tell', 'the base id stays with Mar21SU'],
    ['15.1.2176.2', 'http', proxyLogon, 'cannot-tell', 'only mapi hops are known to move'],
    ['15.1.2176.2', 'mapi', proxyLogon, 'open', 'a mapi id would show it'],
    ['15.1.2176.9', 'mapi', proxyLogon, 'fixed', 'Mar21SU'],
    ['15.1.2242.4', 'smtp', proxyLogon, 'fixed', 'CU20 came with it'],
    ['15.1.2242.4', 'smtp', 'CVE-2021-31207', 'open', 'May21SU shows in the id, so it is not there'],
    ['15.1.2242.4', 'smtp', 'CVE-2021-34473', 'cannot-tell', 'Apr21SU does not show'],
    ['15.1.2242.10', 'smtp', 'CVE-2021-34473', 'fixed', 'May21SU shows, and brings Apr21SU'],
    ['15.0.1497.42', 'smtp', 'CVE-2022-41040', 'cannot-tell', 'Nov22SU keeps the id of Oct22SU'],
    ['15.0.1497.42', 'mapi', 'CVE-2022-41040', 'open', 'a mapi id would show it'],
    ['15.0.1497.44', 'smtp', 'CVE-2022-41040', 'fixed', 'Nov22SU'],
    ['15.1.2375.34', 'smtp', 'CVE-2022-41040', 'fixed', 'the id of CU22 Nov22SU'],
    ['15.1.2375.32', 'smtp', 'CVE-2022-41040', 'open', 'Oct22SU'],
    ['14.3.498.0', 'smtp', 'CVE-2021-26857', 'cannot-tell', 'RU32 keeps the id of RU31'],
    ['14.3.487.0', 'smtp', 'CVE-2021-26857', 'open', 'RU30'],
    ['14.3.513.0', 'mapi', 'CVE-2021-26857', 'fixed', 'RU32'],
    ['15.1.1531.12', 'mapi', proxyLogon, 'fixed', 'Mar21SU of an old CU'],
    ['15.1.1531.12', 'mapi', 'CVE-2018-8604', 'cannot-tell', 'Mar21SU of an old CU brings no older update'],
    ['15.1.2507.75', 'smtp', 'CVE-2024-21410', 'cannot-tell', 'a setting protects, and no header shows it'],
    ['15.2.2562.53', 'smtp', 'CVE-2018-8581', 'fixed', 'SE did not exist then'],
  ]
  for (const [id, transport, cve, expected, why] of table) {
    it(`${cve} at ${id} in a ${transport} hop is ${expected}: ${why}`, () => {
      assert.equal(cveState(judgeText(id, today, { transport }), cve), expected)
    })
  }
  it('an update that may be there is not called missing', () => {
    const at = (transport: Transport) => judgeText('15.1.2176.2', '2021-07-31', { transport }).missing
    assert.deepEqual(at('smtp'), ['May21SU', 'Jul21SU'])
    assert.deepEqual(at('mapi'), ['Feb21SU', 'Mar21SU', 'Apr21SU', 'May21SU', 'Jul21SU'])
  })
  it('a floor that may be reached unseen is neither held to be reached nor missed', () => {
    const at = (id: string, transport: Transport) =>
      answer(judgeText(id, today, { transport, policy: custom('15.1.2176.9') }))
    assert.equal(at('15.1.2176.2', 'smtp'), 'undetermined cannot-tell 15.1.2176.9')
    assert.equal(at('15.1.2176.2', 'mapi'), 'outdated behind 15.1.2176.9')
    assert.equal(at('15.1.2176.9', 'smtp'), 'compliant at-or-above-floor 15.1.2176.9')
    assert.equal(at('15.1.2106.2', 'smtp'), 'outdated behind 15.1.2176.9')
  })
  it('under lifecycle an unseen update that would decide leaves the server undetermined', () => {
    const at = (id: string, day: string, transport: Transport) =>
      answer(judgeText(id, day, { transport, policy: lifecycle() }))
    assert.equal(at('15.1.2176.2', '2021-08-01', 'smtp'), 'undetermined cannot-tell')
    assert.equal(at('15.1.2176.2', '2021-08-01', 'mapi'), 'outdated behind 15.1.2176.12')
    assert.equal(at('15.1.2176.2', '2021-08-10', 'smtp'), 'outdated behind 15.1.2176.14')
  })
})

describe('V5 a verdict explains itself', () => {
  it('names product, update, date, floor, what is missing, what is open and what to install', () => {
    const verdict = judgeText('15.1.2507.39', '2026-09-10')
    assert.equal(verdict.product, 'exchange-2016')
    assert.equal(verdict.productName, 'Exchange Server 2016')
    assert.equal(verdict.name, 'Exchange Server 2016 CU23 Apr24HU')
    assert.equal(verdict.released, '2024-04-23')
    assert.equal(verdict.because, '15.1.2507.39 is below the floor 15.1.2507.61 in force since 2026-09-08')
    assert.deepEqual(verdict.missing, [
      'Nov24SU', 'Nov24SUv2', 'Aug25SU', 'Oct25SU', 'Dec25SU', 'Feb26SU', 'Jun26SU', 'Jul26SU', 'Aug26SU', 'Sep26SU',
    ]) // prettier-ignore
    assert.deepEqual(verdict.cves[0], { id: 'CVE-2026-42897', kev: true, state: 'open' })
    assert.equal(verdict.install, 'Exchange Server 2016 CU23 Oct25SU (KB5066369)')
  })
  it('says what an alias counts as', () => {
    const verdict = judgeText('15.1.2375.34', '2024-05-01')
    assert.equal(
      verdict.because,
      '15.1.2375.34 (counts as 15.1.2375.37) is below the floor 15.1.2507.31 in force since 2024-03-01',
    )
  })

  const installs: readonly [string, string, Ask, string | null, string][] = [
    [
      '15.2.1544.36',
      '2026-09-10',
      {},
      'Exchange Server 2019 CU15 Oct25SU (KB5066367)',
      'its own branch cannot pass',
    ],
    [
      '15.2.1544.36',
      '2026-09-10',
      { esu: true },
      'Exchange Server 2019 CU15 Sep26SU (KB5121609)',
      'who pays gets more',
    ],
    [
      '15.1.2507.61',
      today,
      {},
      'Exchange Server Subscription Edition RTM Sep26SUv2 (KB5129955)',
      'nothing newer for free',
    ],
    ['15.1.2507.61', today, { esu: true }, 'Exchange Server 2016 CU23 Sep26SUv2 (KB5129958)', 'paid'],
    [
      '15.2.1258.12',
      '2024-04-01',
      {},
      'Exchange Server 2019 CU13 Mar24SU (KB5036402)',
      'CU13 still got updates',
    ],
    [
      '15.2.1118.7',
      '2024-04-01',
      {},
      'Exchange Server 2019 CU14 Mar24SU (KB5036401)',
      'CU12 got none any more',
    ],
    [
      '14.3.513.0',
      '2023-10-01',
      {},
      'Exchange Server 2019 CU13 Aug23SUv2 (KB5030524)',
      'the newest product then',
    ],
    [
      '5.5.2653.19',
      today,
      {},
      'Exchange Server Subscription Edition RTM Sep26SUv2 (KB5129955)',
      'end of life',
    ],
    ['15.2.2562.53', today, {}, null, 'nothing is missing'],
    ['15.2.2562.49', '2026-09-30', {}, null, 'the next update is not out yet'],
    [
      '15.2.2562.49',
      '2026-10-02',
      {},
      'Exchange Server Subscription Edition RTM Sep26SUv2 (KB5129955)',
      'now it is',
    ],
  ]
  for (const [id, day, ask, expected, why] of installs) {
    it(`${id} on ${day}${ask.esu ? ' with paid updates' : ''} is to install ${expected ?? 'nothing'}: ${why}`, () => {
      assert.equal(judgeText(id, day, ask).install, expected)
    })
  }

  it('never recommends a release that was recalled', () => {
    const policy = custom('14.3.210.2')
    const installOn = (day: string) => judgeText('14.3.195.1', day, { transport: 'mapi', policy }).install
    assert.equal(installOn('2014-12-10'), 'Exchange Server 2010 SP3 RU7 (KB2961522)', 'RU8 was withdrawn')
    assert.equal(installOn('2014-12-12'), 'Exchange Server 2010 SP3 RU8v2 (KB2986475)')
  })
  it('puts known-exploited vulnerabilities first, then the newest', () => {
    const { cves } = judgeText('15.1.2106.2', today, { transport: 'mapi' })
    const published = new Map(data.cves.map((cve) => [cve.id, cve.published]))
    const ranks = cves.map((cve) => `${cve.kev ? 1 : 0} ${published.get(cve.id)}`)
    assert.deepEqual(ranks, [...ranks].sort().reverse())
    assert.ok(cves.some((cve) => cve.kev) && cves.some((cve) => !cve.kev))
  })
  it('knows on a past day only what was known then', () => {
    const before = judgeText('15.1.2106.2', '2021-03-01', { transport: 'mapi' })
    assert.equal(cveState(before, 'CVE-2021-26855'), 'fixed', 'not published yet')
    const after = judgeText('15.1.2106.2', '2021-03-02', { transport: 'mapi' })
    assert.deepEqual(
      after.cves.find((cve) => cve.id === 'CVE-2021-26855'),
      { id: 'CVE-2021-26855', kev: false, state: 'open' },
    )
    const later = judgeText('15.1.2106.2', '2021-11-03', { transport: 'mapi' })
    assert.equal(later.cves.find((cve) => cve.id === 'CVE-2021-26855')?.kev, true)
  })
})

describe('V evidence that is no build of an Exchange server', () => {
  const server = 'ex01.contoso.com'
  const exchange = { kind: 'exchange', server, transport: 'smtp', field: 0 } as const
  const table: readonly [Evidence, string][] = [
    [{ kind: 'none', reason: 'no-received', field: null }, 'undetermined no-evidence'],
    [{ kind: 'none', reason: 'unreadable', field: 0 }, 'undetermined no-evidence'],
    [{ kind: 'none', reason: 'too-long', field: 0 }, 'undetermined no-evidence'],
    [{ kind: 'not-exchange', server, field: 0 }, 'undetermined not-exchange'],
    [
      { kind: 'exchange-online', server, build: buildOf('15.1.1.1'), field: 0 },
      'undetermined exchange-online',
    ],
    [{ ...exchange, build: null, rawId: null }, 'undetermined no-build'],
    [{ ...exchange, build: buildOf('14.3.1.1'), rawId: '14.3.1.1' }, 'outdated end-of-life'],
  ]
  for (const [evidence, expected] of table) {
    it(`${evidence.kind}${evidence.kind === 'none' ? ` (${evidence.reason})` : ''} is ${expected}`, () => {
      const verdict = judgeEvidence(evidence, today, false, microsoft, catalogue)
      assert.equal(answer(verdict), expected)
      assert.notEqual(verdict.because, '')
    })
  }
})

describe('V properties', () => {
  const day = fc
    .integer({ min: Date.UTC(1996, 0, 1) / 86_400_000, max: Date.UTC(2040, 0, 1) / 86_400_000 })
    .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10))
  const transport = fc.constantFrom<Transport>('smtp', 'mapi', 'http', 'internet-mail')
  const listedText = fc.constantFrom(...catalogue.builds.map((row) => formatBuild(row.build)))
  const floors = fc.uniqueArray(listedText, { maxLength: 6 }).map((texts) => custom(...texts))
  const byFloors = fc.oneof(fc.constant(microsoft), floors)
  const anyPolicy = fc.oneof(byFloors, fc.nat(400).map(lifecycle))
  const rank = { outdated: 0, undetermined: 1, compliant: 2 } as const
  const rankOf = (verdict: Verdict) => rank[verdict.status]

  it('a higher revision of a branch never gets a worse verdict', () => {
    const pair = fc.tuple(fc.nat(120), fc.nat(120)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    fc.assert(
      fc.property(listedText, pair, day, transport, byFloors, (text, [low, high], on, hop, policy) => {
        const at = (revision: number) =>
          judge(
            { build: { ...buildOf(text), revision }, transport: hop, day: on, esu: false },
            policy,
            catalogue,
          )
        assert.ok(
          rankOf(at(low)) <= rankOf(at(high)),
          `${answer(at(low))} at ${low}, ${answer(at(high))} at ${high}`,
        )
      }),
      { numRuns: 3000 },
    )
  })
  it('a build newer than the catalogue is never outdated where its product has floors', () => {
    const newest = ['exchange-2016', 'exchange-2019', 'exchange-se'].map((id) => {
      const product = catalogue.products.find((candidate) => candidate.id === id)
      return product!.builds.at(-1)!.build
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...newest),
        fc.integer({ min: 1, max: 9000 }),
        day,
        byFloors,
        (top, more, on, policy) => {
          const build = { ...top, revision: top.revision + more }
          const verdict = judge({ build, transport: 'smtp', day: on, esu: false }, policy, catalogue)
          if (
            policy.preset === 'custom' &&
            !policy.floors.some((floor) => catalogue.productOf(floor) === catalogue.productOf(build))
          )
            return
          assert.equal(verdict.status, 'compliant')
          assert.equal(verdict.newerThanCatalogue, true)
        },
      ),
      { numRuns: 1000 },
    )
  })
  it('any numbers on any day get a verdict with a reason, and a floor above the build where it is behind', () => {
    const part = fc.oneof(fc.nat(20), fc.nat(99_999))
    const anyBuild = fc.oneof(
      listedText.map(buildOf),
      fc.record({ major: fc.nat(99), minor: fc.nat(999), build: part, revision: part }),
      fc.record({ major: fc.constant(15), minor: fc.nat(3), build: fc.nat(3000), revision: fc.nat(90) }),
    )
    fc.assert(
      fc.property(anyBuild, transport, day, fc.boolean(), anyPolicy, (build, hop, on, esu, policy) => {
        const verdict = judge({ build, transport: hop, day: on, esu }, policy, catalogue)
        assert.notEqual(verdict.because, '')
        if (verdict.reason === 'behind' && verdict.floor) assert.ok(compareBuilds(verdict.floor, build) > 0)
        if (verdict.status === 'compliant' && verdict.missing.length === 0)
          assert.equal(verdict.install, null)
        assert.equal(new Set(verdict.missing).size, verdict.missing.length)
      }),
      { numRuns: 3000 },
    )
  })
  it('every listed build is judged on many days by every policy', () => {
    const days = [
      '1999-01-01',
      '2017-06-01',
      '2021-03-02',
      '2024-03-01',
      '2025-10-15',
      '2026-09-08',
      today,
      '2036-01-01',
    ]
    const policies = [microsoft, lifecycle(), lifecycle(0), custom('15.1.2507.61', '15.2.1748.39'), custom()]
    for (const row of catalogue.builds) {
      for (const on of days) {
        for (const policy of policies) {
          const verdict = judge(
            { build: row.build, transport: 'mapi', day: on, esu: true },
            policy,
            catalogue,
          )
          assert.equal(verdict.product, row.product.id)
          assert.notEqual(verdict.name, null)
          assert.notEqual(verdict.status, 'undetermined', `${row.name} on ${on}: ${verdict.because}`)
        }
      }
    }
  })
  it('what it recommends of the same product would pass that day', () => {
    const byName = new Map(
      catalogue.builds.map((row) => [row.kb ? `${row.name} (${row.kb})` : row.name, row]),
    )
    fc.assert(
      fc.property(listedText, day, fc.boolean(), byFloors, (text, on, esu, policy) => {
        const verdict = judge({ build: buildOf(text), transport: 'mapi', day: on, esu }, policy, catalogue)
        if (verdict.install === null) return
        const row = byName.get(verdict.install)
        assert.ok(row, `${verdict.install} is listed`)
        assert.ok(row.released <= on && (esu || !row.esu) && !row.recalled)
        if (row.product.id !== verdict.product) return
        const after = judge({ build: row.build, transport: 'mapi', day: on, esu }, policy, catalogue)
        assert.equal(after.status, 'compliant')
      }),
      { numRuns: 2000 },
    )
  })
})
