/** Occasions of a notice (R4), in the order in which a letter tells of them. */
export const noticeKinds = [
  'detection',
  'stage',
  'stage-ahead',
  'resumption', // a pause or an exemption ends
  'floor-ahead',
  'recovery',
] as const
export type NoticeKind = (typeof noticeKinds)[number]

/** Names one notice to one contact, alike on every host and in every export. */
export interface NoticeName {
  readonly kind: NoticeKind
  readonly server: string
  /** What tells it from others of that kind about the server: the start of its clock, the stage, the day of a floor. */
  readonly mark: string
}

/** A notice that stands in a letter, whatever became of the letter. */
export interface WrittenNotice extends NoticeName {
  /** From then on it would be of no use any more. */
  readonly until: number
  /** Id of the letter. */
  readonly letter: string
}

/** How far a letter has come. `doubts`: how often it is not known whether it went out; `attempts`: failed ones. */
export type LetterState =
  /** Somebody is writing it; nothing has left the house. */
  | {
      readonly state: 'claimed'
      readonly at: number
      readonly by: string
      readonly attempts: number
      readonly doubts: number
    }
  /** It is being handed over: if its sender dies now, it may have gone out or not. */
  | {
      readonly state: 'sending'
      readonly at: number
      readonly by: string
      readonly attempts: number
      readonly doubts: number
    }
  /** It has not gone out, and is tried again. */
  | {
      readonly state: 'failed'
      readonly at: number
      readonly attempts: number
      readonly doubts: number
      readonly error: string
      readonly retryAt: number
    }
  /** In the queue of Haraka, which tries on its own; `error`: why the last try failed. */
  | { readonly state: 'queued'; readonly at: number; readonly error: string | null }
  /** The contact's mail server, or the webhook, has taken it. */
  | { readonly state: 'sent'; readonly at: number }
  /** Twice its sender died while it was handed over: it is not sent a third time. */
  | { readonly state: 'doubtful'; readonly at: number }
  /** Given up. */
  | { readonly state: 'undelivered'; readonly at: number; readonly error: string }

/** One mail, or one call of the webhook, with all the notices that were due to a contact together. */
export type Letter = { readonly id: string; readonly madeAt: number } & LetterState

/** What one contact of a tenant has been told, and the letter under way; at most one is. */
export interface ContactRecord {
  readonly tenant: string
  /** Mail address in lower case, or `webhook`. */
  readonly contact: string
  /** Oldest first. */
  readonly letters: readonly Letter[]
  readonly notices: readonly WrittenNotice[]
}

/** Stands for the operator's webhook where others have an address. */
export const webhookContact = 'webhook'
