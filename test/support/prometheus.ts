import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { becomesTrue } from './processes'
import { freePort } from './redis'

export interface PrometheusOptions {
  /** Ports on loopback whose `/metrics` it scrapes, every second. */
  readonly targets: readonly number[]
  readonly ruleFile: string
  /** What it shows at each scrape. */
  readonly token: string
}

/** One series of an answer: its labels, and its value now. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export interface RuleState {
  readonly name: string
  readonly health: string
  readonly query: string
  readonly state: string
}

interface Answer<T> {
  readonly status: string
  readonly error?: string
  readonly data: T
}

interface QueryAnswer {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>
    readonly value: readonly [number, string]
  }[]
}

interface RulesAnswer {
  readonly groups: readonly { readonly rules: readonly RuleState[] }[]
}

const startAttempts = 3
const patienceMs = 15_000

/** Prometheus itself, on loopback, in a folder of its own. */
export class RunningPrometheus {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #port: number
  #log = ''
  readonly #onTestExit = (): void => void this.#child.kill('SIGKILL')

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
    this.#child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${String(port)}`,
        '--log.level=warn',
      ],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#child.on('error', (error) => {
      this.#log += error.message
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text
    })
    process.once('exit', this.#onTestExit)
  }

  static async start({ targets, ruleFile, token }: PrometheusOptions): Promise<RunningPrometheus> {
    for (let attempt = 1; ; attempt += 1) {
      const folder = mkdtempSync(join(tmpdir(), 'prometheus-'))
      const addresses = targets.map((port) => `127.0.0.1:${String(port)}`)
      // JSON is YAML.
      const config = {
        global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
        rule_files: [ruleFile],
        scrape_configs: [
          {
            job_name: 'exchange-enforcement',
            authorization: { credentials_file: tokenFileIn(folder) },
            static_configs: [{ targets: addresses }],
          },
        ],
      }
      writeFileSync(tokenFileIn(folder), `${token}\n`, { mode: 0o600 })
      writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
      const prometheus = new RunningPrometheus(folder, await freePort())
      const settled = (): Promise<boolean> | boolean => prometheus.#hasEnded() || prometheus.#isReady()
      if ((await becomesTrue(settled, patienceMs, 50)) && !prometheus.#hasEnded()) return prometheus
      await prometheus.stop()
      // Another process may have taken the port meanwhile.
      if (attempt < startAttempts && prometheus.#log.includes('address already in use')) continue
      throw new Error(`prometheus did not start: ${prometheus.#log.slice(-2000)}`)
    }
  }

  /** Another token from the next scrape on. */
  useToken(token: string): void {
    writeFileSync(tokenFileIn(this.#folder), `${token}\n`)
  }

  /** What it has complained of. */
  log(): string {
    return this.#log
  }

  /** The value of every series that the expression gives now. An error where it is no expression. */
  async query(expression: string): Promise<readonly Series[]> {
    const { result }: QueryAnswer = await this.#get(`query?query=${encodeURIComponent(expression)}`)
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }))
  }

  async rules(): Promise<readonly RuleState[]> {
    const { groups }: RulesAnswer = await this.#get('rules')
    return groups.flatMap(({ rules }) => rules)
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    process.removeListener('exit', this.#onTestExit)
    if (!this.#hasEnded()) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async #isReady(): Promise<boolean> {
    const url = `http://127.0.0.1:${String(this.#port)}/-/ready`
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => null)
    return answer?.status === 200
  }

  async #get<T>(path: string): Promise<T> {
    const url = `http://127.0.0.1:${String(this.#port)}/api/v1/${path}`
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
    const answer: Answer<T> = JSON.parse(await response.text())
    if (answer.status !== 'success') throw new Error(`${decodeURIComponent(path)}: ${answer.error ?? '?'}`)
    return answer.data
  }
}

function tokenFileIn(folder: string): string {
  return join(folder, 'exchange-enforcement.token')
}

/** What `promtool` prints, and how it ends. */
export function promtool(
  parameters: readonly string[],
  input = '',
): { readonly code: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', parameters, { input, encoding: 'utf8' })
  return { code: status, text: stdout + stderr }
}
