import * as constants from 'haraka-constants'
import type { Carrier } from '../notify/carrier'
import { messageIdOf } from '../notify/mail'
import type { Delivery } from '../rules/notice/ledger'
import type { OutboundConnection, Plugin } from './types'

/** Which letter a queued message is; it stands in the notes of the message, which Haraka keeps on disk with it. */
export interface LetterMark {
  readonly tenant: string
  readonly contact: string
  readonly letter: string
}

const noteName = 'exchange_enforcement_notice'
/** Putting a message into the queue is one small file; still Haraka's plugins have a say before. */
const patienceMs = 60_000

/** Mail by way of Haraka's own queue, which lies on disk and tries again by itself. */
export class OutboundCarrier implements Carrier {
  readonly #plugin: Plugin
  readonly #from: () => string
  /** Letters that are being queued, by Message-ID: the hook below knows them by it. */
  readonly #underWay = new Map<string, LetterMark>()

  constructor(plugin: Plugin, from: () => string) {
    this.#plugin = plugin
    this.#from = from
  }

  deliver: Carrier['deliver'] = async ({ id, tenant, to, content }, handOver) => {
    if (!(await handOver())) return 'not-ours'
    const messageId = messageIdOf(id, this.#from())
    this.#underWay.set(messageId, { tenant, contact: to.toLowerCase(), letter: id })
    try {
      return await this.#queue(to, content)
    } finally {
      this.#underWay.delete(messageId)
    }
  }

  /**
   * Hook `pre_send_trans_email`. The note is made here and not given with the message: what is given would take the place of
   * Haraka's own notes, on which other plugins rely.
   */
  mark({ transaction }: OutboundConnection): void {
    if (this.#underWay.size === 0) return
    const mark = this.#underWay.get(transaction.header.get('Message-Id').trim())
    if (mark) transaction.notes[noteName] = mark
  }

  #queue(to: string, content: string): Promise<Delivery> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve({ result: 'unknown', error: 'Haraka did not say that the mail is queued' })
      }, patienceMs)
      timer.unref()
      const done = (code: number, message: unknown): void => {
        clearTimeout(timer)
        const error = `Haraka did not queue the mail: ${String(message)}`
        resolve(
          code === constants.ok
            ? { result: 'queued' }
            : { result: 'failed', error, permanent: code === constants.deny },
        )
      }
      try {
        const outbound = this.#plugin.haraka_require('outbound')
        outbound.send_email('<>', `<${to}>`, content, done, { origin: this.#plugin })
      } catch (error) {
        done(constants.denysoft, error)
      }
    })
  }
}

/** The letter that a queued message is; `null`: none of ours. */
export function markOf(notes: Readonly<Record<string, unknown>> | undefined): LetterMark | null {
  const note = notes?.[noteName]
  if (typeof note !== 'object' || note === null) return null
  if (!('tenant' in note) || !('contact' in note) || !('letter' in note)) return null
  const { tenant, contact, letter } = note
  return typeof tenant === 'string' && typeof contact === 'string' && typeof letter === 'string'
    ? { tenant, contact, letter }
    : null
}
