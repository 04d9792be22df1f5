import type { Exemption } from '../rules/clock/record'

/** What an operator can have done from the page (C4, C5). Times are epoch ms. */
export type Order = { readonly tenant: string; readonly reason: string } & (
  | { readonly kind: 'pause'; readonly days: number; /** `null`: now. */ readonly from: number | null }
  /** `all`: pauses that have not begun as well. */
  | { readonly kind: 'resume'; readonly all: boolean }
  | { readonly kind: 'exempt'; readonly target: Exemption['target']; readonly until: number }
  | { readonly kind: 'unexempt'; readonly target: Exemption['target'] }
)

export const orderKinds = ['pause', 'resume', 'exempt', 'unexempt'] as const
export type OrderKind = (typeof orderKinds)[number]

/** How it went, as a sentence for whoever gave the order. */
export type Outcome =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string }

/** An order that was shown and waits to be confirmed; confirmed twice, it is carried out once. */
export interface PendingOrder {
  readonly id: string
  readonly order: Order
  outcome: Promise<Outcome> | null
}
