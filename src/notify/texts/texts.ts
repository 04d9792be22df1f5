import type { Language } from '../../config/language'
import type { NoticeKind } from '../../rules/notice/record'

/** A word with its number, by plural category of the language; `#` stands for the number. */
export type Forms = { readonly other: string } & Partial<Record<Intl.LDMLPluralRule, string>>

/**
 * Everything that a notice says, in one language. Arguments come as they are to be shown: dates, numbers and counted words in the
 * form of the language.
 */
export interface Texts {
  readonly language: Language
  /** For `Intl`. */
  readonly locale: string
  /** How dates write the first day of a month, which `Intl` does not know. */
  readonly firstDay: string
  readonly minutes: Forms
  readonly days: Forms
  readonly servers: Forms
  /** Between a label and what it labels. */
  readonly colon: string

  /** One server: its name and the date, if the occasion has one; several: their number as counted word. */
  readonly subjects: {
    readonly [K in NoticeKind]: {
      readonly one: (server: string, date: string) => string
      readonly many: (servers: string) => string
    }
  }
  /** Several occasions in one letter. */
  readonly mixedSubject: (servers: string, tenant: string) => string

  readonly intro: (host: string, tenant: string) => string
  readonly sections: { readonly [K in NoticeKind]: { readonly heading: string; readonly about: string } }
  /** With a detection where all mail is still accepted. */
  readonly onlyObserved: string
  /** Heading of the servers that are only named, for lack of room. */
  readonly furtherServers: string

  readonly labels: {
    readonly version: string
    readonly reason: string
    readonly since: string
    readonly now: string
    readonly next: string
    readonly planned: string
    readonly install: string
    readonly missing: string
    readonly vulnerabilities: string
    readonly lastSeen: string
    readonly evidence: string
    readonly messageId: string
    readonly note: string
    readonly outdatedFrom: string
    readonly recoveredAt: string
  }
  readonly unknownVersion: string
  /** `Exchange Server 2016 CU23 (15.1.2507.6), released on …` */
  readonly released: (version: string, date: string) => string
  readonly reasons: {
    readonly endOfLife: (product: string) => string
    readonly belowFloor: (floor: string) => string
    readonly lacksUpdates: string
  }
  readonly sinceDay: (date: string, days: string) => string
  /** What happens to mail in a stage; the arguments are counted minutes. */
  readonly effects: {
    readonly none: string
    readonly deferred: (minutes: string) => string
    readonly refused: (minutes: string) => string
    readonly both: (deferred: string, refused: string) => string
    readonly alwaysDeferred: string
    readonly alwaysRefused: string
  }
  readonly step: (date: string, effect: string) => string
  readonly inStage: (stage: string, effect: string) => string
  readonly noFurtherStep: string
  readonly exploited: (cve: string) => string
  readonly furtherItems: (count: string) => string
  readonly seenFrom: (date: string, address: string, ehlo: string) => string
  readonly relapsed: string
  readonly pausedUntil: (date: string) => string
  readonly exemptUntil: (date: string) => string

  readonly whatToDo: {
    readonly heading: string
    readonly install: string
    readonly recovers: string
    readonly deferral: string
    /** Without a budget of pauses there is none to ask for. */
    readonly pause: (asked: string, days: string) => string
    readonly ask: (asked: string) => string
    readonly more: string
  }
  readonly footer: (contact: string, tenant: string) => string
}
