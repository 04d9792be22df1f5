import type { ServerRecord } from '../../src/rules/clock/record'
import { dayOf } from '../../src/rules/time'

/**
 * A server's record as hosts of the first release wrote it: its text is spelled out here, and must be read for as long as
 * such records lie in memory, whatever is written today.
 */
export function recordOfSchema1({
  tenant,
  server,
  clock,
  firstSeenAt,
  lastSeenAt,
  stageSeen,
}: ServerRecord): string {
  const running =
    clock.state === 'running' ? [clock.startedAt, clock.detectedAt, clock.carriedMs, clock.reachedMs] : null
  return JSON.stringify({
    s: 1,
    t: tenant,
    n: server,
    first: firstSeenAt,
    last: lastSeenAt,
    ...(running && { running }),
    ...(stageSeen > 0 && { stage: stageSeen }),
    ev: {
      at: lastSeenAt,
      build: '15.1.2507.39',
      with: 'smtp',
      field: `Received: from ${server} (192.0.2.11) by ${server} (192.0.2.11) with Microsoft SMTP Server id 15.1.2507.39`,
      id: '<1@contoso.com>',
      conn: 'hybrid',
      by: 'address 8.8.0.0/16',
      bound: 'unbound',
      ehlo: 'mail.contoso.com',
      ip: '8.8.1.1',
      xoorg: ['contoso.com', true],
      mime: 'Produced By Microsoft Exchange V6.5',
      status: 'outdated',
      why: 'behind',
    },
    events: [[firstSeenAt, 'stage', 1]],
    days: [[dayOf(lastSeenAt), 3, 2, 1]],
  })
}
