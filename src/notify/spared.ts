import { exemptionFor } from '../rules/clock/exemption'
import { pauseAt } from '../rules/clock/pause'
import type { ServerRecord, TenantRecord } from '../rules/clock/record'

/** A time in which all mail of a server is accepted, whatever its stage. Epoch ms. */
export interface Spared {
  readonly since: number
  readonly until: number
  /** What ends it. */
  readonly by: 'pause' | 'exemption'
}

/** Pauses and exemptions in force at that instant, those that follow without a gap included; `null`: there is none. */
export function sparedUntil(
  { server, lastEvidence }: ServerRecord,
  { pauses, exemptions }: TenantRecord,
  at: number,
): Spared | null {
  let spared: Spared | null = null
  let since = Infinity
  let until = at
  for (;;) {
    const pause = pauseAt(pauses, until)
    const exemption = exemptionFor(exemptions, lastEvidence?.connector ?? '', server, until)
    if (!pause && !exemption) return spared
    since = Math.min(since, pause?.from ?? Infinity, exemption?.createdAt ?? Infinity)
    const byPause: boolean = pause !== null && pause.until >= (exemption?.until ?? 0)
    until = Math.max(pause?.until ?? 0, exemption?.until ?? 0)
    spared = { since, until, by: byPause ? 'pause' : 'exemption' }
  }
}
