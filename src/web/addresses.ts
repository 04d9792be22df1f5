import { servedLinks } from '../report/page/links'
import type { OrderKind } from './order'
import type { FormValues } from './order-form'

/** Addresses that only the operator's page has; those of the report's pages are `servedLinks`. */
export const addresses = { login: '/login', logout: '/logout', health: '/healthz' } as const

/** The form of an order, with these fields filled in. */
export function orderAddress(tenant: string, kind: OrderKind, values: Partial<FormValues> = {}): string {
  const query = new URLSearchParams(values).toString()
  return `${servedLinks.tenant(tenant)}/${kind}${query === '' ? '' : `?${query}`}`
}

export function orderConfirmAddress(id: string): string {
  return `/orders/${id}`
}

/** Where to go after a login; an address elsewhere is none. */
export function localAddress(text: string): string {
  // `//host` and `/\host` lead away.
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(text) && text.length <= 2000 ? text : servedLinks.overview
}
