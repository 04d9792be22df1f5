import type { PathRecord, ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import type { RecordKey } from '../../src/store/store'

const seenAt = Date.UTC(2026, 10, 22, 12)

/** A server that was seen once, long enough ago to be without evidence. */
export function serverRecord(server: string, change: Partial<ServerRecord> = {}): ServerRecord {
  return {
    tenant: 'contoso',
    server,
    firstSeenAt: seenAt,
    lastSeenAt: seenAt,
    clock: { state: 'clear' },
    recovery: null,
    stageSeen: 0,
    lastEvidence: null,
    events: [],
    days: {},
    ...change,
  }
}

export function pathRecord(ehlo: string | null, change: Partial<PathRecord> = {}): PathRecord {
  return {
    tenant: 'contoso',
    connector: 'contoso-hybrid',
    address: '192.0.2.10',
    ehlo,
    servers: {},
    lastEvidenceAt: seenAt,
    ...change,
  }
}

export function tenantRecord(tenant: string, change: Partial<TenantRecord> = {}): TenantRecord {
  return { tenant, pauses: [], exemptions: [], ...change }
}

export function serverKey(server: string, tenant = 'contoso'): RecordKey<'server'> {
  return { kind: 'server', tenant, server }
}

export function pathKey(ehlo: string | null): RecordKey<'path'> {
  return { kind: 'path', tenant: 'contoso', connector: 'contoso-hybrid', address: '192.0.2.10', ehlo }
}

export function tenantKey(tenant: string): RecordKey<'tenant'> {
  return { kind: 'tenant', tenant }
}
