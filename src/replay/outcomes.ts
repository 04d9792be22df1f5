import type { Mode } from '../rules/attribution/connector'
import type { DayTotal } from '../report/explanation'
import type { DayCounts } from '../rules/clock/record'
import type { Schedule } from '../rules/clock/schedule'
import type { Action, Decision } from '../rules/decision/decision'
import { windowAt } from '../rules/decision/window'
import { dayMs, dayOf } from '../rules/time'

const actions = ['accept', 'defer', 'refuse'] as const satisfies readonly Action[]

/** What became of messages, in all and by UTC day. They are added in the order of their times. */
export class Outcomes {
  /** Day and counts, one after the other: an archive has many servers, and these many days. */
  readonly #days: number[] = []
  #accepted = 0
  #deferred = 0
  #refused = 0

  add(at: number, action: Action): void {
    const day = Math.floor(at / dayMs)
    if (this.#days.at(-1 - actions.length) !== day) this.#days.push(day, 0, 0, 0)
    const place = this.#days.length - actions.length + actions.indexOf(action)
    this.#days[place] = (this.#days[place] ?? 0) + 1
    if (action === 'accept') this.#accepted += 1
    else if (action === 'defer') this.#deferred += 1
    else this.#refused += 1
  }

  get counts(): DayCounts {
    return { accepted: this.#accepted, deferred: this.#deferred, refused: this.#refused }
  }

  /** In order; only days that had any. */
  get days(): readonly DayTotal[] {
    const totals: DayTotal[] = []
    for (let at = 0; at < this.#days.length; at += 1 + actions.length) {
      const [day = 0, accepted = 0, deferred = 0, refused = 0] = this.#days.slice(at, at + 1 + actions.length)
      totals.push({ day: dayOf(day * dayMs), accepted, deferred, refused })
    }
    return totals
  }
}

/** Senders listed with a server; more are told apart no further. */
const maxSenders = 100

/** What became of the messages of one server, and what would have in each stage. */
export class ServerOutcomes extends Outcomes {
  firstDeferredAt: number | null = null
  firstRefusedAt: number | null = null
  /** Until the next moment at which a deferred message would have been accepted, all together and at most. */
  delayMs = 0
  longestDelayMs = 0
  /** Deferred messages for which no free moment was in sight. */
  stuck = 0
  /** Turned away, by the domain of the sender. */
  readonly senders = new Map<string, number>()
  /** Messages that showed an outdated build. */
  outdated = 0
  /** Of these, by row of the schedule: turned away had the server been in that stage all the time. */
  readonly inStage: readonly { deferred: number; refused: number }[]

  constructor(
    readonly tenant: string,
    readonly server: string,
    readonly offsetMs: number,
    schedule: Schedule,
  ) {
    super()
    this.inStage = schedule.map(() => ({ deferred: 0, refused: 0 }))
  }

  decided(at: number, { action, freeAt }: Decision, sender: string): void {
    this.add(at, action)
    if (action === 'accept') return
    if (action === 'refuse') this.firstRefusedAt ??= at
    else {
      this.firstDeferredAt ??= at
      const delayMs = freeAt === null ? 0 : freeAt - at
      if (freeAt === null) this.stuck += 1
      this.delayMs += delayMs
      this.longestDelayMs = Math.max(this.longestDelayMs, delayMs)
    }
    const isListed = this.senders.has(sender) || this.senders.size < maxSenders
    const name = isListed ? sender : 'others'
    this.senders.set(name, (this.senders.get(name) ?? 0) + 1)
  }

  /** W1: what each stage would have said to a message that shows an outdated build. */
  couldBe(at: number, schedule: Schedule, mode: Mode): void {
    this.outdated += 1
    for (const [row, stage] of schedule.entries()) {
      const counts = this.inStage[row]
      const { action } = windowAt(stage, this.offsetMs, at)
      if (!counts || action === 'accept') continue
      // S5: in mode defer nothing is refused.
      if (action === 'defer' || mode === 'defer') counts.deferred += 1
      else counts.refused += 1
    }
  }
}
