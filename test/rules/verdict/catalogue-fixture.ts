import assert from 'node:assert/strict'
import { loadCatalogue, packagedCataloguePath, readCatalogueData } from '../../../src/config/catalogue-file'
import type { Transport } from '../../../src/rules/evidence/evidence'
import type { Build } from '../../../src/rules/verdict/build'
import { formatBuild, parseBuild } from '../../../src/rules/verdict/build'
import { judge } from '../../../src/rules/verdict/judge'
import type { Policy } from '../../../src/rules/verdict/policy'
import type { Verdict } from '../../../src/rules/verdict/verdict'

export const data = readCatalogueData(packagedCataloguePath())
export const catalogue = loadCatalogue(packagedCataloguePath())

export const microsoft: Policy = { preset: 'microsoft', inScopeFrom: new Map() }

export function lifecycle(maxPatchAgeDays = 90): Policy {
  return { preset: 'lifecycle', maxPatchAgeDays, inScopeFrom: new Map() }
}

export function custom(...floors: string[]): Policy {
  return { preset: 'custom', floors: floors.map(buildOf), inScopeFrom: new Map() }
}

export function buildOf(text: string): Build {
  const build = parseBuild(text)
  assert.ok(build, `${text} is a build`)
  return build
}

export interface Ask {
  readonly transport?: Transport
  readonly policy?: Policy
  readonly esu?: boolean
}

export function judgeText(text: string, day: string, ask: Ask = {}): Verdict {
  const { transport = 'smtp', policy = microsoft, esu = false } = ask
  return judge({ build: buildOf(text), transport, day, esu }, policy, catalogue)
}

/** `outdated behind 15.1.2507.31`: status, reason and floor on one line, as the tables have it. */
export function answer(verdict: Verdict): string {
  return [verdict.status, verdict.reason, verdict.floor ? formatBuild(verdict.floor) : null]
    .filter((part) => part !== null)
    .join(' ')
}

export function cveState(verdict: Verdict, id: string): string {
  return verdict.cves.find((cve) => cve.id === id)?.state ?? 'fixed'
}
