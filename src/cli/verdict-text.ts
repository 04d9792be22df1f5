import { formatBuild } from '../rules/verdict/build'
import type { Verdict } from '../rules/verdict/verdict'

/** Lines about a verdict, for people; `null` where there is nothing to say. */
export function verdictFacts(verdict: Verdict): readonly (readonly [label: string, text: string | null])[] {
  const { status, reason, because, floor, missing, install, newerThanCatalogue } = verdict
  return [
    ['verdict', `${status} (${reason})${newerThanCatalogue ? ', newer than the catalogue' : ''}`],
    ['because', because],
    ['floor', floor && formatBuild(floor)],
    ['missing', missing.length > 0 ? missing.join(', ') : null],
    ['cves', cveText(verdict, 'open')],
    ['cannot tell', cveText(verdict, 'cannot-tell')],
    ['install', install],
  ]
}

/** `Exchange Server 2016 CU23 Nov24SU, released 2024-11-12`. */
export function releaseText({ name, productName, released }: Verdict): string | null {
  const shown = name ?? productName
  return shown === null ? null : `${shown}${released === null ? '' : `, released ${released}`}`
}

function cveText({ cves }: Verdict, state: 'open' | 'cannot-tell'): string | null {
  const shown = cves.filter((cve) => cve.state === state)
  if (shown.length === 0) return null
  return shown.map(({ id, kev }) => (kev ? `${id} [KEV]` : id)).join(', ')
}
