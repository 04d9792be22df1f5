import type { WorkerState } from './catalogue'
import type { Health } from './health'
import { messageEvent, readReport, type Question } from './report'
import type { Tally } from './tally'

/** The part of a worker, as the master sees it, that is used here. */
export interface FleetWorker {
  readonly id: number
  isConnected(): boolean
  send(message: Question, callback: (error: Error | null) => void): boolean
}

/** The part of node:cluster that is used here. */
export interface Cluster {
  readonly workers?: Readonly<Record<number, FleetWorker | undefined>> | undefined
  on(event: 'message', listener: (worker: { readonly id: number }, message: unknown) => void): unknown
  off(event: 'message', listener: (worker: { readonly id: number }, message: unknown) => void): unknown
}

interface Heard {
  health: Health
  /** Asked and not answered yet. It is not asked again meanwhile: questions must not pile up before a hung process. */
  asked: boolean
}

/**
 * The master's view of its workers. What they report is added up here at once, so that it stays when they die. No
 * listener on their end: a graceful restart of Haraka takes all of those away.
 */
export class Fleet {
  readonly #tally: Tally
  readonly #cluster: Cluster
  readonly #heard = new Map<number, Heard>()
  #waiting: (() => void) | null = null
  readonly #onMessage = (worker: { readonly id: number }, message: unknown): void => {
    const report = readReport(message)
    if (!report) return
    if (report.changes) this.#tally.addChanges(report.changes)
    const heard = this.#heard.get(worker.id)
    if (!heard) this.#heard.set(worker.id, { health: report.health, asked: false })
    else {
      heard.health = report.health
      if (report.answer) heard.asked = false
    }
    this.#waiting?.()
  }

  constructor(tally: Tally, cluster: Cluster) {
    this.#tally = tally
    this.#cluster = cluster
  }

  start(): void {
    this.#cluster.on('message', this.#onMessage)
  }

  stop(): void {
    this.#cluster.off('message', this.#onMessage)
  }

  /** Asks every worker for what it has counted; resolves when all have answered or the time is up. Never rejects. */
  async gather(patienceMs: number): Promise<void> {
    const asked = this.#workers()
      .filter((worker) => worker.isConnected())
      .flatMap((worker) => {
        const heard = this.#heard.get(worker.id)
        if (!heard || heard.asked) return []
        heard.asked = true
        worker.send({ event: messageEvent, ask: true }, () => undefined)
        return heard
      })
    if (asked.length === 0) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waiting = null
        resolve()
      }
      const timer = setTimeout(done, patienceMs)
      this.#waiting = () => {
        if (asked.every((each) => !each.asked)) done()
      }
    })
  }

  /** Workers by state. A hung one is known from the first question that it did not answer. */
  states(): ReadonlyMap<WorkerState, number> {
    const states = new Map<WorkerState, number>()
    for (const { id } of this.#workers()) {
      const heard = this.#heard.get(id)
      const state = !heard ? 'starting' : heard.asked ? 'hung' : 'responding'
      states.set(state, (states.get(state) ?? 0) + 1)
    }
    return states
  }

  /** Of every worker that runs and has reported. */
  health(): readonly Health[] {
    return this.#workers().flatMap(({ id }) => this.#heard.get(id)?.health ?? [])
  }

  #workers(): readonly FleetWorker[] {
    const workers = Object.values(this.#cluster.workers ?? {}).filter((worker) => worker !== undefined)
    const ids = new Set(workers.map(({ id }) => id))
    for (const id of this.#heard.keys()) if (!ids.has(id)) this.#heard.delete(id)
    return workers
  }
}
