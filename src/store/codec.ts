import { z } from 'zod'
import type {
  Clock,
  Exemption,
  LastEvidence,
  PathRecord,
  ServerEvent,
  ServerRecord,
  TenantRecord,
} from '../rules/clock/record'
import { formatKey, isKeyOf, parseKey } from './keys'
import type { RecordKey, RecordKind, Records, Stored } from './store'
import { InvalidRecord } from './unavailable'
import { unreadableVersion } from './version'

/** Written into every value. A reader leaves values of any other schema alone. */
export const schemaNumber = 1

const text = z.string()
const integer = z.number().int()
const count = integer.min(0)
const at = integer
const pair = z.tuple([at, integer])

// The wire form: short names, what is empty is left out, lists of pairs where a name from the network would be a key.
const evidenceShape = z.strictObject({
  at,
  build: text.optional(),
  with: text,
  field: text,
  id: text.optional(),
  conn: text,
  by: text,
  bound: z.enum(['ehlo', 'reverse', 'certificate', 'unbound']),
  // Left out where it is the server's own name, as it mostly is.
  ehlo: text.optional(),
  ip: text,
  xoorg: z.tuple([text, z.boolean()]).optional(),
  mime: text.optional(),
  status: text,
  why: text,
})
const eventShape = z.union([
  z.tuple([at, z.enum(['detected', 'relapsed', 'recovered']), text]),
  z.tuple([at, z.literal('stage'), integer]),
  z.tuple([at, z.enum(['paused', 'resumed', 'exempted', 'unexempted']), text]),
])
const dayShape = z.tuple([z.string().regex(/^\d{4}-\d\d-\d\d$/), count, count, count])

const serverShape = z
  .strictObject({
    s: z.literal(schemaNumber),
    t: text,
    n: text,
    first: at,
    last: at,
    suspected: pair.optional(),
    running: z.tuple([at, at, integer, integer]).optional(),
    recovery: pair.optional(),
    stage: integer.optional(),
    ev: evidenceShape.optional(),
    events: z.array(eventShape).optional(),
    days: z.array(dayShape).optional(),
  })
  .refine(({ suspected, running }) => !suspected || !running, 'suspected and running at once')
const pathShape = z.strictObject({
  s: z.literal(schemaNumber),
  t: text,
  conn: text,
  ip: text,
  ehlo: text.optional(),
  seen: z.array(z.tuple([text, at])).optional(),
  last: at,
})
const targetShape = z.union([
  z.tuple([z.literal('tenant')]),
  z.tuple([z.literal('connector'), text]),
  z.tuple([z.literal('server'), text]),
])
const tenantShape = z.strictObject({
  s: z.literal(schemaNumber),
  t: text,
  pauses: z
    .array(z.strictObject({ id: text, from: at, until: at, days: count, why: text, made: at }))
    .optional(),
  exempt: z.array(z.strictObject({ id: text, of: targetShape, until: at, why: text, made: at })).optional(),
})
type ServerWire = z.infer<typeof serverShape>
type EvidenceWire = z.infer<typeof evidenceShape>
type PathWire = z.infer<typeof pathShape>
type TenantWire = z.infer<typeof tenantShape>

interface Codec<K extends RecordKind> {
  /** What goes over the wire, not validated yet. */
  readonly pack: (value: Records[K]) => unknown
  /** Never throws: a value of another shape gives why. */
  readonly unpack: (wire: unknown) => { readonly value: Records[K] } | { readonly why: string }
  readonly keyOf: (value: Records[K]) => RecordKey<K>
}

function codec<K extends RecordKind, W>(
  shape: z.ZodType<W>,
  pack: (value: Records[K]) => W,
  unpack: (wire: W) => Records[K],
  keyOf: (value: Records[K]) => RecordKey<K>,
): Codec<K> {
  return {
    pack,
    unpack: (wire) => {
      const parsed = shape.safeParse(wire)
      if (parsed.success) return { value: unpack(parsed.data) }
      const [issue] = parsed.error.issues
      return { why: issue ? `${issue.path.join('.') || 'value'}: ${issue.message}` : 'of another shape' }
    },
    keyOf,
  }
}

