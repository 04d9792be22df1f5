import type { Settings } from '../config/settings'
import { unknownConnector } from '../enforcement/exemption-target'
import { readReason } from '../enforcement/reason'
import { normaliseDomain } from '../rules/attribution/domain'
import type { Exemption } from '../rules/clock/record'
import { parseInstant, parseStart } from '../rules/instant'
import { textOf } from './form-text'
import type { Order, OrderKind } from './order'

export const fieldNames = ['days', 'from', 'all', 'target', 'server', 'until', 'reason'] as const
export type FieldName = (typeof fieldNames)[number]

/** What was written into the form of an order, as it was written. */
export type FormValues = Readonly<Record<FieldName, string>>

/** What is wrong with a form: of a field, or of the order as a whole. */
export interface FormProblem {
  readonly field: FieldName | null
  readonly text: string
}

export type OrderReading =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly problems: readonly FormProblem[] }

export interface FormContext {
  readonly settings: Settings
  readonly now: number
}

const longestServerName = 255

/** Takes the fields of an order out of what a client sent; what it left out is empty. */
export function formValues(sent: unknown): FormValues {
  const said = (name: FieldName): string => textOf(sent, name).trim()
  return {
    days: said('days'),
    from: said('from'),
    all: said('all'),
    target: said('target'),
    server: said('server'),
    until: said('until'),
    reason: said('reason'),
  }
}

/** The same for an order that is to be changed. */
export function valuesOf(order: Order): FormValues {
  const day = (at: number): string => {
    const text = new Date(at).toISOString()
    return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text
  }
  const empty = formValues(null)
  const { reason } = order
  switch (order.kind) {
    case 'pause':
      return { ...empty, reason, days: String(order.days), from: order.from === null ? '' : day(order.from) }
    case 'resume':
      return { ...empty, reason, all: order.all ? 'yes' : '' }
    case 'exempt':
      return { ...empty, reason, ...targetValues(order.target), until: day(order.until) }
    case 'unexempt':
      return { ...empty, reason, ...targetValues(order.target) }
  }
}

/** What the fields `target` and `server` say for a target. */
export function targetValues(target: Exemption['target']): Pick<FormValues, 'target' | 'server'> {
  switch (target.kind) {
    case 'tenant':
      return { target: 'tenant', server: '' }
    case 'connector':
      return { target: `connector:${target.connector}`, server: '' }
    case 'server':
      return { target: 'server', server: target.server }
  }
}

export function readOrder(
  kind: OrderKind,
  tenant: string,
  values: FormValues,
  context: FormContext,
): OrderReading {
  const problems: FormProblem[] = []
  const refuse = (field: FieldName, text: string): null => {
    problems.push({ field, text })
    return null
  }
  const order = readFields(kind, tenant, values, context, refuse)
  const reason = readReason(values.reason)
  if (!reason.ok) refuse('reason', reason.why === 'is empty' ? 'Say why.' : `The reason ${reason.why}.`)
  return order && reason.ok && problems.length === 0
    ? { ok: true, order: { ...order, tenant, reason: reason.reason } }
    : { ok: false, problems }
}

type Refuse = (field: FieldName, text: string) => null
type WithoutCommon<T> = T extends Order ? Omit<T, 'tenant' | 'reason'> : never

function readFields(
  kind: OrderKind,
  tenant: string,
  values: FormValues,
  { settings, now }: FormContext,
  refuse: Refuse,
): WithoutCommon<Order> | null {
  switch (kind) {
    case 'pause': {
      const days = readDays(values.days, refuse)
      const from = values.from === '' ? null : parseStart(values.from, now)
      if (values.from !== '' && from === null) refuse('from', notADate(values.from))
      return days === null ? null : { kind, days, from: from === now ? null : from }
    }
    case 'resume':
      return { kind, all: values.all === 'yes' }
    case 'exempt': {
      const target = readTarget(tenant, values, settings, refuse)
      const until = parseInstant(values.until)
      if (values.until === '') return refuse('until', 'Say when it ends.')
      if (until === null) return refuse('until', notADate(values.until))
      if (until <= now) return refuse('until', 'It would be over already.')
      return target && { kind, target, until }
    }
    case 'unexempt': {
      const target = readTarget(tenant, values, null, refuse)
      return target && { kind, target }
    }
  }
}

function readDays(text: string, refuse: Refuse): number | null {
  return /^[1-9]\d{0,3}$/.test(text)
    ? Number(text)
    : refuse('days', 'Write a whole number of days, at least 1.')
}

/** @param settings `null`: of an exemption that is there, also one of a connector that is gone */
function readTarget(
  tenant: string,
  { target: text, server }: FormValues,
  settings: Settings | null,
  refuse: Refuse,
): Exemption['target'] | null {
  if (text === 'tenant') return { kind: 'tenant' }
  const connector = /^connector:(.+)$/s.exec(text)?.[1]
  if (connector !== undefined) {
    const target = { kind: 'connector', connector } as const
    const why = settings && unknownConnector(tenant, target, settings)
    return why === null ? target : refuse('target', `${why}.`)
  }
  if (text !== 'server') return refuse('target', 'Say what is meant.')
  const name = normaliseDomain(server)
  if (name === '') return refuse('server', 'Name the server.')
  if (/[\s\p{Cc}]/u.test(name) || name.length > longestServerName) {
    return refuse('server', 'That is not the name of a server.')
  }
  return { kind: 'server', server: name }
}

function notADate(text: string): string {
  return `'${text}' is not a date; write 2026-12-01.`
}
