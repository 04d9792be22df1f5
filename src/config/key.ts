import { z } from 'zod'
import type { ValueKind } from './values'

/** What validator, sample file and reference page say about one key. */
export interface KeyFacts {
  /** As it would stand in the file; empty: not set. */
  readonly default: string
  readonly allowed: string
  /** A value as an operator might write it, where the default shows none. */
  readonly example: string | null
  /** Whole sentences; the sample file and the reference page print them. */
  readonly about: string
  /** Its value is printed nowhere. */
  readonly secret: boolean
  /** `key[] = item` is understood. */
  readonly isList: boolean
}

interface KeyText {
  readonly default: string
  readonly about: string
  readonly example?: string
  readonly secret?: boolean
}

const registry = z.registry<KeyFacts>()

export type KeySchema<T> = z.ZodPrefault<z.ZodPipe<z.ZodString, z.ZodTransform<T, string>>>

/** A key: the schema that reads its text, with its facts attached. */
export function key<T>(kind: ValueKind<T>, text: KeyText): KeySchema<T> {
  const schema = z
    .string()
    .transform((written, context): T => {
      const reading = kind.read(written)
      if (reading.ok) return reading.value
      context.issues.push({ code: 'custom', message: reading.why + hint(written), input: written })
      return z.NEVER
    })
    .prefault(text.default)
  registry.add(schema, {
    default: text.default,
    allowed: kind.allowed,
    example: text.example ?? null,
    about: text.about,
    secret: text.secret ?? false,
    isList: kind.isList,
  })
  return schema
}

/** The usual reasons for which a value that looks right is not. */
function hint(written: string): string {
  if (/\s[;#]/.test(written)) return '; a comment cannot stand behind a value, only on a line of its own'
  if (/^(["']).*\1$/.test(written)) return '; write it without quotes'
  return ''
}

export function keyFacts(schema: z.ZodType): KeyFacts {
  const facts = registry.get(schema)
  if (!facts) throw new Error('A key of the configuration schema was made without key()')
  return facts
}
