import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Job, JobResult } from './load-client'

const patienceMs = 120_000

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

/** Path of Postfix's load generator, `null` where it is not installed. */
export function findSmtpSource(): string | null {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']) {
    try {
      const program = join(folder, 'smtp-source')
      accessSync(program, constants.X_OK)
      return program
    } catch {
      continue
    }
  }
  return null
}

export interface SmtpSourceJob {
  readonly port: number
  readonly messages: number
  readonly parallel: number
  /** All messages of a connection one after the other in one session. */
  readonly reuse: boolean
  readonly ehlo: string
  readonly from: string
  readonly message: string
}

/** Seconds that it took, the start of the program included. */
export async function runSmtpSource(program: string, job: SmtpSourceJob): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'smtp-source-'))
  try {
    const file = join(folder, 'message')
    writeFileSync(file, job.message.replaceAll('\r\n', '\n'))
    const args = ['-m', String(job.messages), '-s', String(job.parallel), ...(job.reuse ? ['-d'] : [])]
    args.push('-M', job.ehlo, '-f', job.from, '-t', 'bob@example.com', '-F', file)
    const begun = performance.now()
    const child = spawn(program, [...args, `127.0.0.1:${String(job.port)}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)))
    const [code]: unknown[] = await once(child, 'exit')
    if (code !== 0 || said !== '') throw new Error(`smtp-source ended with ${String(code)}: ${said}`)
    return (performance.now() - begun) / 1000
  } finally {
    rmSync(folder, { recursive: true })
  }
}
