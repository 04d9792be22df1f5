import type { Settings } from '../config/settings'
import type { ServerRecord, TenantRecord } from '../rules/clock/record'
import {
  emptyContact,
  handOver,
  noticeText,
  settle,
  takeUp,
  type Commission,
  type Delivery,
} from '../rules/notice/ledger'
import { webhookContact, type ContactRecord, type NoticeKind } from '../rules/notice/record'
import type { Catalogue } from '../rules/verdict/catalogue'
import type { CachedStore } from '../store/cached'
import { contactTtlMs } from '../store/lifetime'
import type { RecordKey } from '../store/store'
import { Contacts, type Contact } from './contacts'
import { noticeRules, parcelFor, type Carriers } from './letter'
import { dueNotices, type DueNotice } from './occasion'

/** What the outbox asks of memory. */
export interface NoticeMemory extends Pick<CachedStore, 'update'> {
  /** Every server that can be read. May reject. */
  servers(): AsyncIterable<ServerRecord>
  /** Pauses and exemptions; `null` where they cannot be known, so that nothing true can be said. May reject. */
  tenant(tenant: string): Promise<TenantRecord | null>
}

/** What became of one letter in one attempt. */
export interface Posted {
  readonly tenant: string
  readonly contact: string
  readonly letter: string
  readonly kinds: readonly NoticeKind[]
  readonly delivery: Delivery
  /** Failed attempts before this one, and whether it may be a repeat. */
  readonly attempts: number
  readonly repeat: boolean
}

export interface OutboxOptions {
  readonly settings: () => Settings
  readonly catalogue: () => Catalogue
  readonly memory: NoticeMemory
  readonly carriers: Carriers
  readonly now: () => number
  /** Host and process, as it stands with a claim. */
  readonly by: string
  readonly newId: () => string
  /** Hears of every letter that was tried. */
  readonly onPosted: (posted: Posted) => void
}

/** Notices due to one contact of one tenant. */
export interface Addressed {
  readonly tenant: string
  readonly contact: Contact
  readonly notices: readonly DueNotice[]
}

const settleAttempts = 5
const settleWaitMs = 1_000

/**
 * Sends what is due, each notice once, however many processes and hosts do the same: whoever gets a contact's letter under its
 * name in memory sends it (`src/rules/notice/ledger.ts`).
 */
export class Outbox {
  readonly #options: OutboxOptions
  #stopped = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** No further letter is begun. */
  stop(): void {
    this.#stopped = true
  }

