import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { CatalogueFile, cataloguePaths } from '../config/catalogue-file'
import { LiveSettings, type LoadEvent } from '../config/load'
import { formatProblem } from '../config/problem'
import { reportRules } from '../config/report-rules'
import type { ListenAddress, Settings } from '../config/settings'
import { folderSource } from '../config/source'
import { howToMake, TokenFile } from '../config/token-file'
import { collect } from '../report/collect'
import type { Notice } from '../report/page/page'
import type { Journal } from './journal'
import { LoginThrottle } from './login-throttle'
import { OrderDesk } from './order-desk'
import { createServer } from './server'
import { Sessions } from './sessions'
import { Snapshots } from './snapshots'
import { StoreLink } from './store-link'

const defaultPollMs = 5_000
/** How long the start waits for the first reading; without one it serves all the same. */
const firstReadingMs = 2_000

export interface WebOptions {
  /** Haraka's config folder. */
  readonly folder: string
  readonly listen: ListenAddress
  readonly journal: Journal
  readonly now: () => number
  /** How often files are looked at; 5 s, if not given. */
  readonly pollMs?: number
}

/** Everything of the operator's page that lives as long as the process. */
export class Web {
  private readonly journal: Journal
  private readonly listen: ListenAddress
  private readonly pollMs: number
  private readonly live: LiveSettings
  private readonly catalogue: CatalogueFile
  private readonly link: StoreLink
  private readonly snapshots: Snapshots
  private readonly server: Promise<FastifyInstance>
  private timer: NodeJS.Timeout | null = null
  private configurationTrouble: string | null = null
  private catalogueTrouble: string | null = null

  /** Throws `CatalogueError` where there is no usable catalogue to begin with. */
  constructor({ folder, listen, journal, now, pollMs = defaultPollMs }: WebOptions) {
    this.journal = journal
    this.listen = listen
    this.pollMs = pollMs
    const source = folderSource(folder, pollMs)
    this.catalogue = new CatalogueFile(cataloguePaths(source.configDir), {
      onChange: (catalogue, path) => {
        this.catalogueTrouble = null
        journal.tell('catalogue-loaded', { as_of: catalogue.asOf, path })
        void this.snapshots.refresh()
      },
      onFailure: ({ message }) => {
        this.catalogueTrouble = message
        journal.tell('catalogue-refused', { why: message })
      },
      pollMs,
    })
    const productIds = this.catalogue.current.products.map(({ id }) => id)
    this.live = new LiveSettings(source, { productIds }, (event) => this.heard(event))
    const settings = (): Settings => this.live.current()
    this.link = new StoreLink(journal)
    this.snapshots = new Snapshots({
      now,
      read: (at) => this.read(at),
      onFailure: (failure) => {
        if (failure) journal.tell('memory-unreadable', { why: failure.why })
        else journal.tell('memory-readable', {})
      },
    })
    this.live.onChange(() => {
      this.link.use(settings())
      void this.snapshots.refresh()
    })
    const newId = randomUUID
    this.server = createServer({
      listen,
      settings,
      source,
      catalogue: () => this.catalogue.current,
      link: this.link,
      snapshots: this.snapshots,
      desk: new OrderDesk({ link: this.link, settings, now, newId }),
      token: new TokenFile(() => settings().web.tokenFile, howToMake.page),
      sessions: new Sessions(),
      throttle: new LoginThrottle(),
      journal,
      troubles: () => this.troubles(),
      now,
      newId,
    })
  }

  /** Resolves with the address when the page can be asked for. Rejects where it cannot listen there. */
  async start(): Promise<string> {
    const { host, port } = this.listen
    const app = await this.server
    this.link.use(this.live.current())
    this.timer = setInterval(() => this.link.use(this.live.current()), this.pollMs)
    this.timer.unref()
    this.catalogue.watch()
    await this.link.opened(firstReadingMs)
    await Promise.race([this.snapshots.start(), sleep(firstReadingMs, undefined, { ref: false })])
    return app.listen({ host, port })
  }

  /** Ends open connections and closes the store. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer)
    this.live.close()
    this.catalogue.close()
    this.snapshots.stop()
    await (await this.server).close()
    await this.link.close()
  }

  private async read(at: number): ReturnType<typeof collect> {
    const open = this.link.get()
    if (typeof open === 'string') throw new Error(open)
    return collect(open.store, reportRules(this.live.current(), this.catalogue.current), at)
  }

  private troubles(): readonly Notice[] {
    const found: Notice[] = []
    if (this.configurationTrouble !== null) {
      found.push({
        kind: 'warning',
        text: `The configuration is refused, the last good one holds: ${this.configurationTrouble}`,
      })
    }
    if (this.catalogueTrouble !== null) {
      found.push({
        kind: 'warning',
        text: `The catalogue is refused, the last good one holds: ${this.catalogueTrouble}`,
      })
    }
    return found
  }

  private heard(event: LoadEvent): void {
    switch (event.kind) {
      case 'loaded':
        return
      case 'reloaded':
        this.configurationTrouble = null
        this.journal.tell('configuration-loaded', {})
        return
      case 'refused': {
        const [first] = event.problems
        this.configurationTrouble = first ? formatProblem(first) : 'no reason is known'
        this.journal.tell('configuration-refused', { why: this.configurationTrouble })
        return
      }
      case 'listener failed':
        this.journal.tell('fault', { why: String(event.error) })
    }
  }
}
