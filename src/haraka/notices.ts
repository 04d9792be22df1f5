import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Settings } from '../config/settings'
import type { Observer } from '../enforcement/observer'
import { Outbox, type NoticeMemory, type Posted } from '../notify/outbox'
import { webhookCarrier } from '../notify/webhook-carrier'
import { printable } from '../rules/decision/printable'
import { hearOfQueue, type QueueNews } from '../rules/notice/ledger'
import type { NoticeKind } from '../rules/notice/record'
import type { Catalogue } from '../rules/verdict/catalogue'
import { contactTtlMs } from '../store/lifetime'
import { StoreUnavailable } from '../store/unavailable'
import type { MemoryStack } from './memory-stack'
import { markOf, OutboundCarrier } from './outbound-carrier'
import type { OutboundConnection, Plugin, QueuedMail } from './types'

const firstRunMs = 2_000
const everyMs = 60_000
/** The pause is so many times as long as the look at all servers before it: looking takes 5 % of a core at most. */
const restFactor = 20
/** Memory was not open yet. */
const soonMs = 5_000

export interface NoticesSources {
  readonly settings: () => Settings
  readonly catalogue: () => Catalogue
  readonly clockIsTrusted: () => boolean
  readonly onFault: (error: unknown) => void
}

/**
 * Notices within Haraka (R4): the master, or the only process, looks once a minute for what is due and puts it into Haraka's queue;
 * any process hears from the queue what became of it. Nothing here touches a session.
 */
export class Notices {
  readonly #plugin: Plugin
  readonly #memory: MemoryStack
  readonly #observer: Observer
  readonly #sources: NoticesSources
  readonly #mail: OutboundCarrier
  readonly #outbox: Outbox
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(plugin: Plugin, memory: MemoryStack, observer: Observer, sources: NoticesSources) {
    this.#plugin = plugin
    this.#memory = memory
    this.#observer = observer
    this.#sources = sources
    this.#mail = new OutboundCarrier(plugin, () => sources.settings().notices.from ?? '')
    this.#outbox = new Outbox({
      settings: sources.settings,
      catalogue: sources.catalogue,
      memory: noticeMemory(memory),
      carriers: {
        mail: this.#mail,
        webhook: {
          deliver: (parcel, handOver) => {
            const { webhookUrl, webhookSecretFile } = sources.settings().notices
            const webhook = { url: webhookUrl ?? '', secretFile: webhookSecretFile ?? '' }
            return webhookCarrier(webhook).deliver(parcel, handOver)
          },
        },
      },
      now: Date.now,
      by: `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`,
      newId: randomUUID,
      onPosted: (posted) => {
        this.#tell(posted)
      },
    })
  }

  start(): void {
    this.#after(firstRunMs)
  }

  stop(): void {
    this.#stopped = true
    this.#outbox.stop()
    if (this.#timer) clearTimeout(this.#timer)
  }

  /** Hook `pre_send_trans_email`. */
  mark(connection: OutboundConnection): void {
    this.#mail.mark(connection)
  }

  /** Hooks `delivered`, `deferred` and `bounce`. Never rejects. */
  async hear(mail: QueuedMail, news: QueueNews): Promise<void> {
    const mark = markOf(mail.todo?.notes)
    if (!mark) return
    const { tenant, contact, letter } = mark
    const done = await this.#memory.update(
      { kind: 'contact', tenant, contact },
      (current) => current && hearOfQueue(current, letter, news, Date.now()),
      contactTtlMs,
    )
    if (done.state === 'unchanged') return
    // Memory may be down; what became of the letter is said all the same.
    const told = done.state === 'written' ? done.value.notices : []
    const kinds = told.flatMap((notice) => (notice.letter === letter ? notice.kind : []))
    const what = `notices: letter ${letter} to ${printable(contact)} of ${printable(tenant)}`
    switch (news.state) {
      case 'sent':
        this.#count(kinds, 'sent')
        this.#plugin.loginfo(`${what} was delivered`)
        break
      case 'queued':
        this.#plugin.logwarn(`${what} could not be delivered yet: ${printable(news.error)}`)
        break
      case 'undelivered':
        this.#count(kinds, 'failed')
        this.#plugin.logerror(`${what} could not be delivered: ${printable(news.error)}`)
    }
  }

  async #run(): Promise<number> {
    const { settings, clockIsTrusted } = this.#sources
    const { mode, notices, store } = settings()
    if (!notices.enabled || mode === 'off') return everyMs
    if (!this.#memory.isUp()) return soonMs
    // A notice on a wrong day cannot be taken back (F5).
    const theirs = await this.#memory.time()
    const skewMs = theirs === null ? 0 : Math.abs(theirs - Date.now())
    if (!clockIsTrusted() || skewMs > store.maxClockSkewSeconds * 1000) return everyMs
    try {
      return pauseAfter(await this.#outbox.run())
    } catch (error) {
      // The store's own failures are counted and told where they happen.
      if (!(error instanceof StoreUnavailable)) throw error
      return soonMs
    }
  }

  #after(ms: number): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#run()
        .catch((error: unknown) => {
          this.#sources.onFault(error)
          return everyMs
        })
        .then((next) => {
          this.#after(next)
        })
        .catch(this.#sources.onFault)
    }, ms)
    this.#timer.unref()
  }

  #tell({ tenant, contact, letter, kinds, delivery, attempts, repeat }: Posted): void {
    const what =
      `notices: letter ${letter} to ${printable(contact)} of ${printable(tenant)} (${summary(kinds)})` +
      (repeat ? ', perhaps for the second time,' : '')
    switch (delivery.result) {
      case 'sent':
        this.#count(kinds, 'sent')
        this.#plugin.loginfo(`${what} was delivered`)
        break
      case 'queued':
        this.#plugin.loginfo(`${what} is in the queue`)
        break
      default:
        this.#count(kinds, 'failed')
        this.#plugin.logerror(`${what} failed, attempt ${attempts + 1}: ${printable(delivery.error)}`)
    }
  }

  #count(kinds: readonly NoticeKind[], result: 'sent' | 'failed'): void {
    for (const kind of kinds) this.#observer.count('notices', { kind, result })
  }
}

/** Milliseconds until servers are looked at again, after a look that took so long. */
export function pauseAfter(lookMs: number): number {
  return Math.max(everyMs, restFactor * lookMs)
}

/** `3 stage, 1 recovery`. */
function summary(kinds: readonly NoticeKind[]): string {
  const counts = new Map<NoticeKind, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')
}

function noticeMemory(memory: MemoryStack): NoticeMemory {
  return {
    update: memory.update,
    servers: () => {
      const inventory = memory.inventory()
      if (!inventory) throw new StoreUnavailable('not-open', 'the store is not open')
      return inventory.servers()
    },
    async tenant(tenant) {
      const { values } = await memory.recall([{ kind: 'tenant', tenant }], { fresh: true })
      const [known] = values
      if (known?.state === 'present') return known.value
      return known?.state === 'absent' ? { tenant, pauses: [], exemptions: [] } : null
    },
  }
}
