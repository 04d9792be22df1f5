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
  /** Calls `tidy` on Ctrl-C, after which the program ends as it would have; returns how to stop that. */
  readonly onInterrupt: (tidy: () => Promise<void>) => () => void
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
    onInterrupt: (tidy) => {
      const interrupted = (): void => {
        void tidy().finally(() => from.kill(from.pid, 'SIGINT'))
      }
      from.once('SIGINT', interrupted)
      return () => from.off('SIGINT', interrupted)
    },
    exitCode: 0,
  }
}
