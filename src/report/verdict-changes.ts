import type { ServerRecord } from '../rules/clock/record'
import type { Day } from '../rules/time'
import type { Verdict } from '../rules/verdict/verdict'
import type { Inventory } from './fleet'
import { judgeOn, type ReportRules } from './summary'
import { Turns } from './turns'

/** A server that two catalogues judge differently by the last build seen of it. */
export interface VerdictChange {
  readonly tenant: string
  readonly server: string
  readonly build: string | null
  readonly lastSeenAt: number
  /** The first of the days asked about on which they differ. */
  readonly day: Day
  readonly before: Verdict
  readonly after: Verdict
}

export interface VerdictChanges {
  readonly changes: readonly VerdictChange[]
  /** Servers looked at. */
  readonly servers: number
  readonly unreadable: number
}

/**
 * Whom another catalogue would judge otherwise, on the first of `days` on which it would; those that become outdated come first.
 * Rejects where memory does.
 */
export async function verdictChanges(
  inventory: Inventory,
  before: ReportRules,
  after: ReportRules,
  days: readonly Day[],
): Promise<VerdictChanges> {
  const judges = days.map((day) => [day, judgeOn(day, before), judgeOn(day, after)] as const)
  const turns = new Turns()
  const found = new Map<string, VerdictChange | null>()
  let unreadable = 0
  for await (const listed of inventory.list('server')) {
    if (listed.state === 'unreadable') unreadable += 1
    if (listed.state === 'present') {
      const { tenant, server } = listed.value
      found.set(`${tenant}\n${server}`, changeOf(listed.value, judges))
    }
    await turns.next()
  }
  const changes = [...found.values()].filter((change) => change !== null)
  return { changes: changes.sort(outdatedFirst), servers: found.size, unreadable }
}

type Judges = readonly (readonly [Day, ReturnType<typeof judgeOn>, ReturnType<typeof judgeOn>])[]

function changeOf(
  { tenant, server, lastSeenAt, lastEvidence }: ServerRecord,
  judges: Judges,
): VerdictChange | null {
  if (lastEvidence === null) return null
  for (const [day, judgeBefore, judgeAfter] of judges) {
    const before = judgeBefore(lastEvidence)?.verdict
    const after = judgeAfter(lastEvidence)?.verdict
    if (!before || !after || (before.status === after.status && before.reason === after.reason)) continue
    return { tenant, server, build: lastEvidence.build, lastSeenAt, day, before, after }
  }
  return null
}

const order: Readonly<Record<Verdict['status'], number>> = { outdated: 0, undetermined: 1, compliant: 2 }

function outdatedFirst(a: VerdictChange, b: VerdictChange): number {
  const byStatus = order[a.after.status] - order[b.after.status]
  if (byStatus !== 0) return byStatus
  const [one, other] = [`${a.day} ${a.tenant} ${a.server}`, `${b.day} ${b.tenant} ${b.server}`]
  return one < other ? -1 : one > other ? 1 : 0
}
