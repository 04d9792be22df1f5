import { html, type Html } from './html'
import type { Page } from './page'
import { table } from './table'

/** A configuration file as it would have to be written, secrets masked. */
export interface ShownFile {
  readonly name: string
  readonly sections: readonly ShownSection[]
}

export interface ShownSection {
  readonly name: string
  readonly entries: readonly ShownEntry[]
}

export interface ShownEntry {
  readonly key: string
  readonly value: string
  /** It would be the same if the file did not say it. */
  readonly isDefault: boolean
}

/** The configuration in force. `source`: the folder that it was read from; `null`: none, the defaults hold. */
export function configurationPage(files: readonly ShownFile[], source: string | null): Page {
  const changed = files
    .flatMap(({ sections }) => sections)
    .flatMap(({ entries }) => entries)
    .filter(({ isDefault }) => !isDefault).length
  return {
    title: 'Configuration',
    section: 'configuration',
    body: html`<h1>Configuration</h1>
      <p class="lead">
        What holds now, ${source === null ? 'without any file' : html`read from <code>${source}</code>`}.
        ${changed === 0 ? 'All of it are defaults.' : 'Values in bold differ from the default.'} Secrets are
        not shown.
      </p>
      ${files.map(fileCard)}`,
  }
}

function fileCard({ name, sections }: ShownFile): Html {
  return html`<section class="card">
    <h2>${name}</h2>
    ${sections.length === 0 && html`<p class="empty">Nothing in it.</p>`}
    <div class="settings">${sections.map(sectionTable)}</div>
  </section>`
}

function sectionTable({ name, entries }: ShownSection): Html {
  return html`<div class="setting">
    ${table<ShownEntry>({
      caption: `[${name}]`,
      columns: [
        { heading: 'key', kind: 'name', cell: ({ key }) => key },
        { heading: 'value', cell: ({ value, isDefault }) => valueCell(value, isDefault) },
      ],
      rows: entries,
      rowKind: ({ isDefault }) => (isDefault ? 'default' : 'changed'),
      empty: `[${name}] is empty.`,
    })}
  </div>`
}

function valueCell(value: string, isDefault: boolean): Html {
  if (value === '') return html`<span class="of">not set</span>`
  return isDefault ? html`<code>${value}</code>` : html`<code><b>${value}</b></code>`
}
