import type { Build } from '../rules/verdict/build'
import { compareBuilds, formatBuild } from '../rules/verdict/build'
import { branchNumber, cuNumber, versionNumber } from '../rules/verdict/branch'
import type { BuildData, CatalogueData, ProductData } from '../rules/verdict/catalogue-data'
import { listedBuild } from '../rules/verdict/catalogue-data'

/** One thing wrong in a catalogue file: where, as `builds[12].released`, and what. */
export interface CatalogueProblem {
  readonly field: string
  readonly problem: string
}

/** What the shape alone does not show: names that refer to nothing, duplicates, contradictions of order. */
export function findInconsistencies(data: CatalogueData): CatalogueProblem[] {
  return [
    ...checkProducts(data),
    ...checkBuilds(data),
    ...checkReferences(data),
    ...checkHeaders(data),
    ...checkSources(data),
  ]
}

function checkProducts(data: CatalogueData): CatalogueProblem[] {
  const problems: CatalogueProblem[] = []
  const places = new Map<string, number>()
  data.products.forEach((product, index) => {
    const field = `products[${index}]`
    if (places.has(product.id))
      problems.push({ field: `${field}.id`, problem: `${product.id} is there twice` })
    places.set(product.id, index)
    if (!product.major_minors.includes(product.major_minor)) {
      problems.push({ field: `${field}.major_minor`, problem: 'is not one of major_minors' })
    }
    data.products.slice(0, index).forEach((other) => {
      if (overlaps(other, product)) {
        problems.push({ field: `${field}.build_from`, problem: `builds overlap with those of ${other.id}` })
      }
    })
  })
  data.products.forEach(({ successor }, index) => {
    if (successor === null) return
    const field = `products[${index}].successor`
    const place = places.get(successor)
    if (place === undefined) problems.push({ field, problem: `unknown product ${successor}` })
    else if (place <= index) problems.push({ field, problem: `${successor} is not a later product` })
  })
  return problems
}

/** Products of one major.minor must be told apart by build. */
function overlaps(earlier: ProductData, later: ProductData): boolean {
  if (!earlier.major_minors.some((version) => later.major_minors.includes(version))) return false
  if (!earlier.build_before || !later.build_from) return true
  return compareBuilds(listedBuild(earlier.build_before), listedBuild(later.build_from)) > 0
}

function checkBuilds(data: CatalogueData): CatalogueProblem[] {
  const problems: CatalogueProblem[] = []
  const seen = new Set<string>()
  const newestOfBranch = new Map<number, BuildData>()
  let previous: Build | null = null
  data.builds.forEach((row, index) => {
    const field = `builds[${index}]`
    const build = listedBuild(row.build)
    const name = formatBuild(build)
    if (seen.has(name)) problems.push({ field: `${field}.build`, problem: `${row.build} is there twice` })
    else if (previous && compareBuilds(previous, build) > 0) {
      problems.push({
        field: `${field}.build`,
        problem: `${row.build} stands after ${formatBuild(previous)}`,
      })
    }
    seen.add(name)
    previous = build
    const product = data.products.find((candidate) => candidate.id === row.product)
    if (!product) problems.push({ field: `${field}.product`, problem: `unknown product ${row.product}` })
    else if (!isOf(product, build)) {
      problems.push({ field: `${field}.build`, problem: `${row.build} is no build of ${product.id}` })
    }
    const before = newestOfBranch.get(branchNumber(build))
    if (before && before.released > row.released) {
      const problem = `${row.released} is before ${before.released} of the lower build ${before.build}`
      problems.push({ field: `${field}.released`, problem })
    }
    newestOfBranch.set(branchNumber(build), row)
  })
  return problems
}

function isOf(product: ProductData, build: Build): boolean {
  const version = versionNumber(build)
  if (!product.major_minors.some((text) => versionNumber(listedBuild(`${text}.0`)) === version)) return false
  if (product.build_from && compareBuilds(build, listedBuild(product.build_from)) < 0) return false
  return !product.build_before || compareBuilds(build, listedBuild(product.build_before)) < 0
}

