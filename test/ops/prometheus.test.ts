import assert from 'node:assert/strict'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dayMs } from '../../src/rules/time'
import {
  compliant,
  daysToDefer,
  daysToRefuse,
  oldBuild,
  outdated,
  remember,
  withMemory,
  type KnownPath,
} from '../e2e/scene'
import { startHaraka, type RunningHaraka } from '../support/haraka'
import { becomesTrue } from '../support/processes'
import { promtool, RunningPrometheus } from '../support/prometheus'
import { evidenceOf, serverKey, serverRecord } from '../support/records'
import { freePort } from '../support/redis'
import type { SessionReport } from '../support/send-message'
import {
  asSent,
  readDashboard,
  ruleFile,
  ruleTestFile,
  runbookFile,
  selectorsIn,
  targetsOf,
} from './ops-files'

/** No windows: stage 2 defers all the time, stage 5 accepts all the time, stage 8 refuses all the time. */
const schedule =
  '[schedule]\n2 = 30, 60, 0\n3 = none\n4 = none\n5 = 60, 0, 0\n6 = none\n7 = none\n8 = 90, 0, 60\n'

function path(address: string, server: string, days: number, connector = 'contoso'): KnownPath {
  const known = { tenant: 'contoso', connector, ehlo: 'ex.contoso.com' }
  return { ...known, address, servers: [{ server, days }] }
}

const paths = [
  path('8.8.10.1', 'ex01.contoso.local', 5),
  path('8.8.10.2', 'ex02.contoso.local', daysToDefer),
  path('8.8.10.3', 'ex03.contoso.local', 65),
  path('8.8.10.4', 'ex04.contoso.local', daysToRefuse),
  path('8.8.10.5', 'ex05.contoso.local', daysToRefuse),
  path('8.8.11.1', 'ex07.contoso.local', daysToRefuse, 'reporting'),
]

/** How many servers are named. */
const room = 5

