import { html } from './html'
import type { Page } from './page'

/** A configuration file as it would have to be written, secrets masked. */
export interface ShownFile {
  readonly name: string
  readonly sections: readonly {
    readonly name: string
    readonly entries: readonly ShownEntry[]
  }[]
}

export interface ShownEntry {
  readonly key: string
  readonly value: string
  /** The operator said nothing, or just that. */
  readonly isDefault: boolean
}

/** The configuration in force. `source`: the folder that it was read from. */
export function configurationPage(files: readonly ShownFile[], source: string | null): Page {
  return {
    title: 'Configuration',
    section: 'configuration',
    body: html`<h1>Configuration</h1>
      <p>${source}</p>
      <ul>
        ${files.map(({ name }) => html`<li>${name}</li>`)}
      </ul>`,
  }
}
