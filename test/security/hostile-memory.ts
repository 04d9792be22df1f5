import type { ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { dayMs } from '../../src/rules/time'
import { lastEvidence, runningServer } from '../cli/support'
import { payloads } from './payloads'

/** A tenant's records in which every word came from outside; a server, a pause and an exemption for each payload. */
export function hostileMemory(now: number): {
  readonly servers: readonly ServerRecord[]
  readonly tenant: TenantRecord
} {
  const servers = payloads.map(([text], at) => serverOf(text, at, now))
  const pause = { from: now - dayMs, until: now + dayMs, days: 2, createdAt: now }
  return {
    servers,
    tenant: {
      tenant: 'contoso',
      pauses: payloads.map(([reason], at) => ({ ...pause, id: `p${at}`, reason })),
      exemptions: payloads.map(([reason], at) => ({
        id: `e${at}`,
        target: { kind: 'server', server: servers[at]?.server ?? '' },
        until: now + dayMs,
        reason,
        createdAt: now,
      })),
    },
  }
}

function serverOf(text: string, at: number, now: number): ServerRecord {
  return runningServer(`${text.slice(0, 200)}${at}`.toLowerCase(), 40, now, {
    lastEvidence: lastEvidence({
      at: now - 1000,
      header: text,
      messageId: text,
      connector: text,
      attribution: text,
      ehlo: text,
      address: text.slice(0, 40),
      xoorg: { domain: text, known: false },
      mimeOle: text,
      build: at % 2 === 0 ? '15.1.2507.39' : text,
    }),
    events: [
      { at: now, kind: 'detected', build: text },
      { at: now, kind: 'paused', reason: text },
      { at: now, kind: 'exempted', reason: text },
    ],
  })
}
