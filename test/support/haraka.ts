import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { SpooledMessage } from './accept-all'
import { harakaCommand, makeInstallFolder, writeConfigFile, writePorts } from './install'
import type { InstallOptions, Ports } from './install'
import { becomesTrue, isAlive, processesWithEnvironment, signalIfAlive } from './processes'
import { sendMessage } from './send-message'
import type { MessageOptions, SessionReport } from './send-message'
import { connect } from './smtp-client'
import type { ConnectOptions, SmtpClient } from './smtp-client'

export interface HarakaOptions extends InstallOptions {
  /** Further environment of the server. */
  readonly env?: Readonly<Record<string, string>>
  /** How long it may take to start, and to stop. */
  readonly patienceMs?: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

type ConnectWish = Partial<Omit<ConnectOptions, 'port'>>
type MessageWish = Partial<Omit<MessageOptions, 'port'>>

const markName = 'HARAKA_TEST_SERVER'

/** Where sessions come from unless the test says otherwise. Documentation addresses count as private in Haraka. */
const defaultPeer = '8.8.1.1'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  return address.port
}

/** A Haraka that runs as processes of its own, on loopback, in a folder of its own. */
export class RunningHaraka {
  readonly folder: string
  #ports: Ports = { smtp: 0 }
  #child: ChildProcess | undefined
  #exited: Promise<Exit> = Promise.resolve({ code: null, signal: null })
  #exit: Exit | undefined
  #log = ''
  #signalled = false
  readonly #mark = randomUUID()
  readonly #options: HarakaOptions
  readonly #patienceMs: number
  readonly #onTestExit = (): void => this.#killAll()

  private constructor(folder: string, options: HarakaOptions) {
    this.folder = folder
    this.#options = options
    this.#patienceMs = options.patienceMs ?? 15_000
  }

