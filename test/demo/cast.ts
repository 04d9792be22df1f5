import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import type { Action } from '../../src/rules/decision/decision'
import type { Schedule, Stage } from '../../src/rules/clock/schedule'
import { windowAt, windowOffsetMs } from '../../src/rules/decision/window'
import { exchangeHeaders, mailDate } from '../support/exchange-headers'

/** A mail server that sends to the demonstration. Its name is what it calls itself in EHLO and in `Received`. */
export interface Sender {
  readonly server: string
  readonly tenant: string
  /** Where it connects from, on systems that have more than one loopback address. */
  readonly address: string
  /** Shows a client certificate by STARTTLS; the others are known by their address and envelope sender. */
  readonly byCertificate: boolean
  /** The build that it has had all the time; `null`: it writes none, or memory has not seen it. */
  readonly build: string | null
  /** When it was first seen with that build, epoch ms; `null`: never before. */
  readonly since: number | null
}

/** One message that goes over the wire. */
export interface Act {
  readonly sender: Sender
  /** What this message shows. */
  readonly build: string | null
  readonly headers: readonly string[]
  /** Why it is sent, where the table does not say so. */
  readonly remark: string | null
}

export interface Scene {
  readonly title: string
  readonly acts: readonly Act[]
}

export const byHand = { tenant: 'tailspin', domain: 'example.net', server: 'old.example.net' }

const domains: Record<string, string> = {
  contoso: 'contoso.com',
  fabrikam: 'fabrikam.com',
  [byHand.tenant]: byHand.domain,
  nobody: 'example.org',
}

export function domainOf(tenant: string): string {
  return domains[tenant] ?? 'example.org'
}

/** Each below every floor that was ever in force, so that its clock has run since it was first seen. */
const oldBuilds = ['15.1.2507.16', '15.2.1118.7', '15.0.1497.48', '15.1.2375.31', '14.3.513.0', '15.2.986.42']
const newBuild2016 = '15.1.2507.66'
const newBuildSe = '15.2.2562.53'

const words: Record<Action, string> = {
  accept: 'outside of its windows',
  defer: 'where it is deferred',
  refuse: 'where it is refused',
}

/** Names, addresses and scenes; which server has its windows where is found by the rules' own hash. */
export class Cast {
  readonly scenes: readonly Scene[]
  readonly #schedule: Schedule
  readonly #now: number
  readonly #certificates: boolean
  readonly #taken = new Set<string>()
  #addresses = 0
  readonly #senders: Sender[] = []

  /** `certificates`: whether there are any to show. */
  constructor(schedule: Schedule, now: number, certificates: boolean) {
    this.#certificates = certificates
    this.#schedule = schedule
    this.#now = now
    this.scenes = [...schedule.map((stage) => this.#stage(stage)), this.#others(), this.#patched()]
    this.#add({
      ...this.#sender(byHand.tenant, null, 95),
      server: byHand.server,
      build: '15.1.2507.16',
    })
  }

  /** Everyone that memory knows already. */
  get known(): readonly Sender[] {
    return this.#senders.filter(({ since }) => since !== null)
  }

  #stage(stage: Stage): Scene {
    const title = `Stage ${String(stage.stage)}, from day ${String(stage.fromDay)}: ${demands(stage)}`
    const actions: readonly Action[] = ['defer', 'refuse', 'accept']
    const acts = actions
      .filter((action) => minutesOf(stage, action) > 0)
      .flatMap((action) => this.#inPhase(stage, action))
    return { title, acts }
  }

