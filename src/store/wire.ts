import type { z } from 'zod'
import type {
  Clock,
  Exemption,
  LastEvidence,
  PathRecord,
  ServerEvent,
  ServerRecord,
  TenantRecord,
} from '../rules/clock/record'
import { packContact, unpackContact } from './contact-wire'
import type { RecordKey, RecordKind, Records } from './store'
import {
  contactShape,
  pathShape,
  schemaNumber,
  serverShape,
  tenantShape,
  type ContactWire,
  type EventWire,
  type EvidenceWire,
  type PathWire,
  type ServerWire,
  type TargetWire,
  type TenantWire,
} from './wire-shape'

/** How a record of one kind goes over the wire and comes back. */
interface Wire<K extends RecordKind> {
  /** What goes over the wire, not validated yet. */
  readonly pack: (value: Records[K]) => unknown
  /** Never throws: a value of another shape gives why. */
  readonly unpack: (raw: unknown) => { readonly value: Records[K] } | { readonly why: string }
  readonly keyOf: (value: Records[K]) => RecordKey<K>
}

function wire<K extends RecordKind, W>(
  shape: z.ZodType<W>,
  pack: (value: Records[K]) => W,
  unpack: (wire: W) => Records[K],
  keyOf: (value: Records[K]) => RecordKey<K>,
): Wire<K> {
  return {
    pack,
    unpack: (raw) => {
      const parsed = shape.safeParse(raw)
      if (parsed.success) return { value: unpack(parsed.data) }
      const [issue] = parsed.error.issues
      return { why: issue ? `${issue.path.join('.') || 'value'}: ${issue.message}` : 'of another shape' }
    },
    keyOf,
  }
}

export const wires: { readonly [K in RecordKind]: Wire<K> } = {
  server: wire<'server', ServerWire>(serverShape, packServer, unpackServer, ({ tenant, server }) => ({
    kind: 'server',
    tenant,
    server,
  })),
  path: wire<'path', PathWire>(pathShape, packPath, unpackPath, ({ tenant, connector, address, ehlo }) => ({
    kind: 'path',
    tenant,
    connector,
    address,
    ehlo,
  })),
  tenant: wire<'tenant', TenantWire>(tenantShape, packTenant, unpackTenant, ({ tenant }) => ({
    kind: 'tenant',
    tenant,
  })),
  contact: wire<'contact', ContactWire>(contactShape, packContact, unpackContact, ({ tenant, contact }) => ({
    kind: 'contact',
    tenant,
    contact,
  })),
}

/** All kinds of records there are. */
export const recordKinds: readonly RecordKind[] = kindsOf(wires)

function kindsOf(all: { readonly [K in RecordKind]: unknown }): readonly RecordKind[] {
  return Object.keys(all).filter((kind): kind is RecordKind => Object.hasOwn(all, kind))
}

function packServer(value: ServerRecord): ServerWire {
  const { clock, recovery, lastEvidence } = value
  const days = Object.entries(value.days)
  return {
    s: schemaNumber,
    t: value.tenant,
    n: value.server,
    first: value.firstSeenAt,
    last: value.lastSeenAt,
    ...(clock.state === 'suspected' && { suspected: [clock.firstAt, clock.sightings] }),
    ...(clock.state === 'running' && {
      running: [clock.startedAt, clock.detectedAt, clock.carriedMs, clock.reachedMs],
    }),
    ...(recovery && { recovery: [recovery.at, recovery.elapsedMs] }),
    ...(value.stageSeen !== 0 && { stage: value.stageSeen }),
    ...(lastEvidence && { ev: packEvidence(lastEvidence, value.server) }),
    ...(value.events.length > 0 && { events: value.events.map(packEvent) }),
    ...(days.length > 0 && { days: days.map(([day, c]) => [day, c.accepted, c.deferred, c.refused]) }),
  }
}

function unpackServer(wire: ServerWire): ServerRecord {
  return {
    tenant: wire.t,
    server: wire.n,
    firstSeenAt: wire.first,
    lastSeenAt: wire.last,
    clock: unpackClock(wire),
    recovery: wire.recovery ? { at: wire.recovery[0], elapsedMs: wire.recovery[1] } : null,
    stageSeen: wire.stage ?? 0,
    lastEvidence: wire.ev ? unpackEvidence(wire.ev, wire.n) : null,
    events: (wire.events ?? []).map(unpackEvent),
    days: Object.fromEntries(
      (wire.days ?? []).map(([day, accepted, deferred, refused]) => [day, { accepted, deferred, refused }]),
    ),
  }
}

