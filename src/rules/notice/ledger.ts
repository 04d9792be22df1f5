import { dayMs, hourMs, minuteMs } from '../time'
import type { ContactRecord, Letter, LetterState, NoticeName, WrittenNotice } from './record'

/** A claim of this age is one whose sender died: no attempt takes half as long. */
export const claimMs = 5 * minuteMs

/** Waits after the first failed attempts; later ones are a day. */
const retryAfterMs = [5 * minuteMs, 15 * minuteMs, hourMs, 4 * hourMs, 12 * hourMs]

/** How long a notice is remembered after it was of no use any more. */
const memoryMs = 30 * dayMs

/** More do not fit into one letter; the others go with the next. */
export const maxNoticesPerLetter = 500
/** More are not remembered of one contact; it is the oldest that are forgotten. */
const maxNotices = 50_000

/** What makes a notice due to a contact, as far as the ledger goes. */
export interface DueName extends NoticeName {
  /** Later than this it is not begun any more: it happened while nobody sent notices. */
  readonly firstBy: number
  /** Later than this it is not tried any more. */
  readonly until: number
}

/** A letter that its taker has to write. */
export interface Commission {
  readonly record: ContactRecord
  readonly letter: Extract<Letter, { state: 'claimed' }>
  /** Names of the notices in it. */
  readonly names: readonly WrittenNotice[]
}

/** What became of an attempt to deliver a letter. */
export type Delivery =
  | { readonly result: 'sent' }
  | { readonly result: 'queued' }
  /** `permanent`: the other side said that it will never take it. */
  | { readonly result: 'failed'; readonly error: string; readonly permanent: boolean }
  /** The other side may have taken it. */
  | { readonly result: 'unknown'; readonly error: string }

interface Taker {
  readonly now: number
  /** Host and process. */
  readonly by: string
  readonly newId: () => string
}

export function noticeText({ kind, server, mark }: NoticeName): string {
  return `${kind} ${server} ${mark}`
}

export function emptyContact(tenant: string, contact: string): ContactRecord {
  return { tenant, contact, letters: [], notices: [] }
}

/**
 * Takes up what is due to a contact: a new letter, one that failed and is to be tried again, or one whose sender died. Whoever
 * writes the record has the letter. `commission` null: there is nothing to do now; `record` null: nothing to write either.
 */
export function takeUp(
  before: ContactRecord,
  due: readonly DueName[],
  taker: Taker,
): { readonly record: ContactRecord | null; readonly commission: Commission | null } {
  const open = before.letters.find(isOpen)
  if (!open) return begin(before, due, taker)
  if (isBusy(open, taker.now)) return { record: null, commission: null }
  // Handed over twice without a word from the sender: at most one repeat.
  if (open.state === 'sending' && open.doubts > 0) {
    const closed = withLetter(before, { ...identity(open), state: 'doubtful', at: open.at })
    const next = begin(closed, due, taker)
    return { record: next.record ?? closed, commission: next.commission }
  }
  return resume(before, open, due, taker)
}

/** A new letter with all that was never written before. */
function begin(
  before: ContactRecord,
  due: readonly DueName[],
  { now, by, newId }: Taker,
): { readonly record: ContactRecord | null; readonly commission: Commission | null } {
  const fresh = freshOf(before, due, now)
  if (fresh.length === 0) return { record: null, commission: null }
  const letter = { id: newId(), madeAt: now, state: 'claimed', at: now, by, attempts: 0, doubts: 0 } as const
  return commissionOf(before, letter, fresh, now)
}

/** A letter that is there and has not gone out, or not for certain. */
function resume(
  before: ContactRecord,
  open: OpenLetter,
  due: readonly DueName[],
  { now, by, newId }: Taker,
): { readonly record: ContactRecord | null; readonly commission: Commission | null } {
  const doubts = open.state === 'sending' ? open.doubts + 1 : open.doubts
  const stillDue = new Map(due.map((each) => [noticeText(each), each]))
  const own = before.notices.filter(({ letter }) => letter === open.id)
  const kept = own.flatMap((notice) => stillDue.get(noticeText(notice)) ?? [])
  const { attempts } = open
  const letter = { ...identity(open), state: 'claimed', at: now, by, attempts, doubts } as const
  if (doubts > 0) {
    // Repeated as it was: under a Message-ID that was seen nobody would read what is new.
    if (kept.length > 0) return commissionOf(before, letter, kept, now)
    const closed = withLetter(before, { ...identity(open), state: 'doubtful', at: now })
    return { record: prune(closed, now), commission: null }
  }
  // What is of no use any more is forgotten; what came too late stays written down as that.
  const late = own.filter(({ until }) => now > until)
  const others = before.notices.filter(({ letter: of }) => of !== open.id)
  const names = [...kept, ...freshOf(before, due, now)]
  const closed = {
    ...identity(open),
    id: names.length === 0 ? open.id : newId(),
    state: 'undelivered',
    at: now,
    error: open.state === 'failed' ? open.error : 'its sender died before it went out',
  } as const
  const notices = [...others, ...late.map((notice) => ({ ...notice, letter: closed.id }))]
  const cleared = prune(withLetter({ ...before, notices }, closed), now)
  return names.length === 0
    ? { record: cleared, commission: null }
    : commissionOf(cleared, letter, names, now)
}