const codecs: { readonly [K in RecordKind]: Codec<K> } = {
  server: codec<'server', ServerWire>(serverShape, packServer, unpackServer, ({ tenant, server }) => ({
    kind: 'server',
    tenant,
    server,
  })),
  path: codec<'path', PathWire>(pathShape, packPath, unpackPath, ({ tenant, connector, address, ehlo }) => ({
    kind: 'path',
    tenant,
    connector,
    address,
    ehlo,
  })),
  tenant: codec<'tenant', TenantWire>(tenantShape, packTenant, unpackTenant, ({ tenant }) => ({
    kind: 'tenant',
    tenant,
  })),
}

/** JSON text of a record. Throws `InvalidRecord` where `decode` could not read it again under this key. */
export function encode<K extends RecordKind>(key: RecordKey<K>, value: Records[K]): string {
  const kind: K = key.kind
  const { pack, unpack } = codecs[kind]
  const wire = pack(value)
  const check = unpack(wire)
  if ('why' in check) throw new InvalidRecord(`A ${kind} record that could not be read again: ${check.why}`)
  if (formatKey('', codecs[kind].keyOf(value)) !== formatKey('', key)) {
    throw new InvalidRecord(`A ${kind} record may only be written under its own key`)
  }
  return JSON.stringify(wire)
}

/** Reads what `encode` wrote. Any other text is `unreadable`, with why: never a throw, never half a record. */
export function decode<K extends RecordKind>(
  key: RecordKey<K>,
  version: number,
  json: string,
): Stored<Records[K]> {
  const kind: K = key.kind
  const unreadable = (why: string): Stored<Records[K]> => ({
    state: 'unreadable',
    version: unreadableVersion(version),
    why,
  })
  const wire = parseJson(json)
  if (wire === undefined) return unreadable('damaged: not JSON')
  const schema = typeof wire === 'object' && wire !== null && 's' in wire ? wire.s : undefined
  if (typeof schema === 'number' && schema > schemaNumber) {
    return unreadable(`schema ${schema} is newer than ${schemaNumber}: upgrade this host`)
  }
  const read = codecs[kind].unpack(wire)
  if ('why' in read) return unreadable(`damaged: ${read.why}`)
  const own = codecs[kind].keyOf(read.value)
  // The name of a key read back from the store may be a shortened one; the record then speaks for itself.
  if (formatKey('', own) !== formatKey('', key) && !isShortened(key)) {
    return unreadable('damaged: belongs to another key')
  }
  return { state: 'present', version, value: read.value }
}

/** One record of a list; `null` where the text of the key is none of this kind. */
export function decodeListed<K extends RecordKind>(
  kind: K,
  prefix: string,
  keyText: string,
  version: number,
  json: string,
): (Stored<Records[K]> & { readonly key: RecordKey<K> }) | null {
  const key = parseKey(prefix, keyText)
  if (!key || !isKeyOf(key, kind)) return null
  const stored = decode<K>(key, version, json)
  const whole = stored.state === 'present' && isShortened(key) ? codecs[kind].keyOf(stored.value) : key
  return { ...stored, key: whole }
}

function isShortened(key: RecordKey): boolean {
  return Object.values(key).some((part) => part !== null && /~[0-9a-f]{32}$/.test(part))
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
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

function packEvent(event: ServerEvent): z.infer<typeof eventShape> {
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

function unpackEvent([at, kind, detail]: z.infer<typeof eventShape>): ServerEvent {
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

function packTarget(target: Exemption['target']): z.infer<typeof targetShape> {
  switch (target.kind) {
    case 'tenant':
      return [target.kind]
    case 'connector':
      return [target.kind, target.connector]
    case 'server':
      return [target.kind, target.server]
  }
}

function unpackTarget(target: z.infer<typeof targetShape>): Exemption['target'] {
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
