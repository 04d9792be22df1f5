import { createHash } from 'node:crypto'
import { writeQuery, type ServerQuery } from '../server-query'

/** Where the pages are: addresses of a server, or places in one file. */
export interface Links {
  readonly overview: string
  servers(query: Partial<ServerQuery>): string
  /** `null`: there is no page of that server. */
  server(tenant: string, server: string): string | null
  readonly tenants: string
  /** `null`: there is no page of that tenant. */
  tenant(tenant: string): string | null
  readonly catalogue: string
  readonly configuration: string
  /** Where the form of the list is sent by GET; `null`: there is nobody to answer it. */
  readonly search: string | null
  /** The same list as a file; `null`: it cannot be had. */
  download(query: Partial<ServerQuery>, format: 'csv' | 'json'): string | null
}

/** The addresses that the operator's page answers to. */
export const servedLinks = {
  overview: '/',
  servers: (query) => address('/servers', query),
  server: (tenant, server) => `/servers/${segment(tenant)}/${segment(server)}`,
  tenants: '/tenants',
  tenant: (tenant) => `/tenants/${segment(tenant)}`,
  catalogue: '/catalogue',
  configuration: '/configuration',
  search: '/servers',
  download: (query, format) => address(`/servers.${format}`, query),
} satisfies Links

function address(path: string, query: Partial<ServerQuery>): string {
  const parameters = writeQuery(query).toString()
  return parameters === '' ? path : `${path}?${parameters}`
}

/** The same for the same names, other for others, and safe as an id, whatever they hold. */
export function idOf(kind: string, ...names: readonly string[]): string {
  return `${kind}-${createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 12)}`
}

/** One part of a path. Half a surrogate pair cannot be written in one. */
function segment(name: string): string {
  return encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd'))
}
