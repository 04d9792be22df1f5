import { PassThrough, Readable, Writable } from 'node:stream'
import type { Invocation } from '../../src/cli/invocation'
import { Output } from '../../src/cli/output'
import { run } from '../../src/cli/program'
import type { Ran } from './support'

export interface CallOptions {
  readonly input?: string | Buffer
  readonly directory?: string
  readonly now?: number
}

class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('utf8')
    done()
  }
}

/** A command line within this process, which costs no start of another; what ends a process is not tested so. */
export async function call(parameters: readonly string[], options: CallOptions = {}): Promise<Ran> {
  const [stdout, stderr] = [new Collected(), new Collected()]
  let ids = 0
  const invocation: Invocation = {
    stdin:
      options.input === undefined ? new PassThrough().end() : Readable.from([Buffer.from(options.input)]),
    out: new Output(stdout, {}),
    err: new Output(stderr, {}),
    environment: {},
    directory: options.directory ?? '/',
    now: () => options.now ?? Date.now(),
    newId: () => `id-${(ids += 1)}`,
    onInterrupt: () => () => undefined,
    exitCode: 0,
  }
  const code = await run(parameters, invocation)
  return { code, stdout: stdout.text, stderr: stderr.text }
}
