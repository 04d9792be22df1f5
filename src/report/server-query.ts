import { serverStatuses, type ServerStatus } from '../rules/clock/status'
import { compareText } from './collect'
import type { Fleet } from './fleet'
import type { ServerSummary } from './summary'

export const sortKeys = ['urgency', 'server', 'tenant', 'build', 'stage', 'seen'] as const
export type SortKey = (typeof sortKeys)[number]

/** Which servers a list shows, and in which order. */
export interface ServerQuery {
  readonly status: ServerStatus | null
  readonly stage: number | null
  readonly tenant: string | null
  /** Only those with a vulnerability open that is known to be exploited. */
  readonly exploited: boolean
  /** Words that must all occur in server, tenant, connector, build or name of the release; any case. */
  readonly text: string
  readonly sort: SortKey
  /** Against the order that `sort` has by itself. */
  readonly reversed: boolean
  /** From 1. */
  readonly page: number
}

export const everyServer: ServerQuery = {
  status: null,
  stage: null,
  tenant: null,
  exploited: false,
  text: '',
  sort: 'urgency',
  reversed: false,
  page: 1,
}

/** One page of a list. */
export interface ServerPage {
  readonly query: ServerQuery
  readonly rows: readonly ServerSummary[]
  /** How many servers match, on all pages. */
  readonly total: number
  /** From 1; never beyond `pages`. */
  readonly page: number
  /** At least 1. */
  readonly pages: number
  /** What numbers of the rows shown begin with; 0 where there are none. */
  readonly first: number
}

export const rowsPerPage = 100
const maxTextLength = 200

/** Reads what a form or a link sent. What makes no sense counts as not said, so that every address shows something. */
export function readQuery(parameters: URLSearchParams): ServerQuery {
  const said = (name: string): string => parameters.get(name) ?? ''
  return {
    status: serverStatuses.find((status) => status === said('status')) ?? null,
    stage: /^[1-9]\d?$/.test(said('stage')) ? Number(said('stage')) : null,
    tenant: said('tenant') === '' ? null : said('tenant'),
    exploited: said('exploited') === 'yes',
    text: said('text').trim().slice(0, maxTextLength),
    sort: sortKeys.find((key) => key === said('sort')) ?? everyServer.sort,
    reversed: said('reversed') === 'yes',
    page: /^[1-9]\d{0,5}$/.test(said('page')) ? Number(said('page')) : 1,
  }
}

/** The other way round; only what differs from `everyServer`, so that addresses are short. */
export function writeQuery(query: Partial<ServerQuery>): URLSearchParams {
  const parameters = new URLSearchParams()
  const { status, stage, tenant, exploited, text, sort, reversed, page } = { ...everyServer, ...query }
  if (status !== null) parameters.set('status', status)
  if (stage !== null) parameters.set('stage', String(stage))
  if (tenant !== null) parameters.set('tenant', tenant)
  if (exploited) parameters.set('exploited', 'yes')
  if (text !== '') parameters.set('text', text)
  if (sort !== everyServer.sort) parameters.set('sort', sort)
  if (reversed) parameters.set('reversed', 'yes')
  if (page !== 1) parameters.set('page', String(page))
  return parameters
}

/** All servers that a query asks for, in its order. */
export function findServers({ servers, tenants }: Fleet, query: ServerQuery): readonly ServerSummary[] {
  const { tenant: name, sort, reversed } = query
  const among = name === null ? servers : (tenants.find(({ tenant }) => tenant === name)?.servers ?? [])
  const found = among.filter(matcher(query)).sort(orders[sort])
  return reversed ? found.reverse() : found
}

/** One page of them. */
export function cutPage(fleet: Fleet, query: ServerQuery, size = rowsPerPage): ServerPage {
  const found = findServers(fleet, query)
  const pages = Math.max(1, Math.ceil(found.length / size))
  const page = Math.min(query.page, pages)
  const from = (page - 1) * size
  const rows = found.slice(from, from + size)
  return { query, rows, total: found.length, page, pages, first: rows.length === 0 ? 0 : from + 1 }
}

function matcher({ status, stage, exploited, text }: ServerQuery): (server: ServerSummary) => boolean {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return (server) =>
    (status === null || server.status === status) &&
    (stage === null || server.clock?.stage.stage === stage) &&
    (!exploited || server.isKnownExploited) &&
    (words.length === 0 || hasWords(server, words))
}

function hasWords(summary: ServerSummary, words: readonly string[]): boolean {
  const { server, tenant, connector, build, verdict } = summary
  const text = [server, tenant, connector, build, verdict?.name, verdict?.productName]
    .join('\n')
    .toLowerCase()
  return words.every((word) => text.includes(word))
}

type Order = (a: ServerSummary, b: ServerSummary) => number

const byName: Order = (a, b) => compareText(a.server, b.server) || compareText(a.tenant, b.tenant)

const orders: Readonly<Record<SortKey, Order>> = {
  urgency: (a, b) => urgencyOf(b) - urgencyOf(a) || elapsedOf(b) - elapsedOf(a) || byName(a, b),
  server: byName,
  tenant: (a, b) => compareText(a.tenant, b.tenant) || byName(a, b),
  build: (a, b) => compareBuildTexts(a.build, b.build) || byName(a, b),
  stage: (a, b) => elapsedOf(b) - elapsedOf(a) || byName(a, b),
  seen: (a, b) => b.lastSeenAt - a.lastSeenAt || byName(a, b),
}

const urgency: Readonly<Record<ServerStatus, number>> = {
  outdated: 4,
  paused: 3,
  exempt: 2,
  recovered: 1,
  compliant: 0,
}

/** Those that somebody can be hurt through come first, then those whose mail is, or will be, turned away. */
function urgencyOf({ status, isKnownExploited }: ServerSummary): number {
  return urgency[status] + (isKnownExploited ? 10 : 0)
}

function elapsedOf({ clock, suspected }: ServerSummary): number {
  return clock?.elapsedMs ?? (suspected ? -1 : -2)
}

/** Part by part, by number; what names no build comes last. */
function compareBuildTexts(a: string | null, b: string | null): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  const [left, right] = [a.split('.'), b.split('.')]
  for (let part = 0; part < 4; part += 1) {
    const difference = Number(left[part] ?? 0) - Number(right[part] ?? 0)
    if (difference !== 0) return difference
  }
  return compareText(a, b)
}
