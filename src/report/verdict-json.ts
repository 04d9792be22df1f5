import { formatBuild } from '../rules/verdict/build'
import type { Verdict } from '../rules/verdict/verdict'

/** A verdict under the names that programs rely on. */
export function verdictJson(verdict: Verdict): object {
  const { status, reason, product, name, released, floor, missing, cves, install } = verdict
  return {
    status,
    reason,
    product,
    name,
    released,
    floor: floor && formatBuild(floor),
    missing,
    cves: cves.map(({ id, kev, state }) => ({ id, kev, state })),
    install,
  }
}
