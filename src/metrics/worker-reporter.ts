import type { Health } from './health'
import type { Recorder } from './recorder'
import { isQuestion, messageEvent, type Report } from './report'
import type { Tally } from './tally'

const reportEveryMs = 1_000

/** The part of `process` that a worker uses. */
export interface MasterChannel {
  readonly connected?: boolean
  send?(
    message: unknown,
    sendHandle: undefined,
    options: undefined,
    callback: (error: Error | null) => void,
  ): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  off(event: 'message', listener: (message: unknown) => void): unknown
}

/** Tells the master what this worker counts: every second if there is anything to tell, and whenever it asks. */
export class WorkerReporter {
  readonly #tally: Tally
  readonly #recorder: Recorder
  readonly #health: () => Health
  readonly #master: MasterChannel
  readonly #onMessage = (message: unknown): void => {
    if (isQuestion(message)) this.#report(true)
  }
  #timer: NodeJS.Timeout | null = null
  #lastHealth = ''
  /** A message is on its way. The master may be hung: then what is counted waits here, not in the channel. */
  #sending = false
  #soon = false
  /** The master's question came while a message was on its way. */
  #asked = false

  constructor(tally: Tally, recorder: Recorder, health: () => Health, master: MasterChannel = process) {
    this.#tally = tally
    this.#recorder = recorder
    this.#health = health
    this.#master = master
  }

  start(): void {
    this.#master.on('message', this.#onMessage)
    this.#timer = setInterval(() => this.#report(false), reportEveryMs)
    this.#timer.unref()
    this.#report(false)
  }

  /**
   * Sessions may go on for a while after Haraka has told its plugins to shut down, and the process ends right
   * after the last one: from now on every count is told at once.
   */
  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
    this.#master.off('message', this.#onMessage)
    this.#report(false)
    this.#recorder.onCount = () => this.#reportSoon()
  }

  #reportSoon(): void {
    if (this.#soon) return
    this.#soon = true
    setImmediate(() => {
      this.#soon = false
      this.#report(false)
    })
  }

  #report(answer: boolean): void {
    if (!this.#master.connected || !this.#master.send) return
    if (this.#sending) {
      this.#asked ||= answer
      return
    }
    const health = this.#health()
    const asText = JSON.stringify(health)
    const changes = this.#tally.takeChanges()
    if (!answer && !changes && asText === this.#lastHealth) return
    this.#lastHealth = asText
    const report: Report = { event: messageEvent, answer, changes, health }
    this.#sending = true
    this.#master.send(report, undefined, undefined, () => {
      this.#sending = false
      const asked = this.#asked
      this.#asked = false
      // Without the timer nothing else would tell what was counted meanwhile.
      if (asked || !this.#timer) this.#report(asked)
    })
  }
}
