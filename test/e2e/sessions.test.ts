import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startHaraka } from '../support/haraka'
import type { HarakaOptions, RunningHaraka } from '../support/haraka'
import { harakaCommand } from '../support/install'
import { becomesTrue, isAlive } from '../support/processes'
import { startRedis } from '../support/redis'
import type { SmtpClient } from '../support/smtp-client'
import {
  allHour,
  attributedTo,
  compliant,
  daysToRefuse,
  fieldName,
  lastMessage,
  outdated,
  recordOf,
  remember,
  reportingFields,
} from './scene'

const catalogueName = 'exchange-enforcement.catalogue.json'
const packagedCatalogue = join(__dirname, '..', '..', '..', 'config', catalogueName)
const main = (mode: string): string => `[main]\nmode = ${mode}\n${allHour}`
const connectors = '[hybrid]\ntenant = contoso\naddresses = 8.8.60.0/24\n'

/** Haraka looks at changed files after 5 s. */
const reloadMs = 9000

async function withHaraka(
  options: HarakaOptions,
  work: (haraka: RunningHaraka) => Promise<void>,
): Promise<void> {
  const haraka = await startHaraka(options)
  try {
    await work(haraka)
  } finally {
    await haraka.stop()
  }
}

const path = (address: string, server: string) => ({
  tenant: 'contoso',
  connector: 'hybrid',
  address,
  ehlo: 'ex01.contoso.com',
  servers: [{ server, days: daysToRefuse }],
})

