import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { jsonText } from '../report/json-text'
import { findServers, readQuery } from '../report/server-query'
import { serversCsv } from '../report/servers-csv'
import type { ServerSummary } from '../report/summary'
import { summaryJson } from '../report/summary-json'
import { refuseProgram } from './access'
import { queryOf } from './query'
import type { Site } from './site'

/** How many servers are written in a turn of the event loop: a large fleet makes a file of some hundred megabytes. */
const rowsPerTurn = 250

/** The list of servers as a file, by the same query as the page; also for programs, which send the token. */
export function dataRoutes(app: FastifyInstance, { snapshots }: Site): void {
  const file =
    (name: string, type: string, write: (rows: readonly ServerSummary[]) => AsyncIterable<string>) =>
    (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
      // Programs have no session, which would tell that somebody looks.
      snapshots.look()
      const { current } = snapshots
      if (!current) return refuseProgram(reply, 503, 'memory was not read yet; try again in a few seconds')
      const rows = findServers(current, readQuery(queryOf(request)))
      return reply
        .type(`${type}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('last-modified', new Date(current.at).toUTCString())
        .send(Readable.from(write(rows)))
    }
  const options = { config: { forPrograms: true } }
  app.get('/servers.csv', options, file('servers.csv', 'text/csv', csvParts))
  app.get('/servers.json', options, file('servers.json', 'application/json', jsonParts))
}

async function* csvParts(rows: readonly ServerSummary[]): AsyncGenerator<string> {
  yield serversCsv([])
  for await (const part of parts(rows)) yield serversCsv(part, 'rest')
}

/** An array, an element a line. */
async function* jsonParts(rows: readonly ServerSummary[]): AsyncGenerator<string> {
  let before = '['
  for await (const part of parts(rows)) {
    yield `${before}\n${part.map((row) => jsonText(summaryJson(row))).join(',\n')}`
    before = ','
  }
  yield before === '[' ? '[]\n' : '\n]\n'
}

async function* parts(rows: readonly ServerSummary[]): AsyncGenerator<readonly ServerSummary[]> {
  for (let from = 0; from < rows.length; from += rowsPerTurn) {
    await nextTurn()
    yield rows.slice(from, from + rowsPerTurn)
  }
}
