import type { Day } from '../time'
import { dayMs, dayOf } from '../time'
import type { Build } from './build'
import { formatBuild } from './build'
import type { Reading } from './reading'
import { lastUpTo } from './ordered'
import type { Policy } from './policy'
import type { ListedBuild, Product } from './product'
import type { Ruling } from './ruling'
import { subject } from './ruling'

type Lifecycle = Extract<Policy, { preset: 'lifecycle' }>

/** In support on `day`, and no security update lacking that is older than the policy allows (V2). */
export function bySupport(reading: Reading, day: Day, esu: boolean, policy: Lifecycle): Ruling {
  const { product, current } = reading
  if (product === null) return upToDate(`${subject(reading)} is newer than the catalogue`)
  const end = lastSupportedDay(product, esu)
  if (end !== null && day > end) {
    const what = esu && product.esuEnd !== null ? 'paid extended updates' : 'support'
    const because = `${what} of ${product.name} ended on ${end}`
    return { status: 'outdated', reason: 'end-of-life', floor: null, because }
  }
  if (reading.newer) return upToDate(`${subject(reading)} is newer than the catalogue`)
  const before = shiftDay(day, -policy.maxPatchAgeDays)
  const updates = product.securityUpdates
  // Updates build on each other: who lacks any that is old enough lacks the newest of them.
  const due = updates[lastUpTo(updates, (update) => (update.released < before ? 0 : 1))]
  const age = `released more than ${policy.maxPatchAgeDays} days before ${day}`
  if (!due) return upToDate(`${product.name} had no security update ${age}`)
  if (current.atMost !== null && current.atMost < due.released) {
    const floor = firstSince(reading, due.released)
    const remedy = floor ? `; ${formatBuild(floor)} has it` : ''
    const because = `${subject(reading)} lacks ${due.name} of ${due.released}, ${age}${remedy}`
    return { status: 'outdated', reason: 'behind', floor, because }
  }
  if (current.atLeast === null || current.atLeast < due.released) {
    const because = `the id ${subject(reading)} does not show whether ${due.name} of ${due.released} is installed`
    return { status: 'undetermined', reason: 'cannot-tell', floor: null, because }
  }
  return upToDate(`${subject(reading)} lacks no security update ${age}`)
}

/** `null`: no end is set. */
export function lastSupportedDay(product: Product, esu: boolean): Day | null {
  return (esu ? product.esuEnd : null) ?? product.supportEnd
}

/** `days` later, or earlier where negative. */
function shiftDay(day: Day, days: number): Day {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * dayMs)
}

/** Lowest build that came out since then: of the build's branch, or of the next branch that goes on. */
function firstSince(reading: Reading, since: Day): Build | null {
  const has = (row: ListedBuild) => row.released >= since && !row.recalled && row.kind !== 'Preview'
  const first = reading.branch?.builds.find(has)
  if (first) return first.build
  const later =
    reading.product?.branches.filter((branch) => branch.number > (reading.branch?.number ?? 0)) ?? []
  for (const branch of later) {
    const row = branch.builds.find(has)
    if (row) return row.build
  }
  return null
}

function upToDate(because: string): Ruling {
  return { status: 'compliant', reason: 'up-to-date', floor: null, because }
}