describe('The configuration of a running Haraka', function () {
  this.timeout(60_000)

  it('is changed without a restart; a broken one leaves the last good one in force', async () => {
    await withHaraka({ settings: main('report'), connectors, nodes: 1 }, async (haraka) => {
      await remember(haraka.folder, path('8.8.60.1', 'a1.contoso.local'))
      const workers = haraka.workers()
      const session = await haraka.connect({ proxyFrom: '8.8.60.1', timeoutMs: 20_000 })
      await session.ehlo()
      const answer = async (): Promise<string> => {
        await session.mail('a@contoso.com')
        await session.rcpt('b@example.com')
        const { code, enhanced } = await session.data(
          `${outdated('a1.contoso.local').join('\r\n')}\r\n\r\nHi\r\n`,
        )
        return `${String(code)} ${enhanced ?? ''}`
      }
      assert.equal(await answer(), '250 ')

      // The catalogue is looked at every five seconds, too: one wait for both.
      const catalogue = readFileSync(packagedCatalogue, 'utf8').replace(
        /"as_of": "[^"]*"/,
        '"as_of": "2026-11-20"',
      )
      let offset = haraka.log().length
      haraka.reconfigure('exchange-enforcement.ini', main('enforce'))
      haraka.reconfigure(catalogueName, catalogue)
      await haraka.logged('configuration reloaded', reloadMs, offset)
      await haraka.logged(
        /catalogue of 2026-11-20 loaded from .*config\/exchange-enforcement\.catalogue\.json/,
        reloadMs,
        offset,
      )
      await becomesTrue(() => haraka.log().split('configuration reloaded').length > 2, reloadMs)
      assert.equal(await answer(), '550 5.7.230')

      offset = haraka.log().length
      haraka.reconfigure('exchange-enforcement.ini', `${main('off')}[clock]\nconfirm_hours = soon\n`)
      haraka.reconfigure(catalogueName, '{ "half": ')
      await haraka.logged(
        /\[ERROR\] .*exchange-enforcement\.ini:\d+: \[clock\] confirm_hours: 'soon': .*\n(.*\n)*?.*\[CRIT\] .*configuration refused: the last good configuration stays/,
        reloadMs,
        offset,
      )
      await haraka.logged(
        /\[ERROR\] .*catalogue refused, the last good one stays: .*is not JSON/,
        reloadMs,
        offset,
      )
      assert.equal(await answer(), '550 5.7.230')

      offset = haraka.log().length
      haraka.reconfigure('exchange-enforcement.ini', main('off'))
      await haraka.logged('configuration reloaded', reloadMs, offset)
      await becomesTrue(async () => (await answer()) === '250 ', 3000, 200)
      assert.equal(await answer(), '250 ')
      assert.deepEqual(reportingFields(lastMessage(haraka)), [])
      await session.quit()
      assert.deepEqual(haraka.workers(), workers)
    })
  })

  const broken: [what: string, options: HarakaOptions, said: RegExp][] = [
    [
      'an unknown key',
      { settings: '[main]\nmoode = enforce', connectors },
      /\[ERROR\] .*exchange-enforcement\.ini:2: \[main\] moode: the key is not known here/,
    ],
    [
      'a connector that matches nothing',
      { settings: main('enforce'), connectors: '[empty]\ncomment = none' },
      /\[ERROR\] .*exchange-enforcement\.connectors\.ini.*\[empty\].* matches no session/,
    ],
    [
      'a file of authorities that is missing',
      {
        settings: main('enforce'),
        connectors: `${connectors}[tls]\ntls_certificate_name = mail.contoso.com\ntls_ca_file = gone.pem`,
      },
      /\[ERROR\] .*\[tls\] tls_ca_file: .*there is no file .*gone\.pem/,
    ],
  ]
  for (const [what, options, said] of broken) {
    it(`leaves the plugin off where it is broken at the start, by ${what}, and Haraka serves`, async () => {
      await withHaraka(options, async (haraka) => {
        await haraka.logged(said)
        await haraka.logged(/\[CRIT\] .*configuration refused: the plugin stays off/)
        const report = await haraka.send({ proxyFrom: '8.8.60.1', headers: [`${fieldName}: forged`] })
        assert.equal(report.accepted, true)
        assert.equal(attributedTo(lastMessage(haraka)), 'none')
        assert.deepEqual(reportingFields(lastMessage(haraka)), [])
      })
    })
  }

  it('goes on with the other connectors where a file of authorities holds none', async () => {
    const options = {
      settings: main('report'),
      connectors: `${connectors}[tls]\ntls_certificate_name = mail.contoso.com\ntls_ca_file = empty.pem`,
      config: { 'empty.pem': 'nothing here' },
    }
    await withHaraka(options, async (haraka) => {
      await haraka.logged(/\[ERROR\] .*empty\.pem: the file holds no certificate in PEM form/)
      await haraka.send({ proxyFrom: '8.8.60.1', headers: compliant('b1.contoso.local') })
      assert.equal(attributedTo(lastMessage(haraka)), 'hybrid')
    })
  })

  it('comes up by itself once a file that was broken at the start is mended', async () => {
    await withHaraka({ settings: '[main]\nmode = enfroce', connectors }, async (haraka) => {
      await haraka.logged('the plugin stays off')
      await remember(haraka.folder, path('8.8.60.2', 'c1.contoso.local'))
      const offset = haraka.log().length
      haraka.reconfigure('exchange-enforcement.ini', main('enforce'))
      await haraka.logged('configuration reloaded', reloadMs, offset)
      // The store opens behind the reload; until then mail is accepted.
      const refuses = async (): Promise<boolean> =>
        (await haraka.send({ proxyFrom: '8.8.60.2', headers: outdated('c1.contoso.local') })).code === 550
      assert.ok(await becomesTrue(refuses, 3000, 100))
    })
  })

  it('serves where the folder of the store cannot be used, and says what to do', async () => {
    const settings = `${main('enforce')}[store]\npath = config/plugins\n`
    await withHaraka({ settings, connectors }, async (haraka) => {
      await haraka.logged(
        /\[ERROR\] .*store: open failed \(denied\): store path \S+\/config\/plugins cannot be used/,
      )
      const report = await haraka.send({ proxyFrom: '8.8.60.1', headers: outdated('d1.contoso.local') })
      assert.equal(report.accepted, true)
      assert.match(
        reportingFields(lastMessage(haraka)).join(),
        /server=d1\.contoso\.local; .*verdict=outdated; .*action=accept/,
      )
    })
  })
})

