import type { Exemption } from './record'

/** The exemption in force for a server, of several the one that lasts longest (C5). */
export function exemptionFor(
  exemptions: readonly Exemption[],
  connector: string,
  server: string,
  at: number,
): Exemption | null {
  let found: Exemption | null = null
  for (const exemption of exemptions) {
    if (at >= exemption.until || !isMeant(exemption.target, connector, server)) continue
    if (!found || exemption.until > found.until) found = exemption
  }
  return found
}

function isMeant(target: Exemption['target'], connector: string, server: string): boolean {
  switch (target.kind) {
    case 'tenant':
      return true
    case 'connector':
      return target.connector === connector
    case 'server':
      return target.server === server
  }
}
