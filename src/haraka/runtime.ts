import cluster from 'node:cluster'
import { CatalogueFile, cataloguePaths } from '../config/catalogue-file'
import { LiveSettings, type LoadEvent } from '../config/load'
import { formatProblem } from '../config/problem'
import type { Settings } from '../config/settings'
import { harakaSource } from '../config/source'
import { howToMake, TokenFile } from '../config/token-file'
import { Enforcement } from '../enforcement/enforcement'
import type { Observer } from '../enforcement/observer'
import { Ruleset } from '../enforcement/ruleset'
import type { Health } from '../metrics/health'
import type { Metrics } from '../metrics/metrics'
import type { PresentedCertificate } from '../rules/attribution/session'
import {
  ClientCertificateVerifier,
  describeClientCertificate,
  type ClientCertificate,
} from './client-certificate'
import { ClockWatch } from './clock-watch'
import { MemoryStack } from './memory-stack'
import { Notices } from './notices'
import { TrustStore } from './trust-store'
import type { Connection, Plugin } from './types'

export type Role = 'master' | 'worker' | 'single'

const flushEveryMs = 5_000
const pruneEveryMs = 3_600_000
/** How long the start waits for a store; without one Haraka starts all the same, and mail flows. */
const openPatienceMs = 1_000
/** What a hook may take beyond the store's deadline before it answers without its work done (F1). */
const hookSlackMs = 30

/**
 * Everything that lives as long as the process: configuration, catalogue, trusted authorities, memory, timers. Started in
 * workers; the master of a cluster only keeps house.
 */
export class Runtime {
  readonly enforcement: Enforcement
  readonly observer: Observer
  readonly notices: Notices
  private readonly plugin: Plugin
  private readonly metrics: Metrics
  private readonly live: LiveSettings
  private readonly catalogue: CatalogueFile
  private readonly memory: MemoryStack
  private readonly clock: ClockWatch
  private rules: Ruleset
  private verifier: ClientCertificateVerifier
  private readonly metricsToken = new TokenFile(
    () => this.rules.settings.metrics.tokenFile,
    howToMake.metrics,
  )
  private readonly timers: NodeJS.Timeout[] = []
  private role: Role | null = null
  private offersXoorg = false
  /** What was said of each session's certificate: once is enough. */
  private readonly described = new WeakMap<
    Connection,
    { readonly checked: ClientCertificate; readonly text: string }
  >()

  constructor(plugin: Plugin, metrics: Metrics) {
    const { observer } = metrics
    this.plugin = plugin
    this.metrics = metrics
    this.observer = observer
    const source = harakaSource(plugin.config)
    this.catalogue = new CatalogueFile(cataloguePaths(source.configDir), {
      onChange: (catalogue, path) => {
        plugin.loginfo(`catalogue of ${catalogue.asOf} loaded from ${path}`)
      },
      onFailure: (error) => {
        plugin.logerror(`catalogue refused, the last good one stays: ${error.message}`)
      },
    })
    this.live = new LiveSettings(
      source,
      { productIds: this.catalogue.current.products.map((product) => product.id) },
      (event) => {
        this.report(event)
      },
    )
    this.rules = new Ruleset(this.live.current())
    this.verifier = this.verifierFor(this.live.current())
    this.memory = new MemoryStack(plugin, observer)
    this.clock = new ClockWatch(
      plugin,
      observer,
      this.memory,
      () => this.rules.settings.store.maxClockSkewSeconds * 1000,
    )
    this.notices = new Notices(plugin, this.memory, observer, {
      settings: () => this.rules.settings,
      catalogue: () => this.catalogue.current,
      clockIsTrusted: () => this.clock.isTrusted(),
      onFault: (error) => {
        this.backgroundFault(error)
      },
    })
    this.live.onChange((settings) => {
      this.apply(settings)
    })
    this.enforcement = new Enforcement({
      ruleset: () => this.rules,
      catalogue: () => this.catalogue.current,
      memory: this.memory,
      now: Date.now,
      clockIsTrusted: () => this.clock.isTrusted(),
      observer,
    })
  }

  ruleset(): Ruleset {
    return this.rules
  }

  /** Each hook costs every session a call of Haraka's: `capabilities` is registered only once somebody wants it (A6). */
  offerXoorg(): void {
    if (this.offersXoorg || !this.rules.settings.advertiseXoorg) return
    this.offersXoorg = true
    this.plugin.register_hook('capabilities', 'capabilities')
  }

  hookTimeoutMs(): number {
    return this.rules.settings.store.timeoutMs + hookSlackMs
  }

