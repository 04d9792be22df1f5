import assert from 'node:assert/strict'
import { loadCatalogue, packagedCataloguePath } from '../../../src/config/catalogue-file'
import { acceptedBuilds } from '../../../src/rules/verdict/accepted'
import { formatBuild, parseBuild, type Build } from '../../../src/rules/verdict/build'
import { judge } from '../../../src/rules/verdict/judge'
import type { Policy } from '../../../src/rules/verdict/policy'

const catalogue = loadCatalogue(packagedCataloguePath())
const inScopeFrom = new Map<string, string>()
const microsoft: Policy = { preset: 'microsoft', inScopeFrom }
const lifecycle: Policy = { preset: 'lifecycle', maxPatchAgeDays: 90, inScopeFrom }
const custom = (...floors: readonly string[]): Policy => ({
  preset: 'custom',
  floors: floors.flatMap((text) => parseBuild(text) ?? []),
  inScopeFrom,
})

describe('The builds that are accepted of a product', () => {
  const table: readonly (readonly [
    product: string,
    day: string,
    policy: Policy,
    esu: boolean,
    accepted: readonly string[],
    reason: string,
  ])[] = [
    ['exchange-2016', '2026-11-27', microsoft, false, ['15.1.2507.61'], 'the floor in force'],
    [
      'exchange-2019',
      '2024-06-01',
      microsoft,
      false,
      ['15.2.1118.36', '15.2.1258.23'],
      'a floor for each branch; later branches follow',
    ],
    ['exchange-2013', '2026-11-27', microsoft, false, [], 'a product that never passes'],
    ['exchange-2016', '2024-02-28', microsoft, false, ['15.1.225.42'], 'not in scope yet: any'],
    ['exchange-2016', '2026-11-27', lifecycle, false, [], 'out of support'],
    ['exchange-2019', '2026-11-27', custom('15.2.1544.9'), false, ['15.2.1544.9'], "the operator's floor"],
  ]
  for (const [id, day, policy, esu, accepted, reason] of table) {
    it(`are ${accepted.join(', ') || 'none'} of ${id} on ${day}: ${reason}`, () => {
      const product = catalogue.products.find((each) => each.id === id)
      assert.ok(product)
      assert.deepEqual(acceptedBuilds(product, { day, esu }, policy, catalogue).map(formatBuild), accepted)
    })
  }

  it('pass, and the release before in the same branch does not', () => {
    const owner = { day: '2026-11-27', esu: false }
    const passes = (build: Build, policy: Policy): boolean =>
      judge({ ...owner, build, transport: 'mapi' }, policy, catalogue).status === 'compliant'
    let seen = 0
    for (const product of catalogue.products) {
      for (const policy of [microsoft, lifecycle, custom('15.1.2507.39', '15.2.1544.9')]) {
        for (const build of acceptedBuilds(product, owner, policy, catalogue)) {
          seen += 1
          assert.ok(passes(build, policy), formatBuild(build))
          const branch = catalogue.branchOf(build)?.builds ?? []
          const before = branch[branch.findIndex((row) => row.build === build) - 1]
          if (before) assert.ok(!passes(before.build, policy), formatBuild(before.build))
        }
      }
    }
    assert.ok(seen > 4)
  })
})
