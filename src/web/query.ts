import type { FastifyRequest } from 'fastify'

/** What stands behind the `?` of an address. */
export function queryOf({ url }: FastifyRequest): URLSearchParams {
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at))
}
