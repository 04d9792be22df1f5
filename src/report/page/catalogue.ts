import { dayMs, dayOf } from '../../rules/time'
import { acceptedBuilds } from '../../rules/verdict/accepted'
import { formatBuild, type Build } from '../../rules/verdict/build'
import type { Catalogue } from '../../rules/verdict/catalogue'
import { floorSetOn } from '../../rules/verdict/floors'
import type { Policy } from '../../rules/verdict/policy'
import type { FloorSet, ListedBuild, Product } from '../../rules/verdict/product'
import { html, type Content, type Html } from './html'
import type { Page } from './page'
import { table } from './table'
import { counted } from './words'

/** From so many days on a catalogue is old: updates come every month or two. */
const oldDays = 90

/** What is known of products, and which builds of them pass as of a day. */
export function cataloguePage(catalogue: Catalogue, policy: Policy, at: number): Page {
  const today = dayOf(at)
  const ageDays = Math.max(0, Math.floor((at - Date.parse(catalogue.asOf)) / dayMs))
  const products = [...catalogue.products].reverse()
  return {
    title: 'Catalogue',
    section: 'catalogue',
    body: html`<h1>Catalogue</h1>
      <p class="lead">
        As of <b>${catalogue.asOf}</b>, ${counted(ageDays, 'day')} ago:
        ${counted(products.length, 'product')}, ${counted(catalogue.builds.length, 'release')}.
      </p>
      ${ageDays > oldDays && html`<p class="notice warning">It is older than ${oldDays} days: later builds count as newer than the catalogue, and later vulnerabilities are not known.</p>`}
      <section class="card">
        <h2>Products</h2>
        ${productTable(products, catalogue, policy, today)}
        <p class="note">${policyText(policy)}</p>
      </section>
      ${
        policy.preset === 'microsoft' &&
        html`<section class="card">
          <h2>Floors by the day on which they take effect</h2>
          ${floorTable(products, today)}
        </section>`
      }
      <section class="card">
        <h2>Releases</h2>
        ${products.map(releases)}
      </section>`,
  }
}

function policyText(policy: Policy): string {
  switch (policy.preset) {
    case 'microsoft':
      return 'Policy microsoft: the floors that Exchange Online has published, each from its day on, and products that never pass.'
    case 'lifecycle':
      return `Policy lifecycle: in support, and lacking no security update that came out more than ${policy.maxPatchAgeDays} days ago.`
    case 'custom':
      return `Policy custom: the operator's own floors, ${policy.floors.map(formatBuild).join(', ')}.`
  }
}

function productTable(
  products: readonly Product[],
  catalogue: Catalogue,
  policy: Policy,
  today: string,
): Html {
  return table<Product>({
    caption: null,
    columns: [
      { heading: 'product', kind: 'name', cell: ({ name }) => name },
      { heading: 'released', kind: 'minor', cell: ({ released }) => html`<time>${released}</time>` },
      { heading: 'support ends', cell: ({ supportEnd }) => ending(supportEnd, today) },
      {
        heading: 'paid updates end',
        kind: 'minor',
        cell: ({ esuEnd }) => esuEnd !== null && ending(esuEnd, today),
      },
      { heading: 'in scope from', kind: 'minor', cell: (product) => scopeOf(product, policy) },
      {
        heading: 'accepted today from',
        cell: (product) => builds(acceptedBuilds(product, { day: today, esu: false }, policy, catalogue)),
      },
    ],
    rows: products,
    empty: 'None.',
  })
}

function ending(day: string | null, today: string): Content {
  if (day === null) return 'not set'
  return day < today ? html`<span class="past">ended ${day}</span>` : day
}

function scopeOf({ id, scopeFrom }: Product, { preset, inScopeFrom }: Policy): string {
  return inScopeFrom.get(id) ?? (preset === 'microsoft' ? scopeFrom : null) ?? 'always'
}

function builds(accepted: readonly Build[]): Content {
  if (accepted.length === 0) return 'none passes'
  return html`<ul class="builds">
    ${accepted.map((build) => html`<li class="build">${formatBuild(build)}</li>`)}
  </ul>`
}

interface FloorRow {
  readonly product: Product
  readonly set: FloorSet
}

function floorTable(products: readonly Product[], today: string): Html {
  const rows = products
    .flatMap((product) => product.floorSets.map((set): FloorRow => ({ product, set })))
    .sort((a, b) => (a.set.effective < b.set.effective ? 1 : -1))
  const state = ({ product, set }: FloorRow): string =>
    set.effective > today ? 'coming' : floorSetOn(product, today) === set ? 'in force' : 'replaced'
  return table<FloorRow>({
    caption: null,
    columns: [
      {
        heading: 'from',
        cell: ({ set }) =>
          html`<time>${set.effective}</time
            >${set.precision !== 'day' && html` <span class="of">to the ${set.precision}</span>`}`,
      },
      { heading: 'product', kind: 'name', cell: ({ product }) => product.name },
      { heading: '', cell: state },
      { heading: 'floors', cell: ({ set }) => builds(set.floors) },
      { heading: 'note', kind: 'minor', cell: ({ set }) => set.note },
    ],
    rows,
    rowKind: (row) => state(row).replace(' ', '-'),
    empty: 'The catalogue names none.',
  })
}

function releases({ name, builds: rows }: Product): Html {
  return html`<details>
    <summary>${name} <span class="of">${counted(rows.length, 'release')}</span></summary>
    ${table<ListedBuild>({
      caption: null,
      columns: [
        {
          heading: 'build',
          kind: 'name',
          cell: ({ build }) => html`<span class="build">${formatBuild(build)}</span>`,
        },
        { heading: 'release', cell: (row) => row.name },
        { heading: 'released', cell: ({ released }) => released },
        { heading: 'KB', cell: ({ kb }) => kb },
        { heading: '', cell: ({ recalled, esu }) => [recalled && 'recalled ', esu && 'paid updates only'] },
      ],
      rows: [...rows].reverse(),
      empty: 'None.',
    })}
  </details>`
}