describe('The end of a Haraka', function () {
  this.timeout(60_000)

  async function deliver(client: SmtpClient, server: string): Promise<number> {
    const mail = await client.mail('a@contoso.com')
    if (mail.code !== 250) return mail.code
    await client.rcpt('b@example.com')
    return (await client.data(`${outdated(server).join('\r\n')}\r\n\r\nHi\r\n`)).code
  }
  const day = (): string => new Date().toISOString().slice(0, 10)

  for (const nodes of [0, 1]) {
    it(`is quick with nodes=${String(nodes)}, and what was counted is written`, async () => {
      const options = {
        settings: main('report'),
        connectors,
        nodes,
        smtpIni: 'graceful_shutdown=true\nforce_shutdown_timeout=20',
      }
      await withHaraka(options, async (haraka) => {
        const client = await haraka.connect({ proxyFrom: '8.8.60.3' })
        await client.ehlo()
        for (let sent = 0; sent < 3; sent += 1) assert.equal(await deliver(client, 'e1.contoso.local'), 250)
        await client.quit()
        const pids = [haraka.pid, ...haraka.workers()]
        const begun = performance.now()
        haraka.signal('SIGINT')
        await haraka.exited
        assert.ok(await becomesTrue(() => !pids.some(isAlive), 5000))
        const tookMs = performance.now() - begun
        assert.ok(tookMs < 8000, `took ${String(tookMs)} ms`)
        const record = await recordOf(haraka.folder, 'contoso', 'e1.contoso.local')
        assert.deepEqual(record?.days[day()], { accepted: 3, deferred: 0, refused: 0 })
        assert.doesNotMatch(haraka.log(), /^\[CRIT\]|Caught exception|fault in/m)
      })
    })
  }

  it('is quick, too, with Redis, a frozen one even', async () => {
    const redis = await startRedis()
    try {
      for (const frozen of [false, true]) {
        const settings = `${main('enforce')}[store]\nbackend = redis\n[redis]\nhost = 127.0.0.1\nport = ${String(redis.port)}\n`
        const smtpIni = 'graceful_shutdown=true\nforce_shutdown_timeout=20'
        await withHaraka({ settings, connectors, smtpIni }, async (haraka) => {
          await haraka.send({ proxyFrom: '8.8.60.3', headers: outdated('f1.contoso.local') })
          if (frozen) redis.pause()
          const begun = performance.now()
          haraka.signal('SIGINT')
          await haraka.exited
          const tookMs = performance.now() - begun
          assert.ok(tookMs < 5000, `took ${String(tookMs)} ms`)
          assert.doesNotMatch(haraka.log(), /^\[CRIT\]|Caught exception|fault in/m)
        })
        redis.resume()
      }
    } finally {
      await redis.stop()
    }
  })

  it('of one worker, at a graceful restart, lets its sessions end in peace: their mail is accepted', async () => {
    // The command speaks to Haraka from 127.0.0.1, without a PROXY line.
    const local = '[hybrid]\ntenant = contoso\naddresses = 127.0.0.1\n'
    const options = { settings: main('enforce'), connectors: local, nodes: 1, proxy: false }
    await withHaraka(options, async (haraka) => {
      await remember(haraka.folder, path('127.0.0.1', 'g1.contoso.local'))
      const [old] = haraka.workers()
      const session = await haraka.connect()
      await session.ehlo()
      assert.equal(await deliver(session, 'g1.contoso.local'), 550)
      const counted = await haraka.connect()
      await counted.ehlo('ex02.contoso.com')
      assert.equal(await deliver(counted, 'g2.contoso.local'), 250)

      const offset = haraka.log().length
      await promisify(execFile)(process.execPath, [harakaCommand, '-c', haraka.folder, '--graceful'])
      await haraka.logged('Replacement worker online', 8000, offset)
      await sleep(300)
      assert.equal(await deliver(session, 'g1.contoso.local'), 250, 'memory is closed: accepted')
      assert.equal(await deliver(counted, 'g2.contoso.local'), 250)
      await Promise.all([session.quit(), counted.quit()])
      assert.ok(await becomesTrue(() => old !== undefined && !isAlive(old), 8000))

      const again = await haraka.send({ headers: outdated('g1.contoso.local') })
      assert.equal(again.code, 550)
      const record = await recordOf(haraka.folder, 'contoso', 'g2.contoso.local')
      assert.deepEqual(record?.days[day()], { accepted: 1, deferred: 0, refused: 0 })
      assert.doesNotMatch(haraka.log().slice(offset), /^\[CRIT\]|Caught exception|fault in/m)
    })
  })
})
