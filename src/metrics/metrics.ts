import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Observer } from '../enforcement/observer'
import { gauges, type MetricDefinition } from './catalogue'
import { expose, type GaugeValues } from './exposition'
import { Fleet } from './fleet'
import { turnAway, type Token } from './gate'
import { together, type Health } from './health'
import { Listener, plainText, type Address, type Asked, type Page } from './listener'
import { Recorder } from './recorder'
import { ServerCount, type CountRules, type Inventory, type ServerCounts } from './server-count'
import { Tally } from './tally'
import { WorkerReporter } from './worker-reporter'

/** What the metrics ask of the process that they run in. */
export interface MetricsSources {
  readonly health: () => Health
  /** `null` while memory is not open. */
  readonly inventory: () => Inventory | null
  readonly countRules: () => CountRules
  /** What `/metrics` asks for; `null`: nothing. */
  readonly token: () => Token | null
}

export interface MetricsLog {
  loginfo(message: string): void
  logerror(message: string): void
}

/** How long a scrape waits for workers; less than a second, since scrapers are impatient. */
const gatherPatienceMs = 500
const housekeepingMs = 5_000

/**
 * Everything counted, and its publication: workers report to the master, and the master, or the only process, serves
 * the sum.
 */
export class Metrics {
  readonly observer: Observer
  readonly #tally = new Tally()
  readonly #recorder = new Recorder(this.#tally)
  readonly #servers = new ServerCount()
  readonly #listener: Listener
  readonly #log: MetricsLog
  #sources: MetricsSources | null = null
  #fleet: Fleet | null = null
  #reporter: WorkerReporter | null = null
  #timer: NodeJS.Timeout | null = null
  #scrape: Promise<Page> | null = null
  #listening = false
  #tokenTrouble: string | null = null

