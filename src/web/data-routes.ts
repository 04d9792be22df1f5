import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { jsonText } from '../report/json-text'
import { findServers, readQuery } from '../report/server-query'
import { serversCsv } from '../report/servers-csv'
import type { ServerSummary } from '../report/summary'
import { summaryJson } from '../report/summary-json'
import { refuseProgram } from './access'
import { queryOf } from './query'
import type { Site } from './site'

/** The list of servers as a file, by the same query as the page; also for programs, which send the token. */
export function dataRoutes(app: FastifyInstance, { snapshots }: Site): void {
  const file =
    (name: string, type: string, write: (rows: readonly ServerSummary[]) => string) =>
    (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
      // Programs do not keep the page awake otherwise.
      snapshots.look()
      const { current } = snapshots
      if (!current) return refuseProgram(reply, 503, 'memory was not read yet; try again in a few seconds')
      const rows = findServers(current.fleet, readQuery(queryOf(request)))
      return reply
        .type(`${type}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('last-modified', new Date(current.fleet.at).toUTCString())
        .send(write(rows))
    }
  const options = { config: { forPrograms: true } }
  app.get('/servers.csv', options, file('servers.csv', 'text/csv', serversCsv))
  app.get(
    '/servers.json',
    options,
    file('servers.json', 'application/json', (rows) => `${jsonText(rows.map(summaryJson))}\n`),
  )
}
