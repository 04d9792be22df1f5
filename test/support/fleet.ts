import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { internetConnector } from '../../src/config/effective'
import type { FleetRules } from '../../src/report/fleet'
import type { Connector } from '../../src/rules/attribution/connector'
import type { Clock, ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { dayMs, dayOf } from '../../src/rules/time'
import { MemoryStore } from '../../src/store/memory'
import { evidenceOf, serverKey, serverRecord, tenantKey, tenantRecord } from './records'

/** When the fleet is looked at. */
export const fleetAt = Date.UTC(2026, 10, 27, 6)

/** Markup, quotes, and a character that turns the direction of writing. */
export const hostileText = '<script>alert(1)</script>"\'&\u202egpj.exe'

const connector = (id: string, change: Partial<Connector> = {}): Connector => ({
  ...internetConnector,
  id,
  tenant: 'contoso',
  ...change,
})

export const fleetRules: FleetRules = {
  schedule: defaultSchedule,
  relapseDays: 30,
  pauseDaysPerYear: 90,
  spread: true,
  policy: { preset: 'microsoft', inScopeFrom: new Map() },
  catalogue: loadCatalogue(packagedCataloguePath()),
  connectors: [
    connector('contoso-hybrid', { tlsCertificateName: '*.contoso.com', contacts: ['it@contoso.com'] }),
    connector('contoso-plant', { contacts: ['it@contoso.com', 'plant@contoso.com'], esu: true }),
    connector('fabrikam', { tenant: 'fabrikam' }),
    connector('adatum', { tenant: 'adatum', type: 'partner' }),
  ],
  modeOf: (id) => (id === 'adatum' ? 'report' : 'enforce'),
}

export function clockOf(days: number, at = fleetAt): Clock {
  const startedAt = at - days * dayMs
  return { state: 'running', startedAt, detectedAt: startedAt + dayMs, carriedMs: 0, reachedMs: 0 }
}

/** A server whose clock has run for so many days, with mail on the last three. */
export function outdated(server: string, days: number, change: Partial<ServerRecord> = {}): ServerRecord {
  const lastEvidence = evidenceOf({ build: '15.1.2507.16', at: fleetAt - 60_000 })
  const counts = { accepted: 10, deferred: 2, refused: 1 }
  return serverRecord(server, {
    firstSeenAt: fleetAt - (days + 1) * dayMs,
    lastSeenAt: fleetAt - 60_000,
    clock: clockOf(days),
    lastEvidence,
    events: [{ at: fleetAt - (days - 1) * dayMs, kind: 'detected', build: '15.1.2507.16' }],
    days: Object.fromEntries([0, 1, 2].map((ago) => [dayOf(fleetAt - ago * dayMs), counts])),
    ...change,
  })
}

/** A server with the newest build. */
export function compliant(server: string, change: Partial<ServerRecord> = {}): ServerRecord {
  const verdict = { status: 'compliant', reason: 'no-floor' }
  return serverRecord(server, {
    lastSeenAt: fleetAt,
    lastEvidence: evidenceOf({ build: '15.2.2562.53', verdict }),
    ...change,
  })
}

export function pauseOf(fromDay: number, days: number, reason = 'moving') {
  const from = fleetAt + fromDay * dayMs
  return { id: `p${fromDay}`, from, until: from + days * dayMs, days, reason, createdAt: from }
}

/** A server in every stage, and one of every other kind; names and reasons that want to be markup among them. */
export const richServers: readonly ServerRecord[] = [
  ...[3, 32, 43, 55, 66, 79, 81, 120].map((days, place) => outdated(`ex0${place + 1}.contoso.com`, days)),
  outdated('new.contoso.com', 0, {
    clock: { state: 'suspected', firstAt: fleetAt - 1, sightings: 2 },
    events: [],
  }),
  compliant('good.contoso.com'),
  compliant('well.contoso.com', { recovery: { at: fleetAt - 3 * dayMs, elapsedMs: 40 * dayMs } }),
  outdated('plant.contoso.com', 64, { lastEvidence: evidenceOf({ connector: 'contoso-plant' }) }),
  outdated('mail.fabrikam.com', 35, {
    tenant: 'fabrikam',
    lastEvidence: evidenceOf({ connector: 'fabrikam', build: '15.0.1497.2' }),
  }),
  outdated(`a${hostileText}`, 61, {
    tenant: `t${hostileText}`,
    lastEvidence: evidenceOf({
      ehlo: hostileText,
      header: `Received: ${hostileText}`,
      messageId: hostileText,
      mimeOle: hostileText,
      attribution: hostileText,
    }),
    events: [{ at: fleetAt, kind: 'exempted', reason: hostileText }],
  }),
]

export const richTenants: readonly TenantRecord[] = [
  tenantRecord('contoso', {
    pauses: [pauseOf(-20, 5), pauseOf(30, 10)],
    exemptions: [
      {
        id: 'e',
        target: { kind: 'connector', connector: 'contoso-plant' },
        until: fleetAt + 9 * dayMs,
        reason: 'plant',
        createdAt: fleetAt,
      },
    ],
  }),
  tenantRecord('fabrikam', { pauses: [pauseOf(-2, 14, hostileText)] }),
]

/** Memory of this process that holds them. */
export async function filled(
  servers: readonly ServerRecord[] = richServers,
  tenants: readonly TenantRecord[] = richTenants,
): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (const tenant of tenants) await store.replace(tenantKey(tenant.tenant), 0, tenant, null)
  for (const server of servers) await store.replace(serverKey(server.server, server.tenant), 0, server, null)
  return store
}
