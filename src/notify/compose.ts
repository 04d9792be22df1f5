import { noticeKinds, type NoticeKind } from '../rules/notice/record'
import { dayOf } from '../rules/time'
import { printable } from '../rules/decision/printable'
import type { Block, Document } from './document'
import type { DueNotice, NoticeRules } from './occasion'
import { describeServer } from './server-facts'
import type { Wording } from './wording'

/** To whom a letter goes, and what it says of the mail system that sends it. */
export interface Addressing {
  readonly tenant: string
  readonly contact: string
  /** The domain of the sender: what the mail system is called. */
  readonly host: string
  /** Whom to ask. */
  readonly asked: string
  readonly helpUrl: string
  readonly pauseDaysPerYear: number
}

/** Servers told of in full; more are named only, since nobody reads 200 alike. */
const maxInFull = 20
/** Of a name that came from the network. */
const maxNameLength = 253

/** What a letter says about all notices in it. `notices` must not be empty. */
export function compose(
  notices: readonly DueNotice[],
  to: Addressing,
  rules: NoticeRules,
  wording: Wording,
  now: number,
): Document {
  const { texts } = wording
  const blocks: Block[] = [{ kind: 'paragraph', text: texts.intro(to.host, printable(to.tenant)) }]
  let room = maxInFull
  for (const kind of noticeKinds) {
    const own = notices.filter((notice) => notice.kind === kind)
    if (own.length === 0) continue
    blocks.push(...section(kind, own, Math.max(1, room), rules, wording, now))
    room -= own.length
  }
  blocks.push(...whatToDo(notices, to, rules, wording))
  blocks.push({ kind: 'paragraph', text: texts.footer(to.contact, printable(to.tenant)) })
  return { subject: subjectOf(notices, to, wording), blocks }
}

/** A name from the network, fit to be shown. */
export function shownName(name: string): string {
  const shown = printable(name)
  return shown.length > maxNameLength ? `${shown.slice(0, maxNameLength)}…` : shown
}

function subjectOf(notices: readonly DueNotice[], { tenant }: Addressing, wording: Wording): string {
  const { texts } = wording
  const servers = new Set(notices.map(({ server }) => server))
  const kinds = new Set(notices.map(({ kind }) => kind))
  const counted = wording.counted(servers.size, texts.servers)
  const [first] = notices
  if (!first || kinds.size > 1) return texts.mixedSubject(counted, printable(tenant))
  const subject = texts.subjects[first.kind]
  return servers.size > 1
    ? subject.many(counted)
    : subject.one(shownName(first.server), occasionDay(first, wording))
}

/** The day that a subject names; empty where the occasion has none. */
function occasionDay({ occasion }: DueNotice, wording: Wording): string {
  switch (occasion.kind) {
    case 'detection':
      return ''
    case 'floor-ahead':
      return wording.day(occasion.day)
    default:
      return wording.day(dayOf(occasion.at))
  }
}

function section(
  kind: NoticeKind,
  notices: readonly DueNotice[],
  room: number,
  rules: NoticeRules,
  wording: Wording,
  now: number,
): readonly Block[] {
  const { texts } = wording
  const { heading, about } = texts.sections[kind]
  const blocks: Block[] = [
    { kind: 'heading', level: 1, text: heading },
    { kind: 'paragraph', text: about },
  ]
  if (kind === 'detection' && notices.some((notice) => isObserved(notice, rules))) {
    blocks.push({ kind: 'paragraph', text: texts.onlyObserved })
  }
  for (const notice of notices.slice(0, room)) {
    blocks.push(
      { kind: 'heading', level: 2, text: shownName(notice.server) },
      { kind: 'facts', facts: describeServer(notice, rules, wording, now) },
    )
  }
  const rest = notices.slice(room)
  if (rest.length > 0) {
    blocks.push(
      { kind: 'heading', level: 2, text: texts.furtherServers },
      { kind: 'list', items: rest.map(({ server }) => shownName(server)) },
    )
  }
  return blocks
}

export function isObserved({ record }: DueNotice, rules: NoticeRules): boolean {
  return rules.modeOf(record.lastEvidence?.connector ?? null) === 'report'
}

function whatToDo(
  notices: readonly DueNotice[],
  { asked, helpUrl, pauseDaysPerYear }: Addressing,
  rules: NoticeRules,
  wording: Wording,
): readonly Block[] {
  const { whatToDo: says, days } = wording.texts
  // Where all is well again only the address for questions is of use.
  const toInstall = notices.some(({ kind }) => kind !== 'recovery')
  const held = notices.some((notice) => isHeld(notice) && !isObserved(notice, rules))
  const texts = [
    ...(toInstall ? [says.install, says.recovers] : []),
    ...(held ? [says.deferral] : []),
    held && pauseDaysPerYear > 0
      ? says.pause(asked, wording.counted(pauseDaysPerYear, days))
      : says.ask(asked),
  ]
  return [
    ...(toInstall ? [{ kind: 'heading', level: 1, text: says.heading } as const] : []),
    ...texts.map((text) => ({ kind: 'paragraph', text }) as const),
    { kind: 'link', label: says.more, address: helpUrl },
  ]
}

/** Whether mail is held up, or will be. */
function isHeld({ kind }: DueNotice): boolean {
  return kind !== 'recovery' && kind !== 'floor-ahead'
}
