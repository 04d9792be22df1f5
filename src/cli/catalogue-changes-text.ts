import type { VerdictChange, VerdictChanges } from '../report/verdict-changes'
import type {
  BuildData,
  CveData,
  FloorSetData,
  ProductData,
  ScopeData,
} from '../rules/verdict/catalogue-data'
import type { CatalogueChanges, RowChange, RowChanges } from '../rules/verdict/catalogue-changes'
import { printable } from '../rules/decision/printable'
import type { Day } from '../rules/time'
import type { Output } from './output'
import { textTable } from './table'

/** Lines for each kind of row; JSON has them all. */
const shownRows = 20

/** What changes, one row a line: `+` new, `-` gone, `~` otherwise than before. */
export function changesText(changes: CatalogueChanges, out: Output): readonly string[] {
  const { products, builds, floors, scope, cves, neverPass, others } = changes
  return [
    ...rows('product', products, productText, out),
    ...rows('build', builds, buildText, out),
    ...rows('floor', floors, floorText, out),
    ...rows('in scope', scope, scopeText, out),
    ...neverPass.added.map((id) => out.styled('green', `+ never passes ${printable(id)}`)),
    ...neverPass.removed.map((id) => out.styled('red', `- never passes ${printable(id)}`)),
    ...rows('vulnerability', cves, cveText, out),
    ...(others.length > 0 ? [`~ ${others.join(', ')}`] : []),
  ]
}

function rows<R>(
  what: string,
  changes: RowChanges<R>,
  text: (row: R) => string,
  out: Output,
): readonly string[] {
  const line = (sign: string, row: R): string => `${sign} ${what} ${printable(text(row))}`
  return [
    ...first(
      changes.added.map((row) => out.styled('green', line('+', row))),
      what,
      'new',
    ),
    ...first(
      changes.removed.map((row) => out.styled('red', line('-', row))),
      what,
      'gone',
    ),
    ...first(
      changes.changed.map((change) => changedText(what, change, text)),
      what,
      'changed',
    ),
  ]
}

function first(lines: readonly string[], what: string, how: string): readonly string[] {
  if (lines.length <= shownRows) return lines
  return [...lines.slice(0, shownRows), `  ${what}: ${lines.length - shownRows} more ${how}`]
}

function changedText<R>(
  what: string,
  { before, after, fields }: RowChange<R>,
  text: (row: R) => string,
): string {
  const [was, is] = [text(before), text(after)].map(printable)
  const how = was === is ? fields.join(', ') : `${fields.join(', ')}; before: ${was ?? ''}`
  return `~ ${what} ${is ?? ''} (${how})`
}

function productText({ id, extended_end: supportEnd, esu_end: esuEnd }: ProductData): string {
  return `${id}: support until ${supportEnd ?? 'open'}, ESU until ${esuEnd ?? 'none'}`
}

function buildText({ build, product, release, update, released, kb }: BuildData): string {
  const name = [product, release, update].filter((part) => part !== null).join(' ')
  return `${build}: ${name}, ${released}${kb === undefined ? '' : `, ${kb}`}`
}

function floorText({ product, effective, builds }: FloorSetData): string {
  return `${product} from ${effective}: ${builds.join(' ')}`
}

function scopeText({ product, from }: ScopeData): string {
  return `${product} from ${from}`
}

function cveText({ id, kev, published, update }: CveData): string {
  const marks = [kev ? 'known exploited' : null, update ?? null].filter((mark) => mark !== null)
  return `${id}: published ${published}${marks.length > 0 ? `, ${marks.join(', ')}` : ''}`
}

/** Whom the servers that memory knows are, of those that are judged otherwise. */
export function verdictChangesText(
  { changes, servers, unreadable }: VerdictChanges,
  today: Day,
  out: Output,
): readonly string[] {
  const left = unreadable === 0 ? '' : `, records that cannot be read: ${unreadable}`
  if (changes.length === 0) return [`servers judged otherwise: none of ${servers}${left}`]
  const [head = '', ...lines] = textTable<VerdictChange>(
    [
      { heading: 'tenant', text: ({ tenant }) => tenant },
      { heading: 'server', text: ({ server }) => server },
      { heading: 'build', text: ({ build }) => build ?? '-' },
      { heading: 'from', text: ({ day }) => (day === today ? 'now' : day) },
      { heading: 'is now', text: ({ before }) => `${before.status} (${before.reason})` },
      { heading: 'becomes', text: ({ after }) => `${after.status} (${after.reason})` },
      { heading: 'install', text: ({ after }) => after.install ?? '-' },
    ],
    changes,
  )
  return [
    `servers judged otherwise: ${changes.length} of ${servers}${left}`,
    '',
    out.styled('bold', head),
    ...lines,
  ]
}

export function changesJson({ asOf, neverPass, isEmpty, others, ...parts }: CatalogueChanges): object {
  return {
    as_of: asOf,
    same: isEmpty,
    products: parts.products,
    builds: parts.builds,
    floors: parts.floors,
    scope: parts.scope,
    never_pass: neverPass,
    cves: parts.cves,
    others,
  }
}

export function verdictChangesJson({ changes, servers, unreadable }: VerdictChanges): object {
  const verdict = ({ status, reason, because, floor, install }: VerdictChange['before']) => ({
    status,
    reason,
    because,
    floor,
    install,
  })
  return {
    servers,
    unreadable,
    changes: changes.map(({ tenant, server, build, lastSeenAt, day, before, after }) => ({
      tenant,
      server,
      build,
      last_seen_at: new Date(lastSeenAt).toISOString(),
      from: day,
      before: verdict(before),
      after: verdict(after),
    })),
  }
}
