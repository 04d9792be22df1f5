import type { Mode } from '../rules/attribution/connector'
import type { DayCounts } from '../rules/clock/record'
import type { Schedule } from '../rules/clock/schedule'
import type { Action, Decision } from '../rules/decision/decision'
import { windowAt } from '../rules/decision/window'
import { dayMs, dayOf, type Day } from '../rules/time'

export type Counts = { -readonly [K in keyof DayCounts]: DayCounts[K] }

const counted = { accept: 'accepted', defer: 'deferred', refuse: 'refused' } as const

/** What became of messages, in all and by UTC day. */
export class Outcomes {
  readonly counts: Counts = noCounts()
  readonly days = new Map<Day, Counts>()

  add(at: number, action: Action): void {
    this.counts[counted[action]] += 1
    const day = dayNameOf(at)
    let counts = this.days.get(day)
    if (!counts) {
      counts = noCounts()
      this.days.set(day, counts)
    }
    counts[counted[action]] += 1
  }
}

export function noCounts(): Counts {
  return { accepted: 0, deferred: 0, refused: 0 }
}

let lastDay = { number: 0, name: '1970-01-01' }

/** Messages come in the order of their times, so the day is mostly that of the message before. */
function dayNameOf(at: number): Day {
  const number = Math.floor(at / dayMs)
  if (number !== lastDay.number) lastDay = { number, name: dayOf(at) }
  return lastDay.name
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
