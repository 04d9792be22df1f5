import { reportRules } from '../config/report-rules'
import type { Settings } from '../config/settings'
import { judgeOn, type JudgeSeen } from '../report/summary'
import type { Day } from '../rules/time'
import type { Catalogue } from '../rules/verdict/catalogue'
import type { Carrier, Parcel } from './carrier'
import { compose } from './compose'
import type { Contact } from './contacts'
import type { Document } from './document'
import { composeMail, domainOf } from './mail'
import type { DueNotice, NoticeRules } from './occasion'
import { webhookBody } from './webhook-body'
import { wordingFor, type Wording } from './wording'
import { webhookContact, type Letter } from '../rules/notice/record'

/** Ways out of the house. */
export interface Carriers {
  readonly mail: Carrier
  readonly webhook: Carrier
}

export function noticeRules(settings: Settings, catalogue: Catalogue): NoticeRules {
  const rules = reportRules(settings, catalogue)
  const judges = new Map<Day, JudgeSeen>()
  return {
    ...rules,
    noticeDays: settings.notices.noticeDays,
    judgeOn: (day) => {
      const judge = judges.get(day) ?? judgeOn(day, rules)
      judges.set(day, judge)
      return judge
    },
  }
}

/** The words for a contact: its connector's language, else that of `[notices]`. */
export function wordingOf({ language }: Pick<Contact, 'language'>, settings: Settings): Wording {
  return wordingFor(language, settings.notices.language)
}

/** What a letter to a contact says. */
export function documentFor(
  notices: readonly DueNotice[],
  tenant: string,
  contact: Contact,
  settings: Settings,
  rules: NoticeRules,
  now: number,
): Document {
  const from = settings.notices.from ?? ''
  const addressing = {
    tenant,
    contact: contact.address,
    host: domainOf(from),
    asked: settings.notices.replyTo ?? from,
    helpUrl: settings.helpUrl,
    pauseDaysPerYear: settings.clock.pauseDaysPerYear,
  }
  return compose(notices, addressing, rules, wordingOf(contact, settings), now)
}

/** A letter as it goes out: a mail in the contact's language, or the body of a call. */
export async function parcelFor(
  notices: readonly DueNotice[],
  { id, madeAt }: Pick<Letter, 'id' | 'madeAt'>,
  tenant: string,
  contact: Contact,
  settings: Settings,
  rules: NoticeRules,
  now: number,
): Promise<Parcel> {
  const base = { id, tenant, to: contact.address, madeAt }
  if (contact.contact === webhookContact) {
    return { ...base, content: webhookBody(notices, base, rules, now) }
  }
  const { from, replyTo } = settings.notices
  const document = documentFor(notices, tenant, contact, settings, rules, now)
  const envelope = { from: from ?? '', replyTo, to: contact.address, tenant, letter: id, madeAt }
  return { ...base, content: await composeMail(document, wordingOf(contact, settings).texts, envelope) }
}
