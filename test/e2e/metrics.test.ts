import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { parseExposition, valueOf } from '../metrics/exposition-text'
import { exchangeHeaders } from '../support/exchange-headers'
import { startHaraka, type RunningHaraka } from '../support/haraka'
import { becomesTrue, signalIfAlive } from '../support/processes'
import { freePort } from '../support/redis'
import { isOnPath } from '../support/tools'

const compliant = exchangeHeaders({ server: 'ex01.contoso.local', build: '15.2.2562.17' })
const outdated = exchangeHeaders({ server: 'ex02.contoso.local', build: '15.1.2507.6' })

function settings(port: number, more = ''): string {
  return `[metrics]\nlisten = 127.0.0.1:${port}\n${more}`
}

describe('The metrics of a real Haraka', function () {
  this.timeout(40_000)
  let haraka: RunningHaraka
  let port: number

  async function start(nodes: number): Promise<void> {
    port = await freePort()
    haraka = await startHaraka({
      nodes,
      settings: settings(port),
      connectors: '[contoso]\ntenant = contoso\naddresses = 8.8.1.1\n',
    })
    assert.ok(await becomesTrue(() => responding(nodes === 0 ? 1 : nodes), 8000))
  }
  afterEach(() => haraka.stop())

  async function get(path: string): Promise<{ status: number; text: string }> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(3000) })
    return { status: answer.status, text: await answer.text() }
  }
  const scrape = async (): Promise<string> => (await get('/metrics')).text
  const value = async (name: string): Promise<number> => valueOf(await scrape(), name)
  async function responding(workers: number): Promise<boolean> {
    const text = await scrape().catch(() => null)
    return text !== null && valueOf(text, 'workers{state="responding"}') === workers
  }
  /** Each in a session of its own, so that they are spread over the workers. */
  async function send(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const { accepted } = await haraka.send({ headers: i % 2 === 0 ? compliant : outdated })
      assert.equal(accepted, true)
    }
  }
  async function assertMessages(total: number): Promise<void> {
    const text = await scrape()
    const figures = [
      'sessions_total{attribution="address"}',
      'sightings_total{kind="exchange"}',
      'decisions_total{stage="none",action="accept",at="data"}',
      'decision_duration_seconds_count{hook="data_post"}',
    ].map((name) => valueOf(text, name))
    assert.deepEqual(figures, [total, total, total, total])
    const verdicts = [...parseExposition(text).samples]
      .filter(([name]) => name.startsWith('exchange_enforcement_verdicts_total'))
      .reduce((sum, [, count]) => sum + count, 0)
    assert.equal(verdicts, total)
  }

  for (const nodes of [0, 1, 2]) {
    it(`are the sum over all processes with nodes=${nodes}`, async () => {
      await start(nodes)
      await send(6)
      await assertMessages(6)
      const text = await scrape()
      assert.equal(valueOf(text, 'store_up'), 1)
      assert.equal(valueOf(text, 'config_reloads_total{result="success"}'), 1)
      assert.equal(valueOf(text, 'config_last_reload_success'), 1)
      assert.ok(valueOf(text, 'store_duration_seconds_count{op="read"}') > 0)
      assert.ok(valueOf(text, 'cache_requests_total{result="miss"}') > 0)
      const age = Date.now() / 1000 - valueOf(text, 'catalogue_timestamp_seconds')
      assert.ok(age > 0 && age < 3 * 366 * 86_400, String(age))
      const { samples } = parseExposition(text)
      assert.deepEqual(
        [...samples].filter(([name, count]) => name.includes('_faults_total') && count > 0),
        [],
      )
      assert.deepEqual(await get('/healthz'), { status: 200, text: 'ok\n' })
      assert.deepEqual(await get('/readyz'), { status: 200, text: 'ready\n' })
      assert.equal((await get('/')).status, 404)
      if (isOnPath('promtool')) {
        const promtool = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
        assert.deepEqual([promtool.status, promtool.stdout, promtool.stderr], [0, '', ''])
      }
    })
  }

  it('do not fall when a worker is killed, and go on with its successor', async () => {
    await start(2)
    await send(6)
    await assertMessages(6)
    const [victim = 0] = haraka.workers()
    signalIfAlive(victim, 'SIGKILL')
    assert.ok(
      await becomesTrue(() => haraka.workers().length === 2 && !haraka.workers().includes(victim), 8000),
    )
    await assertMessages(6)
    assert.ok(await becomesTrue(() => responding(2), 8000))
    await send(4)
    await assertMessages(10)
  })

  it('keep what was counted up to a second before a worker was killed, without a scrape', async () => {
    await start(1)
    await send(4)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const [victim = 0] = haraka.workers()
    signalIfAlive(victim, 'SIGKILL')
    assert.ok(
      await becomesTrue(() => haraka.workers().length === 1 && !haraka.workers().includes(victim), 8000),
    )
    await assertMessages(4)
  })

  it('come in less than a second while a worker hangs, and show it', async () => {
    await start(2)
    await send(4)
    const [victim = 0] = haraka.workers()
    signalIfAlive(victim, 'SIGSTOP')
    try {
      for (let i = 0; i < 3; i += 1) {
        const begun = performance.now()
        const text = await scrape()
        assert.ok(performance.now() - begun < 1000)
        assert.equal(valueOf(text, 'workers{state="hung"}'), 1)
        assert.equal(valueOf(text, 'workers{state="responding"}'), 1)
      }
    } finally {
      signalIfAlive(victim, 'SIGCONT')
    }
    assert.ok(await becomesTrue(() => responding(2), 5000))
    await assertMessages(4)
  })

  it('do not fall over a graceful restart, and count the sessions that it lets finish', async () => {
    await start(2)
    await send(4)
    const before = haraka.workers()
    const lingering = await haraka.connect()
    await lingering.ehlo()
    const key = readFileSync(join(haraka.folder, 'config', 'internalcmd_key'), 'utf8').trim()
    const operator = await haraka.connect({ proxyFrom: '127.0.0.1' })
    const [said] = await operator.pipeline([`INTERNALCMD key:${key} gracefulRestart`])
    assert.equal(said?.code, 250, said?.raw)
    await operator.quit()
    await haraka.logged(/Killing worker/)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    assert.equal((await lingering.mail('alice@contoso.com')).code, 250)
    await lingering.quit()
    assert.ok(
      await becomesTrue(() => {
        const now = haraka.workers()
        return now.length === 2 && !now.some((pid) => before.includes(pid))
      }, 20_000),
    )
    assert.ok(await becomesTrue(() => responding(2), 8000))
    assert.equal(await value('sessions_total{attribution="address"}'), 5)
    assert.equal(await value('sightings_total{kind="exchange"}'), 4)
    await send(2)
    assert.equal(await value('sessions_total{attribution="address"}'), 7)
  })

  it('show the servers in memory', async () => {
    await start(1)
    await send(2)
    await haraka.restart()
    assert.ok(
      await becomesTrue(
        async () => (await value('servers{status="compliant",stage="none"}').catch(() => 0)) === 1,
        10_000,
        200,
      ),
    )
    assert.equal(await value('servers{status="outdated",stage="none"}'), 1)
  })

  it('say that a new configuration was refused, and move to a new address without a restart', async () => {
    await start(1)
    haraka.reconfigure('exchange-enforcement.ini', '[metrics]\nlissten = 127.0.0.1:1\n')
    assert.ok(await becomesTrue(async () => (await get('/readyz')).status === 503, 15_000, 100))
    assert.match((await get('/readyz')).text, /configuration/)
    assert.equal(await value('config_last_reload_success'), 0)
    assert.equal(await value('config_reloads_total{result="failure"}'), 1)
    const old = port
    port = await freePort()
    haraka.reconfigure('exchange-enforcement.ini', settings(port))
    assert.ok(await becomesTrue(() => responding(1), 15_000, 100))
    assert.equal(await value('config_last_reload_success'), 1)
    await assert.rejects(fetch(`http://127.0.0.1:${old}/healthz`))
  })

  it('do not concern mail when their port is taken', async () => {
    await start(0)
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    assert.ok(typeof address === 'object' && address)
    try {
      haraka.reconfigure('exchange-enforcement.ini', settings(address.port))
      await haraka.logged('EADDRINUSE', 15_000)
      await send(2)
    } finally {
      taken.close()
    }
    port = address.port
    assert.ok(await becomesTrue(() => responding(1), 10_000, 100))
    assert.equal(await value('faults_total{kind="metrics"}'), 1)
    await assertMessages(2)
  })

  it('hold up no shutdown, though a client keeps its connection', async () => {
    port = await freePort()
    haraka = await startHaraka({
      nodes: 1,
      settings: settings(port),
      smtpIni: 'graceful_shutdown=true\nforce_shutdown_timeout=20',
    })
    assert.ok(await becomesTrue(() => responding(1), 8000))
    const begun = performance.now()
    haraka.signal('SIGINT')
    await haraka.exited
    assert.ok(performance.now() - begun < 10_000)
  })
})
