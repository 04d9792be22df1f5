import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Job, JobResult } from './load-client'

const patienceMs = 180_000

/** The client process; one job at a time. */
export class LoadClient {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static start(): LoadClient {
    return new LoadClient(fork(join(__dirname, 'load-client.js'), { serialization: 'advanced' }))
  }

  /** Seconds that the job took. An error where the server said anything that was not expected. */
  async run(job: Job): Promise<number> {
    const answered = once(this.#child, 'message', { signal: AbortSignal.timeout(patienceMs) })
    this.#child.send(job)
    const [result]: JobResult[] = await answered
    if (!result) throw new Error('the client process gave no answer')
    if (result.unexpected !== null) throw new Error(`the server answered otherwise: ${result.unexpected}`)
    return result.seconds
  }

  stop(): void {
    this.#child.disconnect()
  }
}
