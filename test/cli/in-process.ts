import { randomUUID } from 'node:crypto'
import { PassThrough, Readable, Writable } from 'node:stream'
import type { Invocation } from '../../src/cli/invocation'
import { Output } from '../../src/cli/output'
import { run } from '../../src/cli/program'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CallOptions {
  readonly input?: string | Buffer
  readonly environment?: Readonly<Record<string, string>>
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
  const invocation: Invocation = {
    stdin:
      options.input === undefined ? new PassThrough().end() : Readable.from([Buffer.from(options.input)]),
    out: new Output(stdout, {}),
    err: new Output(stderr, {}),
    environment: options.environment ?? {},
    directory: options.directory ?? '/',
    now: () => options.now ?? Date.now(),
    newId: randomUUID,
    onInterrupt: () => () => undefined,
    exitCode: 0,
  }
  const code = await run(parameters, invocation)
  return { code, stdout: stdout.text, stderr: stderr.text }
}