function commissionOf(
  before: ContactRecord,
  letter: Commission['letter'],
  due: readonly DueName[],
  now: number,
): { readonly record: ContactRecord; readonly commission: Commission } {
  const known = new Set(before.notices.filter((each) => each.letter === letter.id).map(noticeText))
  const names = due
    .slice(0, maxNoticesPerLetter)
    .map(({ kind, server, mark, until }) => ({ kind, server, mark, until, letter: letter.id }))
  const added = names.filter((name) => !known.has(noticeText(name)))
  const record = prune(
    { ...withLetter(before, letter), notices: [...before.notices, ...added].slice(-maxNotices) },
    now,
  )
  return { record, commission: { record, letter, names } }
}

function freshOf(record: ContactRecord, due: readonly DueName[], now: number): readonly DueName[] {
  const written = new Set(record.notices.map(noticeText))
  return due.filter((each) => now <= each.firstBy && !written.has(noticeText(each)))
}

/** From here on it may go out. `null`: it belongs to somebody else by now, and must not. */
export function handOver(record: ContactRecord, id: string, by: string, now: number): ContactRecord | null {
  const letter = record.letters.find((each) => each.id === id)
  if (letter?.state !== 'claimed' || letter.by !== by) return null
  return withLetter(record, { ...letter, state: 'sending', at: now })
}

/** Writes down what became of a letter of ours. `null`: it is not ours any more, or its end is known already. */
export function settle(
  record: ContactRecord,
  id: string,
  by: string,
  delivery: Delivery,
  now: number,
): ContactRecord | null {
  const letter = record.letters.find((each) => each.id === id)
  if ((letter?.state !== 'claimed' && letter?.state !== 'sending') || letter.by !== by) return null
  return withLetter(record, { ...identity(letter), ...outcome(letter, delivery, now) })
}

function outcome(
  { attempts, doubts }: Extract<Letter, { state: 'claimed' | 'sending' }>,
  delivery: Delivery,
  now: number,
): LetterState {
  switch (delivery.result) {
    case 'sent':
      return { state: 'sent', at: now }
    case 'queued':
      return { state: 'queued', at: now, error: null }
    case 'unknown':
      if (doubts > 0) return { state: 'doubtful', at: now }
      break
    case 'failed':
  }
  const { error } = delivery
  const permanent = delivery.result === 'failed' && delivery.permanent
  const waitMs = (permanent ? undefined : retryAfterMs[attempts]) ?? dayMs
  return {
    state: 'failed',
    at: now,
    attempts: attempts + 1,
    doubts: delivery.result === 'unknown' ? doubts + 1 : doubts,
    error,
    retryAt: now + waitMs,
  }
}

/** What Haraka's queue tells of a message: taken by the other side, to be tried again, given up. */
export type QueueNews =
  { readonly state: 'sent' } | { readonly state: 'queued' | 'undelivered'; readonly error: string }

/**
 * What Haraka's queue says of a letter that was handed to it, whoever handed it over. `null`: that is known already, or the
 * letter is forgotten.
 */
export function hearOfQueue(
  record: ContactRecord,
  id: string,
  news: QueueNews,
  now: number,
): ContactRecord | null {
  const letter = record.letters.find((each) => each.id === id)
  if (!letter || letter.state === 'sent') return null
  // The queue may be faster than whoever writes down that it has the letter: `settle` finds the news then. Where an earlier copy
  // may be out they may be of that one, and another goes out.
  const isHandedOver = letter.state === 'queued' || (letter.state === 'sending' && letter.doubts === 0)
  if (news.state !== 'sent' && !isHandedOver) return null
  return withLetter(record, { ...identity(letter), ...news, at: now })
}

type OpenLetter = Extract<Letter, { state: 'claimed' | 'sending' | 'failed' }>

/** It has not gone out, or not for certain. */
export function isOpen(letter: Letter): letter is OpenLetter {
  return letter.state === 'claimed' || letter.state === 'sending' || letter.state === 'failed'
}

/** In somebody's hands, or waiting for its time. */
function isBusy(letter: OpenLetter, now: number): boolean {
  return letter.state === 'failed' ? now < letter.retryAt : now - letter.at < claimMs
}

function identity({ id, madeAt }: Letter): Pick<Letter, 'id' | 'madeAt'> {
  return { id, madeAt }
}

function withLetter(record: ContactRecord, letter: Letter): ContactRecord {
  const others = record.letters.filter(({ id }) => id !== letter.id)
  return { ...record, letters: [...others, letter].sort((a, b) => a.madeAt - b.madeAt) }
}

/** Forgets what can never be due again, and letters of which nothing is left. */
function prune(record: ContactRecord, now: number): ContactRecord {
  const notices = record.notices.filter(({ until }) => now <= until + memoryMs)
  const named = new Set(notices.map(({ letter }) => letter))
  return { ...record, notices, letters: record.letters.filter((each) => isOpen(each) || named.has(each.id)) }
}
