import type { LastEvidence, PathRecord, ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import type { ContactRecord } from '../../src/rules/notice/record'
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

/** What was seen of a server of Contoso, by the address of its connector. */
export function evidenceOf(change: Partial<LastEvidence> = {}): LastEvidence {
  const { build = '15.2.1118.7', at = seenAt } = change
  return {
    at,
    build,
    transport: 'smtp',
    header: `Received: from ex01.contoso.local by ex01.contoso.local with Microsoft SMTP Server id ${String(build)}`,
    messageId: null,
    connector: 'contoso-hybrid',
    attribution: 'address 192.0.2.0/24',
    bound: 'ehlo',
    ehlo: 'ex01.contoso.local',
    address: '192.0.2.10',
    xoorg: null,
    mimeOle: null,
    verdict: { status: 'outdated', reason: 'behind' },
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

export function contactRecord(contact: string, change: Partial<ContactRecord> = {}): ContactRecord {
  return { tenant: 'contoso', contact, letters: [], notices: [], ...change }
}

export function contactKey(contact: string): RecordKey<'contact'> {
  return { kind: 'contact', tenant: 'contoso', contact }
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
