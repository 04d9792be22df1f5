import type { Html } from './html'

/** The entries of the navigation. */
export type Section = 'overview' | 'servers' | 'tenants' | 'catalogue' | 'configuration'

/** What stands between header and footer; `document` makes a whole of it. */
export interface Page {
  readonly title: string
  /** Which entry of the navigation it belongs to; `null`: none. */
  readonly section: Section | null
  readonly body: Html
}

/** What is to be said above a page. */
export interface Notice {
  readonly kind: 'done' | 'info' | 'warning' | 'fault'
  readonly text: string
}

/** What the operator's page adds to one of ours, such as forms; `null`: nothing. */
export interface Slots {
  readonly controls: Html | null
}

export const noSlots: Slots = { controls: null }