  constructor(log: MetricsLog) {
    this.#log = log
    this.observer = this.#recorder
    this.#listener = new Listener({
      pages: new Map([
        ['/metrics', (asked: Asked) => this.#metricsPage(asked)],
        ['/healthz', () => Promise.resolve(plainText(200, 'ok'))],
        ['/readyz', () => Promise.resolve(this.#readiness())],
      ]),
      onListening: (url) => log.loginfo(`metrics: listening on ${url}`),
      onFailure: (error) => {
        this.observer.count('faults', { kind: 'metrics' })
        log.logerror(
          `metrics: ${error.message}; mail is not concerned, and it is tried again. See [metrics] listen`,
        )
      },
      onFault: (error) => {
        this.observer.count('faults', { kind: 'exception' })
        log.logerror(`metrics: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      },
    })
  }

  /** `master`: of a cluster; `single`: the only process. */
  start(role: 'master' | 'worker' | 'single', sources: MetricsSources): void {
    this.#sources = sources
    if (role === 'worker') {
      this.#reporter = new WorkerReporter(this.#tally, this.#recorder, sources.health)
      this.#reporter.start()
      return
    }
    if (role === 'master') {
      this.#fleet = new Fleet(this.#tally, cluster)
      this.#fleet.start()
    }
    this.#timer = setInterval(() => this.#keepHouse(), housekeepingMs)
    this.#timer.unref()
  }

  /** Where to publish; `null`: nowhere. Workers never publish. */
  listen(address: Address | null): void {
    if (this.#reporter) return
    this.#listening = address !== null
    this.#listener.use(address)
    this.#keepHouse()
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
    this.#listening = false
    this.#listener.close()
    this.#fleet?.stop()
    this.#reporter?.stop()
  }

  #keepHouse(): void {
    if (!this.#sources || !this.#listening) return
    this.#lookAtToken(this.#sources.token())
    void this.#servers.refresh(this.#sources.inventory(), this.#sources.countRules())
  }

  /** Says once what is wrong with the token, and when it is right again. */
  #lookAtToken(token: Token | null): void {
    const trouble = token?.trouble() ?? null
    if (trouble === this.#tokenTrouble) return
    this.#tokenTrouble = trouble
    if (trouble === null) {
      this.#log.loginfo(
        `metrics: /metrics is open again${token ? ', to who has the token' : ', to everybody'}`,
      )
      return
    }
    this.observer.count('faults', { kind: 'metrics' })
    this.#log.logerror(
      `metrics: /metrics is closed: ${trouble}; mail is not concerned. See [metrics] token_file`,
    )
  }

  async #metricsPage(asked: Asked): Promise<Page> {
    const token = this.#sources?.token() ?? null
    this.#lookAtToken(token)
    return turnAway(token, asked) ?? this.#sharedPage()
  }

  /** Scrapes at the same time share one page. */
  #sharedPage(): Promise<Page> {
    this.#scrape ??= this.#makePage().finally(() => {
      this.#scrape = null
    })
    return this.#scrape
  }

  async #makePage(): Promise<Page> {
    this.#keepHouse()
    await this.#fleet?.gather(gatherPatienceMs)
    const health = this.#health()
    const { counts } = this.#servers
    const { standings, knownExploited } = counts
    const { named, leftOut } = roomFor(this.#sources?.countRules().serverInfo ?? 0, counts)
    const states = this.#fleet?.states() ?? new Map([['responding', 1]])
    const values = new Map<MetricDefinition, GaugeValues>([
      [gauges.buildInfo, [[[version(), process.version], 1]]],
      [gauges.servers, [...standings].map(([standing, count]) => [standing.split('|'), count])],
      [gauges.serverInfo, named.map((series) => [series, 1])],
      [gauges.serverInfoLeftOut, alone(leftOut)],
      [gauges.serversKnownExploited, alone(knownExploited)],
      [gauges.storeUp, alone(health.storeUp ? 1 : 0)],
      [gauges.configLastReloadSuccess, alone(health.configGood ? 1 : 0)],
      [gauges.catalogueTimestamp, alone(health.catalogueTimestamp)],
      [gauges.workers, [...states].map(([state, count]) => [[state], count])],
    ])
    const page = await expose(this.#tally, (definition) => values.get(definition) ?? [])
    return { status: 200, ...page }
  }

  #readiness(): Page {
    const { storeUp, configGood } = this.#health()
    const problems = [
      ...(configGood ? [] : ['the configuration in the files was refused']),
      ...(storeUp ? [] : ['the store does not answer; mail is accepted unjudged']),
    ]
    return problems.length === 0 ? plainText(200, 'ready') : plainText(503, problems.join('\n'))
  }

  /** Of the processes that take mail; the master's own memory is only for housekeeping. */
  #health(): Health {
    const own = this.#sources?.health() ?? { storeUp: false, configGood: false, catalogueTimestamp: 0 }
    const workers = this.#fleet?.health() ?? []
    return workers.length === 0 ? own : together([...workers, { ...own, storeUp: true }])
  }
}

function alone(value: number): GaugeValues {
  return [[[], value]]
}

/**
 * The servers that are named, and how many are not. A new `[metrics] server_info` holds at once where it is lower than
 * at the last count, and from the next count where it is higher.
 */
function roomFor(
  most: number,
  { attention, standings }: ServerCounts,
): { readonly named: readonly (readonly string[])[]; readonly leftOut: number } {
  const named = attention.slice(0, most)
  if (most === 0) return { named, leftOut: 0 }
  // Names may differ in nothing that a label shows; such servers share a series.
  const shown = new Set(named.map((series) => JSON.stringify(series))).size
  const all = [...standings.values()].reduce((sum, count) => sum + count, 0)
  return { named, leftOut: all - shown }
}

function version(): string {
  try {
    const text = readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8')
    const manifest: unknown = JSON.parse(text)
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
      return String(manifest.version)
  } catch {
    // A package without its manifest still counts.
  }
  return 'unknown'
}
