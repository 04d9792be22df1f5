import { Command } from 'commander'
import { addCatalogue } from './catalogue'
import { addCompletion } from './completion'
import { addConfig } from './config'
import { addConnectors } from './connectors'
import { addDecide } from './decide'
import { detail, programName } from './details'
import { addDoctor } from './doctor'
import { addExempt } from './exempt'
import { addExplain } from './explain'
import type { ExitCode } from './failure'
import { addInspect } from './inspect'
import { addNotices } from './notices'
import type { Invocation } from './invocation'
import { packageVersion } from './package-version'
import { addPause } from './pause'
import { fail } from './program-failure'
import { addReplay } from './replay'
import { addResume } from './resume'
import { addServe } from './serve'
import { addServers } from './servers'
import { addState } from './state'
import { addUnexempt } from './unexempt'

/** The tree of commands; nothing runs before `parseAsync`. */
export function createProgram(invocation: Invocation): Command {
  const program = new Command(programName)
  program
    .description('Tells, delays and finally refuses mail from outdated Exchange servers: the command line.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .option('--config <folder>', "Haraka's config folder")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void invocation.out.write(text),
      writeErr: (text) => void invocation.err.write(text),
      // What commander says of a mistake goes out as one line, at the end.
      outputError: () => undefined,
    })
  detail(program, {
    notes: [
      "Haraka's config folder is the one that --config names; else the folder config of the install that the environment variable HARAKA names; " +
        "else ./config where Haraka's files are in it. Without any, reading and judging go by the defaults.",
      'Exit codes: 0 done, 1 the answer is "no" (invalid configuration, nothing found), 2 wrong usage. Errors are one line on standard error; with ' +
        'the environment variable DEBUG set it is followed by where the error came from. NO_COLOR is respected.',
    ],
    examples: [
      ['config check', 'Is the configuration valid?'],
      ['servers --status outdated', 'Which servers are outdated, and how far are they?'],
      ['inspect message.eml', 'What does the header of this message say?'],
    ],
  })
  for (const add of [
    addInspect,
    addDecide,
    addReplay,
    addServers,
    addExplain,
    addPause,
    addResume,
    addExempt,
    addUnexempt,
    addNotices,
    addConnectors,
    addCatalogue,
    addConfig,
    addState,
    addDoctor,
    addCompletion,
    addServe,
  ]) {
    add(program, invocation)
  }
  return program
}

/** Runs one command line; never throws. `parameters` are those behind the program's name. */
export async function run(parameters: readonly string[], invocation: Invocation): Promise<ExitCode> {
  try {
    await createProgram(invocation).parseAsync(parameters, { from: 'user' })
    return invocation.exitCode
  } catch (error) {
    return fail(error, invocation)
  }
}
