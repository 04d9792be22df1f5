import { CommanderError } from 'commander'
import { programName } from './details'
import { CliFailure, type ExitCode } from './failure'
import type { Invocation } from './invocation'
import { printable } from '../rules/decision/printable'

/** One line on standard error, and the exit code that goes with it. */
export async function fail(error: unknown, invocation: Invocation): Promise<ExitCode> {
  const { err, environment } = invocation
  if (error instanceof CommanderError) {
    // Help and version that were asked for; help in place of a command was not.
    if (error.exitCode === 0) return 0
    const said = error.code === 'commander.help' ? 'a command is missing' : error.message
    const message = said.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
    await err.line(`${programName}: ${printable(message)}; see '${programName} --help'`)
    return 2
  }
  const message = error instanceof Error ? error.message : String(error)
  const prefix = error instanceof CliFailure ? '' : 'unexpected fault: '
  await err.line(`${programName}: ${err.styled('red', printable(prefix + message))}`)
  if ((environment['DEBUG'] ?? '') !== '' && error instanceof Error) {
    for (let at: unknown = error; at instanceof Error; at = at.cause) await err.line(at.stack ?? at.message)
  }
  return error instanceof CliFailure ? error.exitCode : 1
}