  /** A server at that stage, whose place in the hour makes this minute one of that action. */
  #inPhase(stage: Stage, action: Action): readonly Act[] {
    const server = this.#nameInPhase('fabrikam', stage, action)
    const sender = this.#add({ ...this.#sender('fabrikam', stage, stage.fromDay + 3), server })
    const always = minutesOf(stage, action) === 60
    const remark = always ? null : `chosen by its hash: this minute is one ${words[action]}`
    const first = outdated(sender, sender.build, remark)
    if (stage.stage !== 4 || action !== 'defer') return [first]
    const again = 'the same server again: its build is known now, so it is told at MAIL already'
    return [first, outdated(sender, sender.build, again)]
  }

  #nameInPhase(tenant: string, stage: Stage, action: Action): string {
    // Far enough from either end of the phase that it lasts as long as the demonstration does.
    const marginMs = Math.min(2, minutesOf(stage, action) / 3) * minuteMs
    for (let number = 1; number < 1000; number += 1) {
      const name = `ex${String(number).padStart(2, '0')}.${domainOf(tenant)}`
      const offset = windowOffsetMs(tenant, name, true)
      const fits = [-marginMs, 0, marginMs].every(
        (apart) => windowAt(stage, offset, this.#now + apart).action === action,
      )
      if (fits && !this.#taken.has(name)) {
        this.#taken.add(name)
        return name
      }
    }
    throw new Error(`no server name has stage ${String(stage.stage)} ${action} at this minute`)
  }

  #others(): Scene {
    const fine = {
      ...this.#sender('contoso', null, null),
      server: 'mail.contoso.com',
      byCertificate: this.#certificates,
    }
    const relay = { ...this.#sender('fabrikam', null, null), server: 'web.fabrikam.com' }
    const kopano = { ...this.#sender('fabrikam', null, null), server: 'kopano.fabrikam.com' }
    const stranger = { ...this.#sender('nobody', null, null), server: 'mail.example.org' }
    const date = mailDate(this.#now)
    const smtpsvc = `Received: from app.fabrikam.com ([192.0.2.20]) by ${relay.server} with Microsoft SMTPSVC(6.0.3790.4675);\r\n\t ${date}`
    const spooler = `Received: from ${kopano.server} by ${kopano.server} (kopano-spooler) with MAPI; ${date}`
    return {
      title:
        'Others: a server that is up to date, two that only look like Exchange, and a stranger with an old one',
      acts: [
        outdated(fine, newBuildSe, 'nothing is held against it'),
        {
          sender: relay,
          build: null,
          headers: [smtpsvc],
          remark: 'the Windows SMTP service writes a Windows version',
        },
        { sender: kopano, build: null, headers: [spooler], remark: 'another product that speaks of MAPI' },
        outdated(stranger, '14.3.513.0', 'whoever it is, its mail goes on untouched'),
      ],
    }
  }

  #patched(): Scene {
    const last = this.#schedule.at(-1)
    const sender = this.#add({
      ...this.#sender('contoso', null, (last?.fromDay ?? 90) + 3),
      server: 'ex01.contoso.com',
      byCertificate: this.#certificates,
      build: '15.1.2507.16',
    })
    return {
      title: 'The way back: a server in the last stage is patched between two messages',
      acts: [
        outdated(sender, sender.build, null),
        outdated(sender, newBuild2016, 'the first message that shows the new build clears it'),
        outdated(sender, newBuild2016, 'and so it stays'),
      ],
    }
  }

  #sender(tenant: string, stage: Stage | null, days: number | null): Sender {
    this.#addresses += 1
    const build = stage ? (oldBuilds[this.#addresses % oldBuilds.length] ?? null) : null
    return {
      server: '',
      tenant,
      address: `127.0.1.${String(this.#addresses)}`,
      byCertificate: false,
      build,
      since: days === null ? null : this.#now - days * dayMs - 4 * hourMs,
    }
  }

  #add(sender: Sender): Sender {
    this.#senders.push(sender)
    return sender
  }
}

function demands({ deferMinutes, refuseMinutes }: Stage): string {
  const parts = [
    ...(deferMinutes > 0 ? [`deferred (450) for ${String(deferMinutes)} minutes`] : []),
    ...(refuseMinutes > 0 ? [`refused (550) for ${String(refuseMinutes)} minutes`] : []),
  ]
  return parts.length === 0 ? 'reported, never turned away' : `${parts.join(' and ')} of each hour`
}

function minutesOf(stage: Stage, action: Action): number {
  const { deferMinutes, refuseMinutes } = stage
  if (action === 'defer') return deferMinutes
  return action === 'refuse' ? refuseMinutes : 60 - deferMinutes - refuseMinutes
}

function outdated(sender: Sender, build: string | null, remark: string | null): Act {
  const headers = build === null ? [] : exchangeHeaders({ server: sender.server, build })
  return { sender, build, headers, remark }
}