function unpackClock({ suspected, running }: ServerWire): Clock {
  if (running) {
    const [startedAt, detectedAt, carriedMs, reachedMs] = running
    return { state: 'running', startedAt, detectedAt, carriedMs, reachedMs }
  }
  if (suspected) return { state: 'suspected', firstAt: suspected[0], sightings: suspected[1] }
  return { state: 'clear' }
}

function packEvent(event: ServerEvent): EventWire {
  switch (event.kind) {
    case 'detected':
    case 'relapsed':
    case 'recovered':
      return [event.at, event.kind, event.build]
    case 'stage':
      return [event.at, event.kind, event.stage]
    default:
      return [event.at, event.kind, event.reason]
  }
}

function unpackEvent([at, kind, detail]: EventWire): ServerEvent {
  switch (kind) {
    case 'stage':
      return { at, kind, stage: detail }
    case 'detected':
    case 'relapsed':
    case 'recovered':
      return { at, kind, build: detail }
    case 'paused':
    case 'resumed':
    case 'exempted':
    case 'unexempted':
      return { at, kind, reason: detail }
  }
}

function packEvidence(value: LastEvidence, server: string): EvidenceWire {
  return {
    at: value.at,
    ...(value.build !== null && { build: value.build }),
    with: value.transport,
    field: value.header,
    ...(value.messageId !== null && { id: value.messageId }),
    conn: value.connector,
    by: value.attribution,
    bound: value.bound,
    ...(value.ehlo !== server && { ehlo: value.ehlo }),
    ip: value.address,
    ...(value.xoorg && { xoorg: [value.xoorg.domain, value.xoorg.known] }),
    ...(value.mimeOle !== null && { mime: value.mimeOle }),
    status: value.verdict.status,
    why: value.verdict.reason,
  }
}

function unpackEvidence(wire: EvidenceWire, server: string): LastEvidence {
  return {
    at: wire.at,
    build: wire.build ?? null,
    transport: wire.with,
    header: wire.field,
    messageId: wire.id ?? null,
    connector: wire.conn,
    attribution: wire.by,
    bound: wire.bound,
    ehlo: wire.ehlo ?? server,
    address: wire.ip,
    xoorg: wire.xoorg ? { domain: wire.xoorg[0], known: wire.xoorg[1] } : null,
    mimeOle: wire.mime ?? null,
    verdict: { status: wire.status, reason: wire.why },
  }
}

function packPath(value: PathRecord): PathWire {
  const seen = Object.entries(value.servers)
  return {
    s: schemaNumber,
    t: value.tenant,
    conn: value.connector,
    ip: value.address,
    ...(value.ehlo !== null && { ehlo: value.ehlo }),
    ...(seen.length > 0 && { seen }),
    last: value.lastEvidenceAt,
  }
}

function unpackPath(wire: PathWire): PathRecord {
  return {
    tenant: wire.t,
    connector: wire.conn,
    address: wire.ip,
    ehlo: wire.ehlo ?? null,
    servers: Object.fromEntries(wire.seen ?? []),
    lastEvidenceAt: wire.last,
  }
}

function packTenant(value: TenantRecord): TenantWire {
  const pauses = value.pauses.map(({ id, from, until, days, reason, createdAt }) => ({
    id,
    from,
    until,
    days,
    why: reason,
    made: createdAt,
  }))
  const exempt = value.exemptions.map(({ id, target, until, reason, createdAt }) => ({
    id,
    of: packTarget(target),
    until,
    why: reason,
    made: createdAt,
  }))
  return {
    s: schemaNumber,
    t: value.tenant,
    ...(pauses.length > 0 && { pauses }),
    ...(exempt.length > 0 && { exempt }),
  }
}

function packTarget(target: Exemption['target']): TargetWire {
  switch (target.kind) {
    case 'tenant':
      return [target.kind]
    case 'connector':
      return [target.kind, target.connector]
    case 'server':
      return [target.kind, target.server]
  }
}

function unpackTarget(target: TargetWire): Exemption['target'] {
  const [kind, name] = target
  if (kind === 'tenant') return { kind }
  return kind === 'connector' ? { kind, connector: name } : { kind, server: name }
}

function unpackTenant(wire: TenantWire): TenantRecord {
  return {
    tenant: wire.t,
    pauses: (wire.pauses ?? []).map(({ id, from, until, days, why, made }) => ({
      id,
      from,
      until,
      days,
      reason: why,
      createdAt: made,
    })),
    exemptions: (wire.exempt ?? []).map(({ id, of, until, why, made }) => ({
      id,
      target: unpackTarget(of),
      until,
      reason: why,
      createdAt: made,
    })),
  }
}
