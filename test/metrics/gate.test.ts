import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { howToMake, TokenFile } from '../../src/config/token-file'
import { Metrics } from '../../src/metrics/metrics'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { becomesTrue } from '../support/processes'
import { serverRecord } from '../support/records'
import { parseExposition, valueOf } from './exposition-text'

const right = 'abcdefghijklmnopqrstuvwxyz0123456789'
const catalogue = loadCatalogue(packagedCataloguePath())

describe('The token of the figures', () => {
  let folder: string
  let path: string | null
  let serverInfo: number
  let metrics: Metrics
  let log: string[]
  let url: string

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exchange-enforcement-gate-'))
    path = join(folder, 'token')
    serverInfo = 0
    write(right)
    log = []
    metrics = new Metrics({
      loginfo: (message) => log.push(message),
      logerror: (message) => log.push(`error: ${message}`),
    })
    const file = new TokenFile(() => path, howToMake.metrics)
    metrics.start('single', {
      health: () => ({ storeUp: true, configGood: true, catalogueTimestamp: 1 }),
      inventory: () => ({
        tenants: async function* () {
          // Nobody pauses.
        },
        servers: async function* () {
          for (const name of ['ex01', 'ex02', 'ex03']) yield serverRecord(name)
        },
      }),
      countRules: () => ({ schedule: defaultSchedule, relapseDays: 30, catalogue, serverInfo }),
      token: () => (path === null ? null : file),
    })
  })
  afterEach(() => {
    metrics.stop()
    rmSync(folder, { recursive: true })
  })

  function write(text: string, mode = 0o600): void {
    assert.ok(path !== null)
    writeFileSync(path, `${text}\n`)
    chmodSync(path, mode)
  }

  async function open(): Promise<void> {
    metrics.listen({ host: '127.0.0.1', port: 0 })
    const listening = (): string | undefined => log.find((line) => line.includes('listening on'))
    assert.ok(await becomesTrue(() => listening() !== undefined, 3000))
    url = listening()?.replace(/.* on /, '') ?? ''
  }

  async function get(authorization?: string, page = '/metrics'): Promise<Response> {
    return fetch(`${url}${page}`, authorization === undefined ? {} : { headers: { authorization } })
  }
  const status = async (authorization?: string, page?: string): Promise<number> =>
    (await get(authorization, page)).status
  const errors = (): readonly string[] => log.filter((line) => line.startsWith('error: '))

  it('opens them', async () => {
    await open()
    const answer = await get(`Bearer ${right}`)
    assert.deepEqual([answer.status, answer.headers.get('www-authenticate')], [200, null])
    assert.ok(parseExposition(await answer.text()).samples.size > 100)
    for (const way of [`bearer ${right}`, `BEARER  ${right}`]) assert.equal(await status(way), 200, way)
    assert.deepEqual(errors(), [])
  })

  for (const [given, error, why] of [
    [undefined, '', 'nothing is sent'],
    ['', '', 'an empty field is'],
    ['Bearer', '', 'no token is'],
    [right, '', 'the scheme is missing'],
    [`Basic ${btoa(`prometheus:${right}`)}`, '', 'it is a password'],
    [`Bearer ${right} ${right}`, '', 'it is two'],
    ['Bearer x', ', error="invalid_token"', 'it is another'],
    [`Bearer ${right.slice(1)}`, ', error="invalid_token"', 'it lacks its beginning'],
    [`Bearer ${right}x`, ', error="invalid_token"', 'it is followed by something'],
    [`Bearer ${right.toUpperCase()}`, ', error="invalid_token"', 'it is in capitals'],
  ] as const) {
    it(`leaves them closed where ${why}`, async () => {
      await open()
      const answer = await get(given)
      assert.equal(answer.status, 401)
      assert.equal(
        answer.headers.get('www-authenticate'),
        `Bearer realm="exchange-enforcement metrics"${error}`,
      )
      assert.doesNotMatch(await answer.text(), /exchange_enforcement|abcdef/)
    })
  }

  it('is asked of HEAD as of GET, and not for the pages that tell nothing of senders', async () => {
    await open()
    assert.equal((await fetch(`${url}/metrics`, { method: 'HEAD' })).status, 401)
    assert.deepEqual([await status(undefined, '/healthz'), await status(undefined, '/readyz')], [200, 200])
    assert.deepEqual([await status(undefined, '/metrics?x'), await status(undefined, '/')], [401, 404])
  })

  it('does not let in the second of two scrapes at once for the first', async () => {
    await open()
    const answers = await Promise.all([status(`Bearer ${right}`), status(), status('Bearer x')])
    assert.deepEqual(answers, [200, 401, 401])
  })

  it('counts as soon as its file is exchanged', async () => {
    await open()
    const other = `${right}-another`
    write(other)
    assert.deepEqual([await status(`Bearer ${right}`), await status(`Bearer ${other}`)], [401, 200])
  })

  const harms: readonly (readonly [why: string, told: RegExp, harm: (file: string) => void])[] = [
    ['is gone', /cannot be read: ENOENT/, (file) => rmSync(file)],
    ['is open to all', /open to every user of this host/, (file) => chmodSync(file, 0o644)],
    [
      'is empty',
      /holds 0 characters, 32 are needed; 'openssl rand -hex 32' makes one/,
      (file) => writeFileSync(file, ''),
    ],
  ]
  for (const [why, told, harm] of harms) {
    it(`closes them to everybody while its file ${why}, which is said once, and when it is over`, async () => {
      await open()
      harm(path ?? '')
      for (const given of [`Bearer ${right}`, undefined, 'Bearer ']) assert.equal(await status(given), 503)
      assert.equal(errors().length, 1)
      assert.match(errors()[0] ?? '', /^error: metrics: \/metrics is closed: token file /)
      assert.match(errors()[0] ?? '', told)
      assert.equal(await status(undefined, '/healthz'), 200)
      write(right)
      const page = await (await get(`Bearer ${right}`)).text()
      assert.equal(valueOf(page, 'faults_total{kind="metrics"}'), 1)
      assert.equal(log.at(-1), 'metrics: /metrics is open again, to who has the token')
    })
  }

  it('is looked at even while nobody asks', async () => {
    await open()
    rmSync(path ?? '')
    assert.ok(await becomesTrue(() => errors().length > 0, 8000))
  }).timeout(10_000)

  it('is told at once where its file is not there at the start', async () => {
    rmSync(path ?? '')
    await open()
    assert.equal(errors().length, 1)
    assert.equal(await status(`Bearer ${right}`), 503)
  })

  it('is not asked for where none is configured', async () => {
    path = null
    await open()
    assert.deepEqual([await status(), await status('Bearer x')], [200, 200])
  })

  it('has servers behind it only as many as the configuration says, at once where it says fewer', async () => {
    serverInfo = 2
    await open()
    const named = async (): Promise<readonly [number, number]> => {
      const page = await (await get(`Bearer ${right}`)).text()
      const names = [...parseExposition(page).samples.keys()].filter((name) => name.includes('server_info{'))
      return [names.length, valueOf(page, 'server_info_left_out')]
    }
    const counted = async (): Promise<boolean> => (await named())[0] > 0
    assert.ok(await becomesTrue(counted, 3000))
    assert.deepEqual(await named(), [2, 1])
    serverInfo = 1
    assert.deepEqual(await named(), [1, 2])
    serverInfo = 0
    assert.deepEqual(await named(), [0, 0])
    serverInfo = 3
    assert.deepEqual(await named(), [2, 1])
  })
})
