import { html, type Content, type Html } from './html'

/** One column of a table; `kind` says how it is set. */
export interface Column<R> {
  readonly heading: Content
  readonly cell: (row: R) => Content
  /** `number`: to the right; `name`: heads its row; `minor`: left out where the screen is narrow. */
  readonly kind?: 'text' | 'number' | 'name' | 'minor'
  /** Where the table can be sorted by it: as it is sorted now. */
  readonly sorted?: 'ascending' | 'descending' | 'none'
}

export interface Table<R> {
  /** `null`: what it shows stands right above it, as a summary that was opened. */
  readonly caption: string | null
  readonly columns: readonly Column<R>[]
  readonly rows: readonly R[]
  /** What stands in place of a table without rows. */
  readonly empty: string
  /** Class of a row. */
  readonly rowKind?: (row: R) => string
}

/** A table with headings for who hears it. It scrolls by itself where it is wider than the page. */
export function table<R>({ caption, columns, rows, empty, rowKind }: Table<R>): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  const classOf = ({ kind }: Column<R>): Html | null =>
    kind === undefined || kind === 'text' ? null : html` class="${kind}"`
  const heads = columns.map(
    (column) =>
      html`<th
        scope="col"
        ${classOf(column)}${column.sorted !== undefined && html` aria-sort="${column.sorted}"`}
      >
        ${column.heading}
      </th>`,
  )
  const line = (row: R): Html => {
    const kind = rowKind?.(row) ?? ''
    const cells = columns.map((column) =>
      column.kind === 'name'
        ? html`<th scope="row">${column.cell(row)}</th>`
        : html`<td${classOf(column)}>${column.cell(row)}</td>`,
    )
    return html`<tr${kind !== '' && html` class="${kind}"`}>${cells}</tr>\n`
  }
  return html`<div class="scroll">
    <table>
      ${
        caption !== null &&
        html`<caption>
          ${caption}
        </caption>`
      }
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows.map(line)}
      </tbody>
    </table>
  </div>`
}

/** Labels with what they stand for; those without are left out. */
export function facts(rows: readonly (readonly [label: string, content: Content])[]): Html {
  const shown = rows.filter(([, content]) => content !== null && content !== false)
  return html`<dl class="facts">
    ${shown.map(
      ([label, content]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${content}</dd>
        </div>`,
    )}
  </dl>`
}
