import { z } from 'zod'
import { noticeKinds } from '../rules/notice/record'

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

export const serverShape = z
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
export const pathShape = z.strictObject({
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
export const tenantShape = z.strictObject({
  s: z.literal(schemaNumber),
  t: text,
  pauses: z
    .array(z.strictObject({ id: text, from: at, until: at, days: count, why: text, made: at }))
    .optional(),
  exempt: z.array(z.strictObject({ id: text, of: targetShape, until: at, why: text, made: at })).optional(),
})
/** Written as a tuple: kind, server, mark, until, place of its letter in `letters`. */
const noticeShape = z.tuple([z.enum(noticeKinds), text, text, at, count])
const letterStateShape = z.discriminatedUnion('is', [
  z.strictObject({ is: z.enum(['claimed', 'sending']), at, by: text, tries: count, doubts: count }),
  z.strictObject({ is: z.literal('failed'), at, tries: count, doubts: count, why: text, again: at }),
  z.strictObject({ is: z.literal('queued'), at, why: text.optional() }),
  z.strictObject({ is: z.enum(['sent', 'doubtful']), at }),
  z.strictObject({ is: z.literal('undelivered'), at, why: text }),
])
export const contactShape = z
  .strictObject({
    s: z.literal(schemaNumber),
    t: text,
    c: text,
    letters: z.array(z.strictObject({ id: text, made: at, now: letterStateShape })).optional(),
    told: z.array(noticeShape).optional(),
  })
  .refine(
    ({ letters = [], told = [] }) => told.every(([, , , , place]) => place < letters.length),
    'a notice without a letter',
  )
export type ServerWire = z.infer<typeof serverShape>
export type EvidenceWire = z.infer<typeof evidenceShape>
export type PathWire = z.infer<typeof pathShape>
export type TenantWire = z.infer<typeof tenantShape>
export type EventWire = z.infer<typeof eventShape>
export type TargetWire = z.infer<typeof targetShape>
export type ContactWire = z.infer<typeof contactShape>
export type LetterStateWire = z.infer<typeof letterStateShape>
