import type { Settings } from '../config/settings'
import { Administer, type Done } from '../enforcement/administer'
import { targetText } from '../enforcement/exemption-target'
import { shortInstant } from '../rules/instant'
import type { Order, Outcome } from './order'
import type { StoreLink } from './store-link'

export interface DeskOptions {
  readonly link: StoreLink
  readonly settings: () => Settings
  readonly now: () => number
  /** A new unique id. */
  readonly newId: () => string
}

/** Carries out orders. Never rejects. */
export class OrderDesk {
  constructor(private readonly options: DeskOptions) {}

  async carryOut(order: Order): Promise<Outcome> {
    const open = this.options.link.get()
    if (typeof open === 'string') return { ok: false, why: `the store cannot be written: ${open}` }
    return this.#do(order, new Administer(open.memory, open.store))
  }

  async #do(order: Order, administer: Administer): Promise<Outcome> {
    const { settings, newId } = this.options
    const now = this.options.now()
    const { tenant, reason } = order
    switch (order.kind) {
      case 'pause': {
        const { days, from } = order
        const daysPerYear = settings().clock.pauseDaysPerYear
        const done = await administer.pause({ tenant, days, from, reason, now, daysPerYear, id: newId() })
        return outcome(
          done,
          (pause) =>
            `${tenant} is paused from ${shortInstant(pause.from)} until ${shortInstant(pause.until)}`,
        )
      }
      case 'resume': {
        const done = await administer.resume(tenant, now, order.all, reason)
        return outcome(done, (ended) => `${tenant} is enforced again; pauses ended: ${ended.length}`)
      }
      case 'exempt': {
        const { target, until } = order
        const done = await administer.exempt(tenant, { id: newId(), target, until, reason, createdAt: now })
        return outcome(done, () => `The ${targetText(tenant, target)} is exempt until ${shortInstant(until)}`)
      }
      case 'unexempt': {
        const { target } = order
        const done = await administer.unexempt(tenant, target, now, reason)
        return outcome(done, () => `The ${targetText(tenant, target)} is not exempt any more`)
      }
    }
  }
}

function outcome<T>(done: Done<T>, say: (value: T) => string): Outcome {
  if (!done.ok) return done
  const text = say(done.value)
  return { ok: true, text: done.warning === null ? `${text}.` : `${text}; ${done.warning}.` }
}