describe('Prometheus, beside a Haraka with two workers', function () {
  this.timeout(60_000)
  const tokens = ['a'.repeat(40), 'b'.repeat(40)] as const
  let port: number
  let haraka: RunningHaraka
  let prometheus: RunningPrometheus
  let page: string

  async function round(): Promise<SessionReport[]> {
    const mails: [address: string, headers: string[]][] = [
      ['8.8.10.1', outdated('ex01.contoso.local')],
      ['8.8.10.2', outdated('ex02.contoso.local')],
      ['8.8.10.3', outdated('ex03.contoso.local')],
      ['8.8.10.4', outdated('ex04.contoso.local')],
      ['8.8.10.5', compliant('ex05.contoso.local')],
      ['8.8.10.6', compliant('ex06.contoso.local')],
      ['8.8.10.7', []],
      ['8.8.11.1', outdated('ex07.contoso.local')],
      ['8.8.99.1', outdated('ex99.contoso.local')],
    ]
    const reports: SessionReport[] = []
    for (const [proxyFrom, headers] of mails) {
      reports.push(await haraka.send({ proxyFrom, ehlo: 'ex.contoso.com', headers }))
    }
    return reports
  }
  function useToken(token: string): void {
    writeFileSync(join(haraka.folder, 'config', 'token'), `${token}\n`)
    chmodSync(join(haraka.folder, 'config', 'token'), 0o600)
  }
  async function total(expression: string): Promise<number> {
    const [series] = await prometheus.query(`sum(exchange_enforcement_${expression})`)
    return series?.value ?? NaN
  }

  before(async () => {
    port = await freePort()
    haraka = await startHaraka({
      nodes: 2,
      settings:
        `[main]\nmode = enforce\n[metrics]\nlisten = 127.0.0.1:${port}\n` +
        `token_file = token\nserver_info = ${room}\n${schedule}`,
      connectors:
        '[contoso]\ntenant = contoso\naddresses = 8.8.10.0/24\n' +
        '[reporting]\ntenant = contoso\naddresses = 8.8.11.0/24\nmode = report\n',
    })
    useToken(tokens[0])
    await remember(haraka.folder, ...paths)
    const now = Date.now()
    await withMemory(haraka.folder, async (store) => {
      const record = serverRecord('ex08.contoso.local', {
        firstSeenAt: now - dayMs,
        lastSeenAt: now,
        lastEvidence: evidenceOf({ build: oldBuild, at: now, connector: 'contoso' }),
      })
      await store.replace(serverKey(record.server), 0, record, null)
    })
    // Servers are counted at the start, and then once a minute.
    await haraka.restart()
    prometheus = await RunningPrometheus.start({ targets: [port], ruleFile, token: tokens[0] })
    const started = async (): Promise<boolean> =>
      (await total('workers{state="responding"}')) === 2 && (await total('servers')) === paths.length + 1
    assert.ok(await becomesTrue(started, 15_000, 200))
    const reports = [...(await round()), ...(await round())]
    assert.deepEqual(
      reports.slice(0, 9).map(({ code }) => code),
      [250, 450, 250, 550, 250, 250, 250, 250, 250],
    )
    const seen = async (): Promise<boolean> => (await total('sessions_total')) === reports.length
    assert.ok(await becomesTrue(seen, 15_000, 200))
    const headers = { authorization: `Bearer ${tokens[0]}` }
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers })
    page = await answer.text()
  })
  after(async () => {
    await haraka.stop()
    await prometheus.stop()
  })

  it('has no complaint', () => {
    assert.equal(prometheus.log(), '')
    assert.deepEqual(promtool(['check', 'metrics'], page), { code: 0, text: '' })
  })

  it('sees what the senders were told, and who they are', async () => {
    const by = async (label: string, expression: string): Promise<Record<string, number>> => {
      const series = await prometheus.query(`sum by (${label}) (exchange_enforcement_${expression}) > 0`)
      return Object.fromEntries(series.map(({ metric, value }) => [metric[label] ?? '', value]))
    }
    assert.deepEqual(await by('action', 'decisions_total'), { accept: 12, defer: 2, refuse: 2 })
    const accepted = await by('stage', 'decisions_total{action="accept"}')
    assert.deepEqual(accepted, { none: 6, 1: 2, 5: 2, 8: 2 })
    assert.deepEqual(await by('stage', 'decisions_total{action="defer"}'), { 2: 2 })
    assert.deepEqual(await by('stage', 'decisions_total{action="refuse"}'), { 8: 2 })
    assert.deepEqual(await by('attribution', 'sessions_total'), { address: 16, none: 2 })
    assert.deepEqual(await by('stage', 'servers{status="outdated"}'), { 1: 1, 2: 1, 5: 1, 8: 3 })
    assert.equal(await total('servers_known_exploited'), 1)
  })

  it('sees the servers that need attention most, as many as there is room for, and how many are left out', async () => {
    const series = await prometheus.query('exchange_enforcement_server_info == 1')
    const seen = series.map(({ metric: { tenant, server, build, status, stage } }) =>
      [tenant, server, build, status, stage].join(' '),
    )
    // Not ex01, in stage 1, nor ex08, which is compliant.
    assert.deepEqual(seen.sort(), [
      'contoso ex02.contoso.local none outdated 2',
      'contoso ex03.contoso.local none outdated 5',
      'contoso ex04.contoso.local none outdated 8',
      'contoso ex05.contoso.local none outdated 8',
      'contoso ex07.contoso.local none outdated 8',
    ])
    assert.equal(await total('server_info_left_out'), 2)
  })

  it('answers every query of the dashboard with figures that bear the labels of its legend', async () => {
    const targets = targetsOf(readDashboard())
    assert.ok(targets.length > 25)
    for (const { expr, legendFormat } of targets) {
      const series = await prometheus.query(asSent(expr))
      assert.ok(
        series.some(({ value }) => Number.isFinite(value)),
        `no figure: ${expr}`,
      )
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        assert.ok(
          series.every(({ metric }) => metric[label]),
          `no ${label}: ${expr}`,
        )
      }
    }
  })

  it('finds in the log of Haraka what the runbook looks for', () => {
    const lines = haraka.log().split('\n')
    const page = readFileSync(runbookFile, 'utf8')
    const [, wanted = ''] = /grep '(exchange-enforcement\.\*action=refuse)'/.exec(page) ?? []
    assert.notEqual(wanted, '')
    assert.equal(lines.filter((line) => new RegExp(wanted).test(line)).length, 2)
  })

  it('fills the variables of the dashboard', async () => {
    const variable = readDashboard().templating.list.find(({ type }) => type === 'query')
    const [, selector = '', label = ''] =
      /^label_values\((.*), (\w+)\)$/.exec(variable?.definition ?? '') ?? []
    const series = await prometheus.query(selector)
    assert.equal(series.length, 1)
    assert.match(series[0]?.metric[label] ?? '', /^127\.0\.0\.1:\d+$/)
  })

  it('evaluates every alert, on series that exist, and sees those of this traffic coming', async () => {
    const awaited = ['ExchangeEnforcementOutdatedMailAccepted', 'ExchangeEnforcementKnownExploitedOpen']
    const coming = async (): Promise<string[]> => {
      const found = await prometheus.rules()
      return found.filter(({ state }) => state === 'pending').map(({ name }) => name)
    }
    await becomesTrue(async () => (await coming()).length >= awaited.length, 5000, 200)
    assert.deepEqual(await coming(), awaited)
    const rules = await prometheus.rules()
    assert.deepEqual(
      rules.filter(({ health }) => health !== 'ok'),
      [],
    )
    for (const { query, name } of rules) {
      const selectors = selectorsIn(query)
      assert.ok(selectors.length > 0, name)
      for (const { text } of selectors) {
        assert.ok((await prometheus.query(`count(${text})`)).length > 0, `nothing is ${text}`)
      }
    }
  })

  // Last: nothing is scraped for a while.
  it('gets in with the token alone, and with another as soon as both files hold it', async () => {
    const page = `http://127.0.0.1:${port}/metrics`
    const up = async (value: number): Promise<boolean> => (await prometheus.query('up'))[0]?.value === value
    const becomes = (value: number): Promise<boolean> => becomesTrue(() => up(value), 10_000, 200)
    assert.ok(await becomes(1))
    assert.equal((await fetch(page)).status, 401)

    useToken(tokens[1])
    assert.ok(await becomes(0), 'it shows the old one')
    prometheus.useToken(tokens[1])
    assert.ok(await becomes(1))

    rmSync(join(haraka.folder, 'config', 'token'))
    assert.ok(await becomes(0), 'there is none any more')
    const headers = { authorization: `Bearer ${tokens[1]}` }
    assert.equal((await fetch(page, { headers })).status, 503)
    await haraka.logged(/metrics: \/metrics is closed: token file \S+ cannot be read: ENOENT/)
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
  })
})

describe('promtool', function () {
  this.timeout(30_000)

  it('finds the alert rules clean', () => {
    const { code, text } = promtool(['check', 'rules', ruleFile])
    assert.equal(code, 0, text)
    assert.match(text, /SUCCESS: 8 rules found/)
    assert.doesNotMatch(text, /FAILED|duplicate|lint/i)
  })

  it('finds that every alert fires when it should, and not before', () => {
    const { code, text } = promtool(['test', 'rules', ruleTestFile])
    assert.equal(code, 0, text)
    assert.match(text, /SUCCESS/)
  })
})
