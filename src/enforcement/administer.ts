import { maxEvents } from '../rules/clock/advance'
import { daysCharged, endPause, planPause, type PauseRefusal } from '../rules/clock/pause'
import type { Exemption, Pause, ServerEvent, TenantRecord } from '../rules/clock/record'
import type { Store } from '../store/store'
import type { Memory } from './memory'
import { serverTtlMs } from '../store/lifetime'

/**
 * What an administrative command says; `why` of a refusal is a sentence for the operator. `warning`: it is done and
 * holds, but not every server's history tells of it (C7).
 */
export type Done<T> =
  | { readonly ok: true; readonly value: T; readonly warning: string | null }
  | { readonly ok: false; readonly why: string }

export interface PauseOrder {
  readonly tenant: string
  readonly days: number
  /** `null`: now. */
  readonly from: number | null
  readonly reason: string
  readonly now: number
  readonly daysPerYear: number
  /** A new unique id. */
  readonly id: string
}

const noTenant = (tenant: string): TenantRecord => ({ tenant, pauses: [], exemptions: [] })

/** Pauses and exemptions (C4, C5): each one compare-and-set on the tenant, then an event with every server of it (C7). */
export class Administer {
  private readonly memory: Memory
  private readonly store: Store

  constructor(memory: Memory, store: Store) {
    this.memory = memory
    this.store = store
  }

  async pause(order: PauseOrder): Promise<Done<Pause>> {
    const { tenant, days, reason, now, daysPerYear, id } = order
    let why = ''
    const made = await this.change(tenant, (record) => {
      const from = order.from ?? now
      const plan = planPause({ days, from, now, existing: record.pauses, daysPerYear })
      if (!plan.ok) {
        why = explainRefusal(plan.why)
        return null
      }
      const pause: Pause = { id, ...plan.pause, reason, createdAt: now }
      return { ...record, pauses: [...record.pauses, pause].sort((a, b) => a.from - b.from) }
    })
    if (!made.ok) return made
    const pause = made.value?.pauses.find((each) => each.id === id)
    if (!pause) return { ok: false, why }
    const event: ServerEvent = { at: now, kind: 'paused', reason: `${reason} (${days} days)` }
    return { ok: true, value: pause, warning: await this.note(tenant, event, () => true) }
  }

  /** Ends the running pause, or with `all` the coming ones as well; days not begun are given back (C4). */
  async resume(tenant: string, now: number, all: boolean, reason: string): Promise<Done<readonly Pause[]>> {
    let ended: readonly Pause[] = []
    const made = await this.change(tenant, (record) => {
      const meant = (pause: Pause): boolean => now < pause.until && (pause.from <= now || all)
      ended = record.pauses.filter(meant)
      if (ended.length === 0) return null
      const pauses = record.pauses.flatMap((pause) => (meant(pause) ? (endPause(pause, now) ?? []) : pause))
      return { ...record, pauses }
    })
    if (!made.ok) return made
    if (ended.length === 0) return { ok: false, why: `no pause of ${tenant} is running` }
    const warning = await this.note(tenant, { at: now, kind: 'resumed', reason }, () => true)
    return { ok: true, value: ended, warning }
  }

  async exempt(tenant: string, exemption: Exemption): Promise<Done<Exemption>> {
    if (exemption.until <= exemption.createdAt)
      return { ok: false, why: 'the exemption would be over already' }
    const made = await this.change(tenant, (record) => ({
      ...record,
      // What has run out is of no use any more; the servers' histories keep it.
      exemptions: [
        ...record.exemptions.filter(
          (each) => each.until > exemption.createdAt && !sameTarget(each.target, exemption.target),
        ),
        exemption,
      ],
    }))
    if (!made.ok) return made
    const event: ServerEvent = { at: exemption.createdAt, kind: 'exempted', reason: exemption.reason }
    const warning = await this.note(tenant, event, (server) => concerns(exemption.target, server))
    return { ok: true, value: exemption, warning }
  }

  async unexempt(
    tenant: string,
    target: Exemption['target'],
    now: number,
    reason: string,
  ): Promise<Done<readonly Exemption[]>> {
    let ended: readonly Exemption[] = []
    const made = await this.change(tenant, (record) => {
      ended = record.exemptions.filter((each) => each.until > now && sameTarget(each.target, target))
      if (ended.length === 0) return null
      return { ...record, exemptions: record.exemptions.filter((each) => !ended.includes(each)) }
    })
    if (!made.ok) return made
    if (ended.length === 0) return { ok: false, why: 'there is no such exemption' }
    const event: ServerEvent = { at: now, kind: 'unexempted', reason }
    const warning = await this.note(tenant, event, (server) => concerns(target, server))
    return { ok: true, value: ended, warning }
  }

  private async change(
    tenant: string,
    change: (record: TenantRecord) => TenantRecord | null,
  ): Promise<Done<TenantRecord | null>> {
    const updated = await this.memory.update(
      { kind: 'tenant', tenant },
      (current) => change(current ?? noTenant(tenant)),
      null,
    )
    return updated.state === 'failed'
      ? { ok: false, why: `memory could not be written: ${updated.reason}` }
      : { ok: true, value: updated.value, warning: null }
  }

  /** Never rejects, since the change itself is made; a sentence where a history could not be written. */
  private async note(
    tenant: string,
    event: ServerEvent,
    meant: (server: string) => boolean,
  ): Promise<string | null> {
    let missed = 0
    try {
      for await (const stored of this.store.list('server', tenant)) {
        if (stored.state !== 'present' || !meant(stored.value.server)) continue
        const written = await this.memory.update(
          { kind: 'server', tenant, server: stored.value.server },
          (current) => current && { ...current, events: [...current.events, event].slice(-maxEvents) },
          serverTtlMs(tenant),
        )
        if (written.state === 'failed') missed += 1
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return `the servers of ${tenant} could not be listed to note it in their histories: ${reason}`
    }
    return missed === 0 ? null : `it could not be noted in the history of ${missed} server(s)`
  }
}

/** Days of a UTC year that a tenant may still pause. */
export function daysLeft(pauses: readonly Pause[], year: number, daysPerYear: number): number {
  return Math.max(0, daysPerYear - (daysCharged(pauses).get(year) ?? 0))
}

function sameTarget(a: Exemption['target'], b: Exemption['target']): boolean {
  if (a.kind === 'connector' && b.kind === 'connector') return a.connector === b.connector
  if (a.kind === 'server' && b.kind === 'server') return a.server === b.server
  return a.kind === 'tenant' && b.kind === 'tenant'
}

// A connector is exempted for all its servers; which those are, only their sessions tell.
function concerns(target: Exemption['target'], server: string): boolean {
  return target.kind !== 'server' || target.server === server
}

/** Why a pause cannot be, as a sentence for the operator. */
export function explainRefusal(why: PauseRefusal): string {
  switch (why.kind) {
    case 'not-a-number-of-days':
      return 'a pause lasts a whole number of days, at least 1'
    case 'in-the-past':
      return 'a pause cannot begin in the past'
    case 'overlaps':
      return `it would overlap the pause from ${iso(why.from)} to ${iso(why.until)}; one that begins at ${iso(why.until)} goes on from there`
    case 'over-budget':
      return `${why.asked} of its days begin in ${why.year}, for which ${why.left} are left`
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
