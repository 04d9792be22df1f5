import { html, type Content, type Html } from '../page/html'

/** A drawing with what tells the same without it. */
export interface Figure {
  /** Unique on its page. */
  readonly id: string
  /** What is drawn, in a few words. */
  readonly title: string
  /** What it shows, in a sentence. */
  readonly description: string
  readonly width: number
  readonly height: number
  readonly drawing: Content
  readonly legend: readonly LegendEntry[]
  /** The same as a table; `null`: it stands beside the figure anyway. */
  readonly table: Html | null
}

/** A kind of mark, and what it stands for. `kind` is the class that its colour and pattern hang on. */
export type LegendEntry = readonly [kind: string, label: string]

/** No style stands in it: a strict policy would drop it. Colours come from classes. */
export function figure(from: Figure): Html {
  const { id, title, description, width, height, drawing, legend, table } = from
  return html`<figure class="chart">
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
      <title id="${id}-title">${title}</title>
      <desc id="${id}-desc">${description}</desc>
      ${drawing}
    </svg>
    <figcaption>
      <ul class="legend">
        ${legend.map(
          ([kind, label]) =>
            html`<li>
              <svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">
                <rect class="${kind}" width="12" height="12" rx="2" /></svg
              >${label}
            </li>`,
        )}
      </ul>
    </figcaption>
    ${
      table &&
      html`<details class="alternative">
        <summary>${title} as a table</summary>
        ${table}
      </details>`
    }
  </figure>`
}

/** A coordinate, short: hundredths are finer than any screen. */
export function px(value: number): number {
  return Math.round(value * 100) / 100
}
