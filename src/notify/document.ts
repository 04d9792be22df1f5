/** What a notice says, before it is text or HTML: both are made of the same blocks, so that they cannot differ. */
export interface Document {
  readonly subject: string
  readonly blocks: readonly Block[]
}

export type Block =
  /** Begins a part: level 1 an occasion, level 2 a server. */
  | { readonly kind: 'heading'; readonly level: 1 | 2; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'link'; readonly label: string; readonly address: string }

/** A label with one value, or a list of them; `verbatim`: as a program wrote it. */
export interface Fact {
  readonly label: string
  readonly values: readonly string[]
  readonly verbatim?: boolean
}
