import type { Exemption } from '../../rules/clock/record'
import type { Stage } from '../../rules/clock/schedule'
import type { ServerStatus } from '../../rules/clock/status'
import { dayMs, hourMs, minuteMs } from '../../rules/time'
import { html, type Content, type Html } from './html'

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

/** What a stage asks for: `defer 30, refuse 5 min/h`. */
export function demands({
  deferMinutes,
  refuseMinutes,
}: Pick<Stage, 'deferMinutes' | 'refuseMinutes'>): string {
  const parts = [
    deferMinutes > 0 ? `defer\u00a0${deferMinutes}` : null,
    refuseMinutes > 0 ? `refuse\u00a0${refuseMinutes}` : null,
  ].filter((part) => part !== null)
  return parts.length === 0 ? 'report only' : `${parts.join(', ')} min/h`
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

/** A link where there is something to lead to, else the content alone. */
export function linked(address: string | null, content: Content): Html {
  return address === null ? html`${content}` : html`<a href="${address}">${content}</a>`
}

/** Longer parts of a name are broken anywhere, so that no name stretches a page. */
const longestPart = 28

/** A name that may be broken behind its dots, and does not change when it is copied. */
export function breakable(name: string): Html {
  const parts = name.split(/(?<=\.)/)
  const text = parts.map((part, place) => html`${place > 0 && html`<wbr />`}${part}`)
  return parts.some((part) => part.length > longestPart)
    ? html`<span class="long">${text}</span>`
    : html`${text}`
}

/** A release by the part of its name that tells it from others: `2016 CU23 Oct25SU (KB5066369)`. */
export function shortRelease(name: string | null | undefined): string | null {
  return name?.replace(/^Exchange (?:Server )?/, '') ?? null
}
