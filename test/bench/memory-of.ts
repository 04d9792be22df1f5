import type { Clock, LastEvidence, PathRecord, ServerRecord } from '../../src/rules/clock/record'
import { dayMs } from '../../src/rules/time'
import type { Store } from '../../src/store/store'
import { exchangeReceived } from '../support/exchange-headers'
import { pathRecord, serverRecord } from '../support/records'
import { knownSender, sendersOfAKind } from './mail'
import type { KnownSender } from './mail'

/** The message behind the last verdict, with texts as long as they are in real mail. */
function evidenceOf(sender: KnownSender, at: number, isCompliant: boolean): LastEvidence {
  const { server, build, address, connector } = sender
  return {
    at,
    build,
    transport: 'smtp',
    header: exchangeReceived({ server, build, at }).replace(/\s+/g, ' '),
    messageId: '<1c9f6a0e@contoso.com>',
    connector,
    attribution: `address ${address}/32`,
    bound: 'ehlo',
    ehlo: server,
    address,
    xoorg: null,
    mimeOle: null,
    verdict: isCompliant
      ? { status: 'compliant', reason: 'above-floor' }
      : { status: 'outdated', reason: 'behind' },
  }
}

export function knownServer(sender: KnownSender, outdatedForDays: number | null, now: number): ServerRecord {
  const startedAt = now - (outdatedForDays ?? 0) * dayMs
  const running: Clock = {
    state: 'running',
    startedAt,
    detectedAt: startedAt + dayMs,
    carriedMs: 0,
    reachedMs: now - startedAt,
  }
  return serverRecord(sender.server, {
    tenant: sender.tenant,
    firstSeenAt: startedAt,
    lastSeenAt: now,
    clock: outdatedForDays === null ? { state: 'clear' } : running,
    stageSeen: outdatedForDays === null ? 0 : outdatedForDays < 30 ? 1 : 8,
    lastEvidence: evidenceOf(sender, now, outdatedForDays === null),
    days: { [new Date(now).toISOString().slice(0, 10)]: { accepted: 1000, deferred: 0, refused: 0 } },
  })
}

export function knownPath(sender: KnownSender, now: number): PathRecord {
  return pathRecord(sender.server, {
    tenant: sender.tenant,
    connector: sender.connector,
    address: sender.address,
    servers: { [sender.server]: now },
    lastEvidenceAt: now,
  })
}

export async function remember(store: Store, server: ServerRecord, path: PathRecord): Promise<void> {
  await store.replace(
    { kind: 'server', tenant: server.tenant, server: server.server },
    0,
    server,
    400 * dayMs,
  )
  const { tenant, connector, address } = path
  // As it is known at MAIL, and at connect.
  for (const ehlo of [path.ehlo, null]) {
    await store.replace({ kind: 'path', tenant, connector, address, ehlo }, 0, { ...path, ehlo }, 7 * dayMs)
  }
}

/**
 * What memory says before the mail flows: servers that are up to date, in their first stage, and blocked altogether.
 * The store must be open.
 */
export async function rememberSenders(store: Store): Promise<void> {
  const now = Date.now()
  for (const [kind, days] of [
    ['compliant', null],
    ['outdated', 2],
    ['refused', 120],
  ] as const) {
    for (let number = 1; number <= sendersOfAKind; number += 1) {
      const sender = knownSender(kind, number)
      await remember(store, knownServer(sender, days, now), knownPath(sender, now))
    }
  }
}