  static async start(options: HarakaOptions): Promise<RunningHaraka> {
    const haraka = new RunningHaraka(await makeInstallFolder(options), options)
    process.once('exit', haraka.#onTestExit)
    try {
      await haraka.#startOnFreePorts()
    } catch (error) {
      haraka.#killAll()
      haraka.#forget()
      throw error
    }
    return haraka
  }

  get port(): number {
    return this.#ports.smtp
  }

  /** Where TLS begins at once; 0 without TLS. Not 465, on which Haraka asks everyone to authenticate. */
  get smtpsPort(): number {
    return this.#ports.smtps ?? 0
  }

  /** The process that was started: the master of the cluster, or the only one. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Ends when the process that was started does, for whatever reason. */
  get exited(): Promise<Exit> {
    return this.#exited
  }

  /** Process ids of the workers alive now; empty with `nodes` 0. */
  workers(): number[] {
    const folder = join(this.folder, 'ready')
    const pids = existsSync(folder) ? readdirSync(folder).map(Number) : []
    return pids.filter((pid) => pid !== this.pid && isAlive(pid)).sort((left, right) => left - right)
  }

  /** What all processes have logged since the first start. */
  log(): string {
    return this.#log
  }

  /** Waits until the log holds `text`, from `offset` on; an error with the log's end otherwise. */
  async logged(text: string | RegExp, timeoutMs = this.#patienceMs, offset = 0): Promise<void> {
    const holds = (): boolean => {
      const log = this.#log.slice(offset)
      return typeof text === 'string' ? log.includes(text) : text.test(log)
    }
    if (!(await becomesTrue(holds, timeoutMs))) throw this.#failure(`"${String(text)}" was not logged`)
  }

  /** The messages accepted so far, oldest first. */
  messages(): SpooledMessage[] {
    const folder = join(this.folder, 'spool')
    if (!existsSync(folder)) return []
    const names = readdirSync(folder).filter((name) => !name.startsWith('.'))
    return names.sort().map((name) => {
      const message: SpooledMessage = JSON.parse(readFileSync(join(folder, name), 'utf8'))
      return message
    })
  }

  /** A session from `proxyFrom` (default 8.8.1.1). */
  connect(wish: ConnectWish = {}): Promise<SmtpClient> {
    return connect(this.#connectOptions(wish))
  }

  /** One message in a session of its own, from `proxyFrom` (default 8.8.1.1). */
  send(wish: MessageWish = {}): Promise<SessionReport> {
    return sendMessage({ ...wish, ...this.#connectOptions(wish) })
  }

  /** Replaces a file of the config folder in one step. Haraka takes notice of it about 5 s later. */
  reconfigure(name: string, text: string | Buffer): void {
    writeConfigFile(this.folder, name, text)
  }

  /** A signal to the process that was started, which the test answers for: an end by it is no surprise. */
  signal(signal: NodeJS.Signals): void {
    this.#signalled = true
    this.#child?.kill(signal)
  }

  /** Takes a file of the config folder away, so that what the package brings holds again. */
  removeConfigFile(name: string): void {
    rmSync(join(this.folder, 'config', name))
  }

  /** Ends all processes and starts anew in the same folder and on the same ports; `between` while none runs. */
  async restart(between: () => void = () => undefined): Promise<void> {
    await this.#end()
    between()
    if (!(await this.#launch())) throw this.#failure('Haraka did not start again')
  }

  /**
   * Ends all processes and removes the folder. An error where one is left behind, or where the server had ended
   * on its own.
   */
  async stop(): Promise<void> {
    const early = this.#signalled ? undefined : this.#exit
    try {
      await this.#end()
    } finally {
      this.#forget()
    }
    if (early) throw this.#failure(`Haraka had ended before it was told to (${describeExit(early)})`)
  }

  async #startOnFreePorts(): Promise<void> {
    const attempts = 3
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      this.#ports = {
        smtp: await freePort(),
        ...(this.#options.tls ? { smtps: await freePort() } : {}),
      }
      writePorts(this.folder, this.#options, this.#ports)
      if (await this.#launch()) return
      // Another process may have taken the port after it was found free.
      if (!this.#log.includes('EADDRINUSE')) break
    }
    throw this.#failure('Haraka did not start')
  }

  /** True once it greets and every worker is there; false where it ended before. */
  async #launch(): Promise<boolean> {
    rmSync(join(this.folder, 'ready'), { recursive: true, force: true })
    this.#exit = undefined
    this.#signalled = false
    const child = spawn(process.execPath, [harakaCommand, '-c', this.folder], {
      env: { ...process.env, ...this.#options.env, [markName]: this.#mark },
      // The open stdin tells the server that the test is alive (accept-all.ts).
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text
      })
    }
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal }
        resolve(this.#exit)
      })
    })
    const expected = this.#options.nodes ?? 0
    const ready = (): boolean =>
      this.#exit !== undefined ||
      (expected === 0
        ? existsSync(join(this.folder, 'ready', String(this.pid)))
        : this.workers().length >= expected)
    if (!(await becomesTrue(ready, this.#patienceMs)) || this.#exit) return false
    return await becomesTrue(() => this.#greets(), this.#patienceMs)
  }

  async #greets(): Promise<boolean> {
    try {
      const client = await connect({ ...this.#connectOptions({ proxyFrom: '127.0.0.1' }), timeoutMs: 2000 })
      await client.quit()
      return client.greeting.code === 220
    } catch {
      return false
    }
  }

  /** The rude end: SIGUSR2 makes each process leave at once, but write its coverage. */
  async #end(): Promise<void> {
    this.#signalled = true
    for (const pid of this.workers()) signalIfAlive(pid, 'SIGUSR2')
    if (this.#exit === undefined) this.#child?.kill('SIGUSR2')
    const left = (): number[] => [...this.workers(), ...this.#marked().map(({ pid }) => pid)]
    const gone = await becomesTrue(
      () => (this.#exit !== undefined || this.#child === undefined) && left().length === 0,
      this.#patienceMs,
    )
    if (gone) return
    const names = this.#marked().map(({ pid, command }) => `${String(pid)} ${command}`)
    this.#killAll()
    throw this.#failure(`Haraka left processes behind: ${names.join('; ')}`)
  }

  #marked(): { pid: number; command: string }[] {
    return processesWithEnvironment(markName, this.#mark)
  }

  #killAll(): void {
    const pids = new Set([...this.workers(), ...this.#marked().map(({ pid }) => pid)])
    if (this.#child !== undefined && this.#exit === undefined) pids.add(this.pid)
    for (const pid of pids) signalIfAlive(pid, 'SIGKILL')
  }

  #forget(): void {
    process.removeListener('exit', this.#onTestExit)
    rmSync(this.folder, { recursive: true, force: true })
  }

  #connectOptions(wish: ConnectWish): ConnectOptions {
    const proxied = this.#options.proxy !== false
    const port = wish.implicitTls === true ? this.smtpsPort : this.port
    return { ...(proxied ? { proxyFrom: defaultPeer } : {}), ...wish, port }
  }

  #failure(what: string): Error {
    return new Error(`${what}. The end of its log:\n${this.#log.slice(-4000)}`)
  }
}

function describeExit({ code, signal }: Exit): string {
  return signal === null ? `code ${String(code)}` : signal
}

/**
 * Starts a real Haraka and waits until it greets. Readiness is seen by one session from 127.0.0.1, which counters
 * of sessions see too. The caller ends it with `stop()`.
 */
export function startHaraka(options: HarakaOptions = {}): Promise<RunningHaraka> {
  return RunningHaraka.start(options)
}
