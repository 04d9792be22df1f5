import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Build } from '../../../src/rules/verdict/build'
import { compareBuilds, formatBuild, parseBuild, sameBranch } from '../../../src/rules/verdict/build'
import { branchNumber } from '../../../src/rules/verdict/branch'
import { describeBuild } from '../../../src/rules/verdict/describe'
import { lastUpTo } from '../../../src/rules/verdict/ordered'
import { buildOf, catalogue, data } from './catalogue-fixture'

const anyBuild: fc.Arbitrary<Build> = fc.record({
  major: fc.nat(99),
  minor: fc.nat(999),
  build: fc.nat(99_999),
  revision: fc.nat(99_999),
})
// Close together, so that equal parts and neighbours occur.
const nearBuild: fc.Arbitrary<Build> = fc.record({
  major: fc.constantFrom(8, 14, 15),
  minor: fc.nat(3),
  build: fc.oneof(fc.nat(600), fc.constantFrom(847, 1497, 1544, 1748, 2176, 2375, 2507, 2562, 2600)),
  revision: fc.nat(90),
})

describe('build numbers', () => {
  it('are the same after writing and reading', () => {
    fc.assert(
      fc.property(anyBuild, (build) => assert.deepEqual(parseBuild(formatBuild(build)), { ...build })),
    )
  })
  it('are read alike in the long form of mapi hops', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), fc.nat(9999), fc.nat(999), (major, minor, build, revision) => {
        const pad = (value: number, width: number) => String(value).padStart(width, '0')
        const long = [pad(major, 2), pad(minor, 2), pad(build, 4), pad(revision, 3)].join('.')
        assert.deepEqual(parseBuild(long), { major, minor, build, revision })
      }),
    )
  })
  it('are in a total order that agrees with their parts from left to right', () => {
    const parts = (build: Build) =>
      [build.major, build.minor, build.build, build.revision]
        .map((part) => String(part).padStart(5, '0'))
        .join('.')
    const near = fc.oneof(anyBuild, nearBuild)
    fc.assert(
      fc.property(near, near, (a, b) => {
        const expected = parts(a) < parts(b) ? -1 : parts(a) > parts(b) ? 1 : 0
        assert.equal(Math.sign(compareBuilds(a, b)), expected)
        assert.equal(Math.sign(compareBuilds(b, a)), -expected + 0)
      }),
    )
  })
  it('of one cumulative update share a branch; before Exchange 2013 those of one service pack do', () => {
    fc.assert(
      fc.property(nearBuild, nearBuild, (a, b) => {
        const same = a.major >= 15 ? sameBranch(a, b) : a.major === b.major && a.minor === b.minor
        assert.equal(branchNumber(a) === branchNumber(b), same)
      }),
    )
  })
})

describe('the search in ordered lists', () => {
  it('finds what a search from the left finds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.nat(50), (numbers, place) => {
        const rising = [...numbers].sort((a, b) => a - b)
        assert.equal(
          lastUpTo(rising, (item) => item - place),
          rising.filter((item) => item <= place).length - 1,
        )
      }),
    )
  })
  it('rounds a build down as a look through all builds of its branch does', () => {
    fc.assert(
      fc.property(nearBuild, (build) => {
        const linear = catalogue.builds
          .filter((row) => branchNumber(row.build) === branchNumber(build))
          .filter((row) => compareBuilds(row.build, build) <= 0)
          .reduce<Build | null>(
            (top, row) => (top && compareBuilds(top, row.build) > 0 ? top : row.build),
            null,
          )
        assert.deepEqual(catalogue.roundDown(build)?.build ?? null, linear)
      }),
      { numRuns: 2000 },
    )
  })
  it('takes the updates after one day and up to another', () => {
    const se = catalogue.products.find((product) => product.id === 'exchange-se')
    assert.ok(se)
    const names = (since: string | null, day: string) =>
      catalogue.updatesAfter(se, since, day).map((update) => update.name)
    assert.deepEqual(names('2026-08-11', '2026-10-02'), ['Sep26SU', 'Sep26SUv2'])
    assert.deepEqual(names('2026-08-10', '2026-10-01'), ['Aug26SU', 'Sep26SU'])
    assert.deepEqual(names(null, '2025-10-13'), ['Aug25SU'])
    assert.deepEqual(names('2030-01-01', '2029-01-01'), [])
  })
})

describe('the packaged catalogue', () => {
  it('gives every listed build back as itself, of its own product', () => {
    for (const row of data.builds) {
      const build = buildOf(row.build)
      assert.equal(catalogue.productOf(build)?.id, row.product, row.build)
      assert.deepEqual(catalogue.roundDown(build)?.build, build)
    }
    assert.equal(catalogue.builds.length, data.builds.length)
  })
  it('holds the facts it is meant to hold', () => {
    assert.equal(data.builds.length, 494)
    assert.equal(data.cves.length, 188)
    assert.equal(data.cves.filter((cve) => cve.kev).length, 19)
    assert.equal(data.header_aliases.length, 36)
    assert.deepEqual(
      catalogue.products.map((product) => product.id),
      ['4.0', '5.0', '5.5', '2000', '2003', '2007', '2010', '2013', '2016', '2019', 'se'].map(
        (name) => `exchange-${name}`,
      ),
    )
  })
  it('marks the updates that only those who pay can get', () => {
    const paid = catalogue.builds.filter((row) => row.esu)
    assert.ok(paid.every((row) => ['exchange-2016', 'exchange-2019'].includes(row.product.id)))
    assert.deepEqual(
      paid.filter((row) => row.released < '2025-12-09').map((row) => row.name),
      [],
    )
    assert.equal(catalogue.roundDown(buildOf('15.1.2507.61'))?.esu, false, 'the last public update')
    assert.equal(catalogue.roundDown(buildOf('15.1.2507.63'))?.esu, true, 'the first paid one')
    assert.equal(
      catalogue.roundDown(buildOf('14.3.513.0'))?.esu,
      false,
      'published for all after the end of 2010',
    )
  })
})

describe('the description of a build', () => {
  it('names what a listed build is and what came after it', () => {
    const description = describeBuild(buildOf('15.2.2562.49'), catalogue)
    assert.equal(description.isListed, true)
    assert.equal(description.productName, 'Exchange Server Subscription Edition')
    assert.equal(description.countsAs?.kb, 'KB5121608')
    assert.deepEqual(
      description.later.map((release) => release.build),
      ['15.2.2562.53'],
    )
    assert.equal(description.newerThanCatalogue, false)
  })
  it('tells what an id of a header stands for', () => {
    const alias = describeBuild(buildOf('14.3.498.0'), catalogue)
    assert.equal(alias.isListed, false)
    assert.equal(alias.asSmtpId, '14.3.509.0')
    assert.equal(alias.asMapiId, null)
    assert.equal(alias.smtpIdMayBe, '14.3.513.0')
    assert.equal(describeBuild(buildOf('15.1.2176.2'), catalogue).smtpIdMayBe, '15.1.2176.12')
  })
  it('says of a build above all others that it is newer than the catalogue', () => {
    assert.equal(describeBuild(buildOf('15.2.3000.1'), catalogue).newerThanCatalogue, true)
    assert.equal(describeBuild(buildOf('15.3.0.1'), catalogue).newerThanCatalogue, true)
    const unknown = describeBuild(buildOf('7.0.1.1'), catalogue)
    assert.deepEqual([unknown.product, unknown.countsAs, unknown.newerThanCatalogue], [null, null, false])
  })
})
