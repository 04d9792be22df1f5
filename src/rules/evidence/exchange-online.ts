import type { Build } from '../verdict/build'

/** Names under which Microsoft's own service writes `by`: nobody else can have a host there (E4). */
const serviceDomains: ReadonlySet<string> = new Set([
  'outlook.com',
  'office365.com',
  'exchangelabs.com',
  // National clouds: Germany, China (21Vianet), US Government.
  'outlook.de',
  'partner.outlook.cn',
  'office365.us',
  // Before 2014: Forefront Online Protection, Hotmail.
  'bigfish.com',
  'messaging.microsoft.com',
  'hotmail.com',
  'hotmail.msn.com',
])

// `phx.gbl` is no registered domain: only the names that Hotmail's sites gave to hosts in it are the service's.
const hotmailSite = /^(?:bay|blu|col|dub|snt)\d{1,4}-[a-z0-9-]{1,63}\.phx\.gbl$/

/** Whether a `by` host (lower case) is one of Exchange Online's or its forerunners', whatever build it writes. */
export function isExchangeOnlineHost(host: string): boolean {
  for (let at = 0; at >= 0; at = host.indexOf('.', at + 1)) {
    if (serviceDomains.has(at === 0 ? host : host.slice(at + 1))) return true
  }
  return hotmailSite.test(host)
}

/** 15.20 and above never left Microsoft's own service (E4). */
export function isExchangeOnlineBuild(build: Build): boolean {
  return build.major > 15 || (build.major === 15 && build.minor >= 20)
}
