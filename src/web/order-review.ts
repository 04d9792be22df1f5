import type { Settings } from '../config/settings'
import { daysLeft, explainRefusal } from '../enforcement/administer'
import { targetText } from '../enforcement/exemption-target'
import type { ServerSummary } from '../report/summary'
import { daysCharged, endPause, planPause } from '../rules/clock/pause'
import type { Exemption, Pause, TenantRecord } from '../rules/clock/record'
import { shortInstant } from '../rules/instant'
import type { FormProblem } from './order-form'
import type { Order } from './order'

/** What an order will do, before it is done. */
export interface Review {
  /** A question. */
  readonly title: string
  /** Whole sentences. */
  readonly effects: readonly string[]
  /** Whose clock runs and who is meant: those that will be treated otherwise. */
  readonly servers: readonly ServerSummary[]
}

export type Reviewed =
  { readonly ok: true; readonly review: Review } | { readonly ok: false; readonly problem: FormProblem }

export interface ReviewContext {
  /** As memory holds it now. */
  readonly record: TenantRecord
  /** The tenant's servers. */
  readonly servers: readonly ServerSummary[]
  readonly settings: Settings
  readonly now: number
}

export function reviewOrder(order: Order, context: ReviewContext): Reviewed {
  switch (order.kind) {
    case 'pause':
      return reviewPause(order, context)
    case 'resume':
      return reviewResume(order, context)
    case 'exempt':
      return reviewExempt(order, context)
    case 'unexempt':
      return reviewUnexempt(order, context)
  }
}

type OrderOf<K extends Order['kind']> = Extract<Order, { kind: K }>

const backToStages = 'Its mail is deferred and refused again as the stages and the mode say.'

function reviewPause(
  { tenant, days, from }: OrderOf<'pause'>,
  { record, servers, settings, now }: ReviewContext,
): Reviewed {
  const daysPerYear = settings.clock.pauseDaysPerYear
  const plan = planPause({ days, from: from ?? now, now, existing: record.pauses, daysPerYear })
  if (!plan.ok) {
    const field = plan.why.kind === 'in-the-past' || plan.why.kind === 'overlaps' ? 'from' : 'days'
    return { ok: false, problem: { field, text: sentence(explainRefusal(plan.why)) } }
  }
  const { pause } = plan
  const charged = [...daysCharged([pause])].map(([year, taken]) => {
    const left = daysLeft(record.pauses, year, daysPerYear) - taken
    return `It takes ${taken} of the ${daysPerYear} days of ${year}; ${left} are left.`
  })
  return {
    ok: true,
    review: {
      title: `Pause ${tenant} for ${counted(days, 'day')}?`,
      effects: [
        `All mail of ${tenant} is accepted from ${from === null ? 'now' : shortInstant(pause.from)} until ${shortInstant(pause.until)}.`,
        'Its clocks stand still meanwhile, so every later stage comes that much later. Sightings and reports go on.',
        ...charged,
      ],
      servers: running(servers),
    },
  }
}

function reviewResume({ tenant, all }: OrderOf<'resume'>, { record, servers, now }: ReviewContext): Reviewed {
  const open = record.pauses.filter(({ until }) => now < until)
  const ended = open.filter(({ from }) => from <= now || all)
  if (ended.length === 0) {
    const more = open.length > 0 ? ' One is to come: tick the box to end it as well.' : ''
    return { ok: false, problem: { field: null, text: `No pause of ${tenant} is running.${more}` } }
  }
  const runs = ended.some(({ from }) => from <= now)
  return {
    ok: true,
    review: {
      title: `Resume ${tenant}?`,
      effects: [
        ...ended.map((pause) => ending(pause, now)),
        ...(runs ? [`Its clocks run again. ${backToStages}`] : []),
      ],
      servers: runs ? running(servers) : [],
    },
  }
}

function ending(pause: Pause, now: number): string {
  const span = `from ${shortInstant(pause.from)} until ${shortInstant(pause.until)}`
  const kept = endPause(pause, now)?.days ?? 0
  const given = `${counted(pause.days - kept, 'day')} ${pause.days - kept === 1 ? 'is' : 'are'} given back`
  return pause.from <= now
    ? `The pause ${span} ends now; ${given}.`
    : `The pause ${span} is dropped; ${given}.`
}

function reviewExempt(
  { tenant, target, until }: OrderOf<'exempt'>,
  { record, servers, now }: ReviewContext,
): Reviewed {
  const before = record.exemptions.find((each) => now < each.until && isOf(each.target, target))
  const unseen = target.kind === 'server' && !servers.some(({ server }) => server === target.server)
  return {
    ok: true,
    review: {
      title: `Exempt ${targetText(tenant, target)}?`,
      effects: [
        `Its mail is accepted until ${shortInstant(until)}, whatever the stage.`,
        'Clocks run on: once it is over, each server stands in the stage that it has reached by then.',
        ...(before
          ? [`It takes the place of the exemption until ${shortInstant(before.until)} (${before.reason}).`]
          : []),
        ...(unseen ? ['No server of that name was seen yet; it is exempt as soon as it is.'] : []),
      ],
      servers: running(servers).filter((server) => concerns(target, server)),
    },
  }
}

function reviewUnexempt(
  { tenant, target }: OrderOf<'unexempt'>,
  { record, servers, now }: ReviewContext,
): Reviewed {
  const ended = record.exemptions.filter((each) => now < each.until && isOf(each.target, target))
  if (ended.length === 0) {
    return {
      ok: false,
      problem: { field: null, text: `There is no exemption of ${targetText(tenant, target)}.` },
    }
  }
  return {
    ok: true,
    review: {
      title: `End the exemption of ${targetText(tenant, target)}?`,
      effects: [
        ...ended.map(
          ({ until, reason }) => `The exemption until ${shortInstant(until)} (${reason}) ends now.`,
        ),
        `${backToStages} What a pause or another exemption covers stays accepted.`,
      ],
      servers: running(servers).filter((server) => concerns(target, server)),
    },
  }
}

function running(servers: readonly ServerSummary[]): readonly ServerSummary[] {
  return servers.filter(({ clock }) => clock !== null)
}

function concerns(target: Exemption['target'], { server, connector }: ServerSummary): boolean {
  switch (target.kind) {
    case 'tenant':
      return true
    case 'connector':
      return connector === target.connector
    case 'server':
      return server === target.server
  }
}

function isOf(a: Exemption['target'], b: Exemption['target']): boolean {
  return targetText('', a) === targetText('', b)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