  /** Looks at all servers once, sends what is due, and says how many ms the look took. Rejects where memory cannot be read. */
  async run(): Promise<number> {
    const begun = performance.now()
    const due = await this.due()
    const lookMs = performance.now() - begun
    for (const addressed of due) {
      if (this.#stopped) break
      await this.#serve(addressed)
    }
    return lookMs
  }

  /** Every contact of every tenant that is configured or has servers, with what is due to it, told or not. */
  async due(): Promise<readonly Addressed[]> {
    const { settings, catalogue, memory, now } = this.#options
    const contacts = new Contacts(settings())
    const rules = noticeRules(settings(), catalogue())
    const tenants = new Map<string, TenantRecord | null>()
    const boxes = new Map<string, { tenant: string; contact: Contact; notices: DueNotice[] }>()
    const seen = new Set<string>()
    const box = (tenant: string, contact: Contact): DueNotice[] => {
      const name = `${tenant}\n${contact.contact}`
      const found = boxes.get(name) ?? { tenant, contact, notices: [] }
      boxes.set(name, found)
      return found.notices
    }
    for (const { tenant } of settings().connectors) {
      for (const contact of contacts.ofTenant(tenant)) box(tenant, contact)
    }
    for await (const record of memory.servers()) {
      // A store may list a record twice.
      const name = `${record.tenant}\n${record.server}`
      if (seen.has(name)) continue
      seen.add(name)
      let tenant = tenants.get(record.tenant)
      if (tenant === undefined) {
        tenant = await memory.tenant(record.tenant)
        tenants.set(record.tenant, tenant)
      }
      if (!tenant) continue
      const notices = dueNotices(record, tenant, rules, now())
      if (notices.length === 0) continue
      const connector = record.lastEvidence?.connector ?? null
      for (const contact of contacts.ofConnector(record.tenant, connector)) {
        box(record.tenant, contact).push(...notices)
      }
    }
    // An unreadable tenant has notices that are not known: its letters wait.
    return [...boxes.values()].filter(({ tenant }) => tenants.get(tenant) !== null)
  }

  /** What `run` would send now; nothing is sent or written. */
  async pending(): Promise<readonly Addressed[]> {
    const pending: Addressed[] = []
    for (const addressed of await this.due()) {
      const commission = await this.#take(addressed, 'look')
      if (commission) pending.push({ ...addressed, notices: noticesOf(commission, addressed) })
    }
    return pending
  }

  async #serve(addressed: Addressed): Promise<void> {
    const { settings, catalogue, carriers, now, onPosted } = this.#options
    const { tenant, contact } = addressed
    const commission = await this.#take(addressed, 'take')
    if (!commission) return
    const { letter, names } = commission
    const notices = noticesOf(commission, addressed)
    const rules = noticeRules(settings(), catalogue())
    const parcel = await parcelFor(notices, letter, tenant, contact, settings(), rules, now())
    const carrier = contact.contact === webhookContact ? carriers.webhook : carriers.mail
    const delivery = await carrier.deliver(parcel, () => this.#handOver(tenant, contact, letter.id))
    if (delivery === 'not-ours') return
    await this.#settle(tenant, contact, letter.id, delivery)
    onPosted({
      tenant,
      contact: contact.contact,
      letter: letter.id,
      kinds: names.map(({ kind }) => kind),
      delivery,
      attempts: letter.attempts,
      repeat: letter.doubts > 0,
    })
  }

  async #take({ tenant, contact, notices }: Addressed, purpose: 'take' | 'look'): Promise<Commission | null> {
    const { memory, now, by, newId } = this.#options
    const taker = { now: now(), by, newId }
    let commission: Commission | null = null
    const done = await memory.update(
      keyOf(tenant, contact),
      (current) => {
        const taken = takeUp(current ?? emptyContact(tenant, contact.contact), notices, taker)
        commission = taken.commission
        return purpose === 'take' ? taken.record : null
      },
      contactTtlMs,
    )
    return done.state === (purpose === 'take' ? 'written' : 'unchanged') ? commission : null
  }

  async #handOver(tenant: string, contact: Contact, id: string): Promise<boolean> {
    const { memory, now, by } = this.#options
    const done = await memory.update(
      keyOf(tenant, contact),
      (current) => current && handOver(current, id, by, now()),
      contactTtlMs,
    )
    return done.state === 'written'
  }

  /** Unless it is written down that a letter went out, it goes out again: it is worth some patience. */
  async #settle(tenant: string, contact: Contact, id: string, delivery: Delivery): Promise<void> {
    const { memory, now, by } = this.#options
    for (let attempt = 0; attempt < settleAttempts; attempt += 1) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, settleWaitMs))
      const change = (current: ContactRecord | null): ContactRecord | null =>
        current && settle(current, id, by, delivery, now())
      const done = await memory.update(keyOf(tenant, contact), change, contactTtlMs)
      if (done.state !== 'failed') return
    }
  }
}

function noticesOf({ names }: Commission, { notices }: Addressed): readonly DueNotice[] {
  const named = new Set(names.map(noticeText))
  return notices.filter((notice) => named.has(noticeText(notice)))
}

function keyOf(tenant: string, { contact }: Contact): RecordKey<'contact'> {
  return { kind: 'contact', tenant, contact }
}
