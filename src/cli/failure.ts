/** 0: done; 1: the answer is "no"; 2: wrong usage. */
export type ExitCode = 0 | 1 | 2

/** Ends a command with one line that names what to do. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure'

  constructor(
    readonly exitCode: 1 | 2,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The answer is "no". */
export function refusal(message: string, cause?: unknown): CliFailure {
  return new CliFailure(1, message, cause === undefined ? {} : { cause })
}

/** The command was not called as it can be. */
export function misuse(message: string): CliFailure {
  return new CliFailure(2, message)
}
