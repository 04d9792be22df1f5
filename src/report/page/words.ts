import type { Exemption } from '../../rules/clock/record'
import type { Stage } from '../../rules/clock/schedule'
import type { ServerStatus } from '../../rules/clock/status'
import { dayMs, hourMs, minuteMs } from '../../rules/time'
import { html, type Html } from './html'

/** To the minute, for people and for programs. */
export function instant(at: number): Html {
  const text = new Date(at).toISOString()
  return html`<time datetime="${text}">${`${text.slice(0, 16).replace('T', ' ')} UTC`}</time>`
}

/** The day alone; the minute shows where one points at it. */
export function day(at: number): Html {
  const text = new Date(at).toISOString()
  const minute = `${text.slice(0, 16).replace('T', ' ')} UTC`
  return html`<time datetime="${text}" title="${minute}">${text.slice(0, 10)}</time>`
}

export function orNever(at: number | null): Html {
  return at === null ? html`never` : day(at)
}

/** `5 minutes ago`. */
export function ago(at: number, now: number): string {
  return now - at < minuteMs ? 'a moment ago' : `${span(now - at)} ago`
}

/** `in 3 days`; what is over: `3 days ago`. */
export function away(at: number, now: number): string {
  if (at <= now) return ago(at, now)
  return at - now < minuteMs ? 'in a moment' : `in ${span(at - now)}`
}

/** The largest unit alone, rounded down. */
function span(ms: number): string {
  const [count, unit] =
    ms >= dayMs ? [ms / dayMs, 'day'] : ms >= hourMs ? [ms / hourMs, 'hour'] : [ms / minuteMs, 'minute']
  return counted(Math.floor(count), unit)
}

/** `1 day`, `12,000 servers`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${number(count)} ${count === 1 ? noun : plural}`
}

const format = new Intl.NumberFormat('en')

export function number(value: number): string {
  return format.format(value)
}

/** What a stage asks for: `450 for 30 min/h, 550 for 5 min/h`. */
export function demands({ deferMinutes, refuseMinutes }: Stage): string {
  const parts = [
    deferMinutes > 0 ? `defer ${deferMinutes} min/h` : null,
    refuseMinutes > 0 ? `refuse ${refuseMinutes} min/h` : null,
  ].filter((part) => part !== null)
  return parts.length === 0 ? 'report only' : parts.join(', ')
}

/** A status with a mark of its own, so that colour is never all that tells it. */
export function statusMark(status: ServerStatus): Html {
  return html`<span class="status ${status}">${status}</span>`
}

export function targetText(target: Exemption['target']): string {
  switch (target.kind) {
    case 'tenant':
      return 'the whole tenant'
    case 'connector':
      return `connector ${target.connector}`
    case 'server':
      return `server ${target.server}`
  }
}

/** A link where there is something to lead to, else the text alone. */
export function linked(address: string | null, text: string): Html {
  return address === null ? html`${text}` : html`<a href="${address}">${text}</a>`
}
