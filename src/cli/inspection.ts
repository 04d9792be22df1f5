import type { Catalogue } from '../rules/verdict/catalogue'
import type { Evidence, EvidenceOptions } from '../rules/evidence/evidence'
import { readEvidence } from '../rules/evidence/reading'
import type { Day } from '../rules/time'
import { formatBuild } from '../rules/verdict/build'
import { judgeEvidence } from '../rules/verdict/judge'
import type { Policy } from '../rules/verdict/policy'
import type { Verdict } from '../rules/verdict/verdict'
import { verdictJson } from '../report/verdict-json'

/** How header blocks are judged. */
export interface Judging {
  readonly evidence: EvidenceOptions
  readonly policy: Policy
  readonly catalogue: Catalogue
  readonly day: Day
  readonly esu: boolean
}

export interface Inspection {
  readonly connecting: Evidence
  readonly behind: Evidence | null
  readonly mimeOle: string | null
  readonly verdict: Verdict
}

export function inspectFields(fields: readonly string[], judging: Judging): Inspection {
  const { connecting, behind, mimeOle } = readEvidence(fields, judging.evidence)
  const verdict = judgeEvidence(connecting, judging.day, judging.esu, judging.policy, judging.catalogue)
  return { connecting, behind, mimeOle, verdict }
}

/** The answer of `inspect --jsonl`, without the id. */
export function inspectionJson({ connecting, verdict }: Inspection): object {
  return { evidence: evidenceJson(connecting), verdict: verdictJson(verdict) }
}

/** The answer of `inspect --json`: the same with what is worth knowing about a file. */
export function fullInspectionJson(source: string, inspection: Inspection): object {
  const { connecting, behind, mimeOle, verdict } = inspection
  return {
    id: source,
    evidence: evidenceJson(connecting),
    behind: behind && evidenceJson(behind),
    mime_ole: mimeOle,
    verdict: {
      ...verdictJson(verdict),
      because: verdict.because,
      newer_than_catalogue: verdict.newerThanCatalogue,
    },
  }
}

function evidenceJson(evidence: Evidence): object {
  const { kind, field } = evidence
  const server = evidence.kind === 'none' ? null : evidence.server
  const hasBuild = evidence.kind === 'exchange' || evidence.kind === 'exchange-online'
  const build = hasBuild && evidence.build ? formatBuild(evidence.build) : null
  return { kind, server, build, field }
}
