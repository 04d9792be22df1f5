import type { ServerRecord } from '../rules/clock/record'
import type { Stage } from '../rules/clock/schedule'
import type { ServerStatus } from '../rules/clock/status'
import { printable } from '../rules/decision/printable'
import { dayMs } from '../rules/time'
import { stageLabel } from './catalogue'

/** A server now: its status (R3), and the row of the schedule that its clock has reached; `null`: no clock runs. */
export interface Place {
  readonly status: ServerStatus
  readonly stage: Stage | null
}

interface Rank {
  /** Higher comes first; the first difference counts. */
  readonly weight: readonly [urgency: number, stageDay: number, seenDay: number]
  readonly tenant: string
  readonly server: string
}

interface Candidate extends Rank {
  /** Values of the labels of `server_info`, in their order. */
  readonly series: readonly string[]
}

const longestLabel = 255
const wholeHour = 60

/** The servers that need attention most, of any number that is offered; no more than twice `most` are ever kept. */
export class AttentionList {
  #kept: Candidate[] = []
  /** The last that has room, once all of it is taken. */
  #last: Candidate | null = null

  constructor(private readonly most: number) {}

  offer(record: ServerRecord, place: Place): void {
    if (this.most === 0) return
    const { tenant, server } = record
    const seenDay = Math.floor(record.lastSeenAt / dayMs)
    const rank: Rank = { weight: [urgencyOf(place), place.stage?.fromDay ?? -1, seenDay], tenant, server }
    if (this.#last && compare(rank, this.#last) > 0) return
    const series = [
      labelText(tenant),
      labelText(server),
      labelText(record.lastEvidence?.build ?? 'none'),
      place.status,
      stageLabel(place.stage?.stage ?? null),
    ]
    this.#kept.push({ ...rank, series })
    if (this.#kept.length >= 2 * this.most) this.#cut()
  }

  /** Series of `server_info`, the one first that needs attention most. */
  series(): readonly (readonly string[])[] {
    this.#cut()
    return this.#kept.map(({ series }) => series)
  }

  #cut(): void {
    this.#kept.sort(compare)
    if (this.#kept.length < this.most) return
    this.#kept.length = this.most
    this.#last = this.#kept.at(-1) ?? null
  }
}

/** Whose mail is refused all the time, whose clock runs, who may come next; then those that are let be, and those that are well. */
function urgencyOf({ status, stage }: Place): number {
  switch (status) {
    case 'outdated':
      if (!stage) return 4
      return stage.refuseMinutes >= wholeHour ? 6 : 5
    case 'paused':
      return 3
    case 'exempt':
      return 2
    case 'recovered':
      return 1
    case 'compliant':
      return 0
  }
}

/** Days, and names at last: nothing moves from scrape to scrape, which would cost a series each time. */
function compare(a: Rank, b: Rank): number {
  return (
    b.weight[0] - a.weight[0] ||
    b.weight[1] - a.weight[1] ||
    b.weight[2] - a.weight[2] ||
    compareText(a.tenant, b.tenant) ||
    compareText(a.server, b.server)
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** S7: what came from the network or the store stays in one line, shows as it is written, and ends. */
function labelText(text: string): string {
  const shown = printable(text.slice(0, longestLabel)).slice(0, longestLabel)
  // Half a character at the cut.
  return shown.replace(/[\ud800-\udbff]$/, '')
}
