import type { DayCounts } from '../rules/clock/record'
import type { Schedule } from '../rules/clock/schedule'
import { serverStatuses, type ServerStatus } from '../rules/clock/status'
import type { Day } from '../rules/time'
import { dayTotals } from './explanation'
import type { Totals } from './fleet'
import type { ServerSummary } from './summary'

type Counts = { -readonly [K in keyof DayCounts]: DayCounts[K] }

const none = (): Counts => ({ accepted: 0, deferred: 0, refused: 0 })

/** Adds up servers one by one, and tallies of tenants to one over all. */
export class Tally {
  #servers = 0
  #suspected = 0
  #knownExploited = 0
  readonly #byStatus: Record<ServerStatus, number>
  readonly #byStage: Map<number, number>
  readonly #days = new Map<Day, Counts>()

  constructor(schedule: Schedule) {
    this.#byStatus = { compliant: 0, outdated: 0, recovered: 0, paused: 0, exempt: 0 }
    this.#byStage = new Map(schedule.map(({ stage }) => [stage, 0]))
  }

  add({ status, clock, suspected, isKnownExploited }: ServerSummary): void {
    this.#servers += 1
    this.#byStatus[status] += 1
    if (clock) this.#count(clock.stage.stage, 1)
    if (suspected) this.#suspected += 1
    if (isKnownExploited) this.#knownExploited += 1
  }

  addDays(days: Readonly<Record<Day, DayCounts>>): void {
    for (const day in days) this.#addDay(day, days[day])
  }

  merge(other: Tally): void {
    this.#servers += other.#servers
    this.#suspected += other.#suspected
    this.#knownExploited += other.#knownExploited
    for (const status of serverStatuses) this.#byStatus[status] += other.#byStatus[status]
    for (const [stage, servers] of other.#byStage) this.#count(stage, servers)
    for (const [day, counts] of other.#days) this.#addDay(day, counts)
  }

  totals(): Totals {
    const messages = none()
    for (const counts of this.#days.values()) addTo(messages, counts)
    return {
      servers: this.#servers,
      byStatus: { ...this.#byStatus },
      byStage: new Map(this.#byStage),
      suspected: this.#suspected,
      knownExploited: this.#knownExploited,
      messages,
      days: dayTotals(this.#days),
    }
  }

  #count(stage: number, servers: number): void {
    this.#byStage.set(stage, (this.#byStage.get(stage) ?? 0) + servers)
  }

  #addDay(day: Day, counts: DayCounts | undefined): void {
    if (!counts) return
    const sum = this.#days.get(day)
    if (sum) addTo(sum, counts)
    else this.#days.set(day, { ...counts })
  }
}

function addTo(sum: Counts, { accepted, deferred, refused }: DayCounts): void {
  sum.accepted += accepted
  sum.deferred += deferred
  sum.refused += refused
}