function checkReferences(data: CatalogueData): CatalogueProblem[] {
  const problems: CatalogueProblem[] = []
  const products = new Map(data.products.map((product) => [product.id, product]))
  const listed = listedNames(data)
  const expectProduct = (name: string, field: string) => {
    if (!products.has(name)) problems.push({ field, problem: `unknown product ${name}` })
  }
  const expectBuild = (text: string, field: string) => {
    if (!listed.has(text)) problems.push({ field, problem: `${text} is not listed in builds` })
  }
  data.never_pass.forEach((name, index) => expectProduct(name, `never_pass[${index}]`))
  const scoped = new Set<string>()
  data.scope.forEach((entry, index) => {
    expectProduct(entry.product, `scope[${index}].product`)
    if (scoped.has(entry.product)) {
      problems.push({ field: `scope[${index}].product`, problem: `${entry.product} is there twice` })
    }
    scoped.add(entry.product)
  })
  const sets = new Set<string>()
  data.floors.forEach((set, index) => {
    const field = `floors[${index}]`
    expectProduct(set.product, `${field}.product`)
    const key = `${set.product} ${set.effective}`
    if (sets.has(key)) problems.push({ field: `${field}.effective`, problem: `a second set for ${key}` })
    sets.add(key)
    const branches = new Set<number>()
    set.builds.forEach((text, place) => {
      const where = `${field}.builds[${place}]`
      expectBuild(text, where)
      const product = products.get(set.product)
      if (product && !isOf(product, listedBuild(text))) {
        problems.push({ field: where, problem: `${text} is no build of ${set.product}` })
      }
      const branch = branchNumber(listedBuild(text))
      if (branches.has(branch)) problems.push({ field: where, problem: 'a second floor for one branch' })
      branches.add(branch)
    })
  })
  const cves = new Set<string>()
  data.cves.forEach((cve, index) => {
    const field = `cves[${index}]`
    if (cves.has(cve.id)) problems.push({ field: `${field}.id`, problem: `${cve.id} is there twice` })
    cves.add(cve.id)
    for (const [key, text] of [...Object.entries(cve.fixed_in), ...Object.entries(cve.fixed_from)]) {
      const where = `${field}.${key in cve.fixed_in ? 'fixed_in' : 'fixed_from'}["${key}"]`
      expectBuild(text, where)
      if (!text.startsWith(`${key}.`)) problems.push({ field: where, problem: `${text} is not of ${key}` })
    }
  })
  return problems
}

function checkHeaders(data: CatalogueData): CatalogueProblem[] {
  const problems: CatalogueProblem[] = []
  const listed = listedNames(data)
  const seen = new Set<string>()
  data.header_aliases.forEach((alias, index) => {
    const field = `header_aliases[${index}]`
    const key = `${alias.id} ${alias.transport}`
    if (seen.has(key)) problems.push({ field: `${field}.id`, problem: `${key} is there twice` })
    seen.add(key)
    if (alias.counts_as === null) return
    if (!listed.has(alias.counts_as)) {
      problems.push({ field: `${field}.counts_as`, problem: `${alias.counts_as} is not listed in builds` })
    }
    if (!isRaised(alias.id, alias.counts_as)) {
      problems.push({
        field: `${field}.counts_as`,
        problem: `${alias.counts_as} is not a later one of its branch`,
      })
    }
  })
  data.header_rules.smtp_exceptions.forEach((exception, index) => {
    const field = `header_rules.smtp_exceptions[${index}].build`
    if (!listed.has(exception.build)) {
      problems.push({ field, problem: `${exception.build} is not listed in builds` })
    }
    if (!isRaised(exception.smtp_id_stays, exception.build)) {
      problems.push({ field, problem: `${exception.build} is not later than ${exception.smtp_id_stays}` })
    }
  })
  return problems
}

/** An id is never higher than what it stands for, and of the same branch. */
function isRaised(id: string, means: string): boolean {
  const low = listedBuild(id)
  const high = listedBuild(means)
  return (
    branchNumber(low) === branchNumber(high) &&
    compareBuilds(low, high) < 0 &&
    cuNumber(low) <= cuNumber(high)
  )
}

function checkSources(data: CatalogueData): CatalogueProblem[] {
  const codes = new Set(data.sources.map((source) => source.code))
  const problems: CatalogueProblem[] = []
  const expect = (code: string, field: string) => {
    if (!codes.has(code)) problems.push({ field, problem: `unknown source ${code}` })
  }
  data.products.forEach(({ src }, index) => src.forEach((code) => expect(code, `products[${index}].src`)))
  data.builds.forEach(({ src }, index) => src.forEach((code) => expect(code, `builds[${index}].src`)))
  data.cves.forEach(({ src }, index) => src.forEach((code) => expect(code, `cves[${index}].src`)))
  data.scope.forEach(({ source }, index) => expect(source, `scope[${index}].source`))
  data.floors.forEach(({ source }, index) => expect(source, `floors[${index}].source`))
  return problems
}

function listedNames(data: CatalogueData): ReadonlySet<string> {
  return new Set(data.builds.map((row) => formatBuild(listedBuild(row.build))))
}
