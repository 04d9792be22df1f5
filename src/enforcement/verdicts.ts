import type { Evidence } from '../rules/evidence/evidence'
import type { Day } from '../rules/time'
import { formatBuild } from '../rules/verdict/build'
import type { Catalogue } from '../rules/verdict/catalogue'
import { judgeEvidence } from '../rules/verdict/judge'
import type { Policy } from '../rules/verdict/policy'
import type { Verdict } from '../rules/verdict/verdict'

/** Builds are the sender's to choose: no more of them are kept. */
const maxKept = 1000

/** Verdicts on the builds of the day: a thousand messages show a handful of them, and judging one costs as much as reading it. */
export class Verdicts {
  private readonly kept = new Map<string, Verdict>()
  private day: Day | null = null
  private policy: Policy | null = null
  private catalogue: Catalogue | null = null

  /** What `judgeEvidence` says. */
  on(evidence: Evidence, day: Day, esu: boolean, policy: Policy, catalogue: Catalogue): Verdict {
    if (evidence.kind !== 'exchange' || evidence.build === null) {
      return judgeEvidence(evidence, day, esu, policy, catalogue)
    }
    if (day !== this.day || policy !== this.policy || catalogue !== this.catalogue) {
      this.kept.clear()
      this.day = day
      this.policy = policy
      this.catalogue = catalogue
    }
    const question = `${formatBuild(evidence.build)} ${evidence.transport} ${esu}`
    const known = this.kept.get(question)
    if (known) return known
    const verdict = judgeEvidence(evidence, day, esu, policy, catalogue)
    if (this.kept.size >= maxKept) this.kept.clear()
    this.kept.set(question, verdict)
    return verdict
  }
}
