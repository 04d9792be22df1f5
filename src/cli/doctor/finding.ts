import type { Scene } from './scene'

/** How bad: an error keeps the plugin from its work, a warning is going to cost something, a hint is advice. */
export type Severity = 'error' | 'warning' | 'hint'

/** What can be found, and what it means: the page docs/doctor.md shows these. */
export interface Check {
  readonly severity: Severity
  /** One sentence: what is wrong where this is found. */
  readonly about: string
  /** One or two sentences: what to do. */
  readonly remedy: string
}

export interface Evidence {
  readonly file: string
  /** Counted from 1; `null`: the file as a whole. */
  readonly line: number | null
}

/** `ok`: looked at and well. `unknown`: could not be looked at, and the message says why. */
export interface Finding {
  readonly id: string
  readonly area: string
  readonly severity: Severity | 'ok' | 'unknown'
  /** Whole, but for its first letter and its full stop. */
  readonly message: string
  readonly evidence: Evidence | null
  /** `null` where there is nothing to do. */
  readonly remedy: string | null
}

/** Checks that look at one thing together. */
export interface Area {
  readonly name: string
  readonly checks: Readonly<Record<string, Check>>
  /** Tells every finding as it is made. Never changes anything. */
  readonly examine: (scene: Scene, tell: (finding: Finding) => void) => Promise<void>
}

/** What an area says of its own checks, and of no others. */
export interface Report<Id extends string> {
  ok(id: Id, message: string): void
  found(id: Id, message: string, evidence?: Evidence): void
  unknown(id: Id, message: string): void
}

export function area<const Id extends string>(
  name: string,
  checks: Readonly<Record<Id, Check>>,
  examine: (scene: Scene, report: Report<Id>) => Promise<void> | void,
): Area {
  return {
    name,
    checks,
    examine: async (scene, tell) => {
      const say = (
        id: Id,
        severity: Finding['severity'],
        message: string,
        evidence: Evidence | null,
        remedy: string | null,
      ): void => tell({ id, area: name, severity, message: message.replace(/\.$/, ''), evidence, remedy })
      await examine(scene, {
        ok: (id, message) => say(id, 'ok', message, null, null),
        found: (id, message, evidence) =>
          say(id, checks[id].severity, message, evidence ?? null, checks[id].remedy),
        unknown: (id, message) => say(id, 'unknown', message, null, null),
      })
    },
  }
}

/** The message of an error, for the end of a sentence. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
