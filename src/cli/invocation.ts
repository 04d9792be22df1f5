import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ExitCode } from './failure'
import { Output } from './output'

/** What a command works with; everything from outside comes in here. */
export interface Invocation {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly out: Output
  readonly err: Output
  readonly environment: NodeJS.ProcessEnv
  /** Where relative paths start. */
  readonly directory: string
  readonly now: () => number
  /** A new unique id. */
  readonly newId: () => string
  /** Said by the command that ran. */
  exitCode: ExitCode
}

export function invocationOf(from: NodeJS.Process): Invocation {
  return {
    stdin: from.stdin,
    out: new Output(from.stdout, from.env),
    err: new Output(from.stderr, from.env),
    environment: from.env,
    directory: from.cwd(),
    now: Date.now,
    newId: randomUUID,
    exitCode: 0,
  }
}
