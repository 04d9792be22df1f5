import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Observer } from '../enforcement/observer'
import { gauges, type MetricDefinition } from './catalogue'
import { expose, type GaugeValues } from './exposition'
import { Fleet } from './fleet'
import { together, type Health } from './health'
import { Listener, plainText, type Address, type Page } from './listener'
import { Recorder } from './recorder'
import { ServerCount, type CountRules, type Inventory } from './server-count'
import { Tally } from './tally'
import { WorkerReporter } from './worker-reporter'

/** What the metrics ask of the process that they run in. */
export interface MetricsSources {
  readonly health: () => Health
  /** `null` while memory is not open. */
  readonly inventory: () => Inventory | null
  readonly countRules: () => CountRules
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
  #sources: MetricsSources | null = null
  #fleet: Fleet | null = null
  #reporter: WorkerReporter | null = null
  #timer: NodeJS.Timeout | null = null
  #scrape: Promise<Page> | null = null
  #listening = false

  constructor(log: MetricsLog) {
    this.observer = this.#recorder
    this.#listener = new Listener({
      pages: new Map([
        ['/metrics', () => this.#metricsPage()],
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
    void this.#servers.refresh(this.#sources.inventory(), this.#sources.countRules())
  }

  /** Scrapes at the same time share one page. */
  #metricsPage(): Promise<Page> {
    this.#scrape ??= this.#makePage().finally(() => {
      this.#scrape = null
    })
    return this.#scrape
  }

  async #makePage(): Promise<Page> {
    this.#keepHouse()
    await this.#fleet?.gather(gatherPatienceMs)
    const health = this.#health()
    const { standings, knownExploited } = this.#servers.counts
    const values = new Map<MetricDefinition, GaugeValues>([
      [gauges.buildInfo, new Map([[`${version()}|${process.version}`, 1]])],
      [gauges.servers, standings],
      [gauges.serversKnownExploited, new Map([['', knownExploited]])],
      [gauges.storeUp, new Map([['', health.storeUp ? 1 : 0]])],
      [gauges.configLastReloadSuccess, new Map([['', health.configGood ? 1 : 0]])],
      [gauges.catalogueTimestamp, new Map([['', health.catalogueTimestamp]])],
      [gauges.workers, this.#fleet?.states() ?? new Map([['responding', 1]])],
    ])
    const page = await expose(
      this.#tally,
      (definition) => values.get(definition) ?? new Map<string, number>(),
    )
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