  /** The session's client certificate, checked under every connector's authorities; `null` without TLS or certificate. */
  certificateOf(connection: Connection): PresentedCertificate | null {
    if (!connection.tls.enabled) return null
    const { client, tls } = connection
    const checked = this.verifier.check(client, Date.now(), tls.peerCertificate)
    if (checked.kind === 'none') return null
    this.describeOnce(connection, checked)
    return checked.kind === 'presented' ? checked : null
  }

  private describeOnce(connection: Connection, checked: ClientCertificate): void {
    const before = this.described.get(connection)
    if (before?.checked === checked) return
    const text = describeClientCertificate(checked)
    this.described.set(connection, { checked, text })
    if (before?.text !== text) connection.loginfo(this.plugin, text)
  }

  /** Resolves when sessions may come: memory is open, or has been given a moment to open. Never rejects. */
  async start(role: Role): Promise<void> {
    this.role = role
    this.catalogue.watch()
    this.metrics.start(role, {
      health: () => this.health(),
      inventory: () => this.memory.inventory(),
      countRules: () => ({
        schedule: this.rules.settings.schedule,
        relapseDays: this.rules.settings.clock.relapseDays,
        catalogue: this.catalogue.current,
        serverInfo: this.rules.settings.metrics.serverInfo,
      }),
      token: () => (this.rules.settings.metrics.tokenFile === null ? null : this.metricsToken),
    })
    this.apply(this.live.current())
    if (role !== 'master') this.every(flushEveryMs, () => this.enforcement.flush('due'))
    if (role !== 'worker') {
      this.every(pruneEveryMs, () => this.memory.prune())
      this.notices.start()
    }
    if (role === 'master') {
      this.every(flushEveryMs, () => {
        this.memory.use(this.rules.settings, false)
      })
      return
    }
    await this.memory.opened(openPatienceMs)
    this.clock.start()
  }

  /** Flushes what was gathered, closes memory; hooks that still fire find it closed and accept. */
  stop(): void {
    for (const timer of this.timers) clearInterval(timer)
    this.live.close()
    this.catalogue.close()
    this.clock.stop()
    this.notices.stop()
    this.metrics.stop()
    this.enforcement
      .flush()
      .catch((error: unknown) => {
        this.backgroundFault(error)
      })
      .finally(() => {
        this.memory.close()
      })
  }

  private apply(settings: Settings): void {
    this.rules = new Ruleset(settings)
    this.verifier = this.verifierFor(settings)
    this.offerXoorg()
    if (!this.role) return
    this.memory.use(settings, this.role !== 'master')
    this.metrics.listen(settings.metrics.listen)
  }

  private health(): Health {
    return {
      storeUp: this.memory.isUp(),
      configGood: this.live.reloads().lastSucceeded,
      catalogueTimestamp: Date.parse(this.catalogue.current.asOf) / 1000,
    }
  }

  private verifierFor(settings: Settings): ClientCertificateVerifier {
    const named = settings.connectors.filter((connector) => connector.tlsCertificateName !== null)
    const trust = TrustStore.load(named.map((connector) => connector.trust))
    for (const { error } of trust.problems) this.plugin.logerror(error.message)
    return new ClientCertificateVerifier(trust)
  }

  private report(event: LoadEvent): void {
    if (event.kind === 'listener failed') {
      this.plugin.logcrit(`new configuration could not be applied: ${String(event.error)}`)
      return
    }
    // Every process reads the same files: one of them counts.
    if (cluster.isPrimary) {
      this.observer.count('configReloads', { result: event.kind === 'refused' ? 'failure' : 'success' })
    }
    for (const warning of event.warnings) this.plugin.logwarn(formatProblem(warning))
    if (event.kind !== 'refused') {
      this.plugin.loginfo(`configuration ${event.kind}`)
      return
    }
    for (const problem of event.problems) this.plugin.logerror(formatProblem(problem))
    const kept = event.keeps === 'off' ? 'the plugin stays off' : 'the last good configuration stays'
    this.plugin.logcrit(`configuration refused: ${kept}`)
  }

  private backgroundFault(error: unknown): void {
    this.observer.count('faults', { kind: 'exception' })
    this.plugin.logerror(`fault in the background: ${error instanceof Error ? error.message : String(error)}`)
  }

  /** Never twice at once: work that takes longer than its period goes on, and is begun again when it is due next. */
  private every(periodMs: number, work: () => unknown): void {
    let underWay = false
    const timer = setInterval(() => {
      if (underWay) return
      underWay = true
      Promise.resolve()
        .then(work)
        .catch((error: unknown) => {
          this.backgroundFault(error)
        })
        .finally(() => {
          underWay = false
        })
    }, periodMs)
    timer.unref()
    this.timers.push(timer)
  }
}
