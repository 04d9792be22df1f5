import assert from 'node:assert/strict'
import { dayMs } from '../../src/rules/time'
import type { LmdbStore } from '../../src/store/lmdb'
import { lastEvidence, runningServer } from '../cli/support'
import { Office } from './office'
import type { Answer, Visitor } from './visitor'

const count = 10_000
const builds = ['15.1.2507.16', '15.2.1118.7', '15.0.1497.48', '15.2.986.42', '15.2.2562.53', '14.3.513.0']
const boundMs = 200

/** Servers of both tenants in all stages, each with two months of history. */
export async function fill(store: LmdbStore, servers: number, now: number): Promise<void> {
  const days = Object.fromEntries(
    Array.from({ length: 60 }, (_, ago) => [
      new Date(now - ago * dayMs).toISOString().slice(0, 10),
      { accepted: 20, deferred: ago % 3, refused: ago % 2 },
    ]),
  )
  const write = async (at: number): Promise<void> => {
    const tenant = at % 3 === 0 ? 'fabrikam' : 'contoso'
    const server = `ex${String(at).padStart(6, '0')}.${tenant}.com`
    const build = builds[at % builds.length] ?? null
    const record = runningServer(server, at % 110, now, {
      tenant,
      days,
      lastEvidence: lastEvidence({ build }),
    })
    await store.replace({ kind: 'server', tenant, server }, 0, record, null)
  }
  for (let from = 0; from < servers; from += 2_000) {
    const part = Array.from({ length: Math.min(2_000, servers - from) }, (_, at) => write(from + at))
    await Promise.all(part)
  }
}

describe('The page of a large fleet', function () {
  this.timeout(120_000)
  let office: Office
  let visitor: Visitor

  before(async () => {
    office = new Office()
    await office.place.withStore((store) => fill(store, count, Date.now()))
    await office.open()
    visitor = await office.loggedIn()
    for (let tries = 0; tries < 200; tries += 1) {
      if ((await visitor.get('/servers')).status === 200) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })
  after(() => office.remove())

  it(`has each page of ${count} servers within ${boundMs} ms of the server's time, in 19 of 20 cases`, async () => {
    const paths = [
      '/servers',
      '/servers?page=100',
      '/servers?sort=server',
      '/servers?sort=build&reversed=yes&page=50',
      '/servers?sort=seen&status=outdated',
      '/servers?tenant=fabrikam&stage=8',
      '/servers?text=ex0099',
      '/servers?text=2019+cu15',
      '/servers?exploited=yes&sort=stage',
      '/',
      '/tenants',
      '/tenants/contoso',
    ]
    const taken: { readonly path: string; readonly cpuMs: number; readonly elapsedMs: number }[] = []
    for (let round = 0; round < 5; round += 1) {
      for (const path of paths) {
        const before = process.cpuUsage()
        const answer = await visitor.get(path)
        const { user, system } = process.cpuUsage(before)
        assert.equal(answer.status, 200, path)
        taken.push({ path, cpuMs: (user + system) / 1000, elapsedMs: serverMs(answer) })
      }
    }
    // The machine may be shared: what the clock says is told, what the processor did is held to the bound. It counts the
    // client in this process as well, and whatever is read in the background.
    const elapsed = quantile(taken.map(({ elapsedMs }) => elapsedMs))
    const cpu = quantile(taken.map(({ cpuMs }) => cpuMs))
    console.log(
      `      95 % within ${elapsed.toFixed(0)} ms by the clock, ${cpu.toFixed(0)} ms of the processor`,
    )
    assert.ok(cpu < boundMs, JSON.stringify(taken))
  })

  it('finds one among them, and leads to its page and on through the list', async () => {
    const found = await visitor.get('/servers?text=ex009998')
    assert.match(found.text, /href="\/servers\/contoso\/ex009998\.contoso\.com"/)
    assert.equal((await visitor.get('/servers/contoso/ex009998.contoso.com')).status, 200)
    const last = await visitor.get('/servers?page=100&sort=server')
    assert.match(last.text, /ex009999/)
    const beyond = await visitor.get('/servers?page=4000&sort=server')
    assert.match(beyond.text, /ex009999/)
    assert.equal((await visitor.get('/servers.csv')).text.split('\r\n').length, count + 2)
  })
})

function serverMs({ headers }: Answer): number {
  return Number(/dur=([\d.]+)/.exec(String(headers['server-timing']))?.[1] ?? Number.NaN)
}

/** What 19 of 20 stay below. */
function quantile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN
}
