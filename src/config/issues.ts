import { z } from 'zod'
import type { Findings } from './findings'
import type { IniSection, IniSections } from './ini'
import type { KeyFacts } from './key'
import { keyFacts } from './key'
import { suggestion } from './problem'
import { stageNumberAllowed } from './schedule-rows'

/** A section as the schema takes it: keys and their texts. */
export function textsOf(section: IniSection): Record<string, string> {
  return Object.fromEntries([...section.values].map(([name, value]) => [name, value.text]))
}

/** Tells what the schema refused, as problems at the place where each is written. */
export function refuseIssues(
  issues: readonly z.core.$ZodIssue[],
  below: readonly string[],
  schema: z.ZodObject,
  findings: Findings,
): void {
  for (const issue of issues) {
    const path = [...below, ...issue.path.map(String)]
    const [section, key] = path
    if (issue.code === 'unrecognized_keys') {
      refuseUnknown(issue.keys, section ?? null, schema, findings)
    } else if (issue.code === 'invalid_key') {
      findings.refuse(section ?? null, key ?? null, 'is not a stage', stageNumberAllowed)
    } else {
      findings.refuse(section ?? null, key ?? null, issue.message, allowedFor(path, schema))
    }
  }
}

function refuseUnknown(
  names: readonly string[],
  section: string | null,
  schema: z.ZodObject,
  findings: Findings,
): void {
  if (section === null) {
    const known = Object.keys(schema.shape)
    for (const name of names) {
      findings.refuse(name, null, `the section is not known here${suggestion(name, known)}`, known.join(', '))
    }
    return
  }
  const known = Object.keys(shapeOf(own(schema.shape, section)))
  for (const name of names) {
    findings.refuseName(
      section,
      name,
      `the key is not known here${suggestion(name, known)}`,
      known.join(', '),
    )
  }
}

function allowedFor([section, key]: readonly string[], schema: z.ZodObject): string | null {
  return section === undefined || key === undefined ? null : (factsAt(section, key, schema)?.allowed ?? null)
}

function factsAt(section: string, key: string, schema: z.ZodObject): KeyFacts | null {
  const inner = unwrap(own(schema.shape, section))
  const found = inner instanceof z.ZodRecord ? inner.valueType : own(shapeOf(inner), key)
  return found instanceof z.ZodType ? keyFacts(found) : null
}

/** `key[] = item` makes a list, also of a key that takes one value. */
export function refuseArrays(sections: IniSections, schema: z.ZodObject, findings: Findings): void {
  for (const [name, section] of sections) {
    for (const [key, value] of section.values) {
      if (value.isArray && factsAt(name, key, schema)?.isList === false) {
        findings.refuseName(name, key, 'takes one value; write it without []', 'key = value')
      }
    }
  }
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> {
  const inner = unwrap(schema)
  return inner instanceof z.ZodObject ? inner.shape : {}
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodPrefault ? schema.unwrap() : schema
}

/** A section may be named `toString`. */
function own(shape: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(shape, name) ? shape[name] : undefined
}
