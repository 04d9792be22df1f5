#!/usr/bin/env node
import { invocationOf } from './invocation'
import { run } from './program'
import { fail } from './program-failure'

const invocation = invocationOf(process)

// `| head` has read enough.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
}
process.on('uncaughtException', (error) => {
  void fail(error, invocation).finally(() => process.exit(1))
})
void run(process.argv.slice(2), invocation).then((code) => {
  process.exitCode = code
})
