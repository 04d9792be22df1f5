import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, rmSync, appendFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { SpooledMessage } from '../support/accept-all'
import { harakaCommand, makeInstallFolder, writePorts } from '../support/install'
import type { InstallOptions } from '../support/install'
import { becomesTrue } from '../support/processes'

/** Something that the user can do something about; printed without a stack. */
export class CannotStart extends Error {}

/** The port, or a free one for 0. Rejects with `CannotStart` where it is taken. */
export async function claimPort(wanted: number): Promise<number> {
  const probe = createServer().listen(wanted, '127.0.0.1')
  try {
    await once(probe, 'listening')
  } catch (cause) {
    throw new CannotStart(portTrouble(wanted, cause), { cause })
  }
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : wanted
}

function portTrouble(port: number, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  const other = 'choose another with: npm start -- --port N'
  if (code === 'EADDRINUSE') return `Port ${String(port)} of 127.0.0.1 is taken by another program; ${other}`
  if (code === 'EACCES') return `Port ${String(port)} of 127.0.0.1 may not be used by you; ${other}`
  return `Port ${String(port)} of 127.0.0.1 cannot be used (${String(cause)}); ${other}`
}

/** A Haraka in a folder of its own, in one process; the folder is gone when it has ended. */
export class DemoServer {
  readonly folder: string
  readonly #options: InstallOptions
  #child: ChildProcess | null = null
  #log = ''
  #exited = false
  #ending = false
  #onDeath: (() => void) | null = null

  private constructor(folder: string, options: InstallOptions) {
    this.folder = folder
    this.#options = options
  }

  /** Makes the folder as `haraka -i` does, and starts nothing yet. */
  static async install(options: InstallOptions): Promise<DemoServer> {
    return new DemoServer(await makeInstallFolder(options), options)
  }

  get logFile(): string {
    return join(this.folder, 'haraka.log')
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** The end of its log, for a message. */
  get lastWords(): string {
    return this.#log.slice(-2000)
  }

  async start(port: number, patienceMs = 10_000): Promise<void> {
    writePorts(this.folder, this.#options, { smtp: port })
    const child = spawn(process.execPath, [harakaCommand, '-c', this.folder], {
      // The open stdin tells the server that we are alive: it ends when we do, however that may be. Ctrl-C at the
      // terminal reaches us alone, so that the server ends in order.
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-20_000)
        if (!this.#ending) appendFileSync(this.logFile, text)
      })
    }
    const ended = (): void => {
      this.#exited = true
      this.#onDeath?.()
    }
    child.once('exit', ended).once('error', ended)
    const ready = join(this.folder, 'ready', String(child.pid))
    const there = await becomesTrue(() => this.#exited || existsSync(ready), patienceMs)
    if (this.#log.includes('EADDRINUSE')) throw new CannotStart(portTrouble(port, { code: 'EADDRINUSE' }))
    if (!there || this.#exited) throw new CannotStart(`Haraka did not start:\n${this.lastWords}`)
  }

  /** Told once when the server ends without having been told to. */
  onDeath(listener: () => void): void {
    if (this.#exited) listener()
    else this.#onDeath = listener
  }

  /** The accepted message of that transaction, as it would go on. */
  delivered(transaction: string): SpooledMessage | null {
    const folder = join(this.folder, 'spool')
    for (const name of readdirSync(folder).filter((each) => !each.startsWith('.'))) {
      const message: SpooledMessage = JSON.parse(readFileSync(join(folder, name), 'utf8'))
      if (message.uuid === transaction) return message
    }
    return null
  }

  /** Ends the server and leaves its folder; a start under way fails. */
  async end(): Promise<void> {
    this.#onDeath = null
    this.#ending = true
    if (!this.#child || this.#exited) return
    this.#child.kill('SIGTERM')
    if (await becomesTrue(() => this.#exited, 3000)) return
    this.#child.kill('SIGKILL')
    await becomesTrue(() => this.#exited, 3000)
  }

  /** Ends the server and removes its folder. */
  async stop(): Promise<void> {
    await this.end()
    this.#remove()
  }

  /** The last resort, when this process is about to end and nothing can be waited for. */
  stopNow(): void {
    this.#ending = true
    if (this.#child && !this.#exited) this.#child.kill('SIGKILL')
    this.#remove()
  }

  // A server that was killed may still be about to write.
  #remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}
