import { writeFileSync } from 'node:fs'
import { reporters, Runner } from 'mocha'
import type { MochaOptions } from 'mocha'
import { countFileVariable } from './test-count'
import type { TestCount } from './test-count'

/** How long sockets and timers may take to close after the last test. */
const endMs = 20_000

/** Mocha's own output, plus the count in a file, plus an answer where the process does not end. */
class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options?: MochaOptions) {
    super(runner, options)
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const count: TestCount = { passed: this.stats.passes, failed: this.stats.failures }
      const file = process.env[countFileVariable]
      if (file !== undefined) writeFileSync(file, JSON.stringify(count))
      setTimeout(() => {
        const held = process.getActiveResourcesInfo().join(', ')
        console.error(`The tests are over, but something still holds their process: ${held}`)
        // Mocha sets its own code in a listener that comes before this one.
        process.on('exit', () => {
          process.exitCode = 1
        })
        process.exit()
      }, endMs).unref()
    })
  }
}

export = CountingReporter
