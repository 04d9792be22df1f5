import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { simpleParser } from 'mailparser'
import { claimMs } from '../../src/rules/notice/ledger'
import type { ContactRecord } from '../../src/rules/notice/record'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import type { Store } from '../../src/store/store'
import { startHaraka, type RunningHaraka } from '../support/haraka'
import { MailSink, routeTo, type Sunk } from '../support/mail-sink'
import { becomesTrue } from '../support/processes'
import { evidenceOf } from '../support/records'
import { startRedis, type RedisServer } from '../support/redis'
import { newBuild, oldBuild, opened, serverRecord, tenant, writeServer } from './fleet'

/** How often a host is killed: 6 with all tests, 50 with `npm run test:notices`. */
const kills = Number(process.env['NOTICE_KILLS'] ?? 6)
const serverCount = 200
const contacts = ['a@contoso.com', 'b@contoso.com', 'c@contoso.com', 'd@contoso.com']
const patienceMs = 90_000
/** The sink takes its time to answer, so that many are killed in the middle. */
const slowestAnswerMs = 250
/** A host that has begun is killed within so long. */
const strikeWithinMs = 1_200

function nameOf(index: number): string {
  return `srv${String(index).padStart(3, '0')}.contoso.local`
}

/** A server that has reached stage 2 a minute ago. */
async function reachStage(store: Store, index: number): Promise<void> {
  const now = Date.now()
  const startedAt = now - 30 * dayMs - minuteMs
  const clock = {
    state: 'running',
    startedAt,
    detectedAt: startedAt + dayMs,
    carriedMs: 0,
    reachedMs: 0,
  } as const
  const lastEvidence = evidenceOf({ connector: 'hybrid', build: oldBuild, at: now - hourMs })
  await writeServer(store, serverRecord(nameOf(index), clock, { lastEvidence }))
}

async function recordsOf(store: Store): Promise<ReadonlyMap<string, ContactRecord>> {
  const records = new Map<string, ContactRecord>()
  for (const contact of contacts) {
    const stored = await store.read({ kind: 'contact', tenant, contact })
    if (stored.state === 'present') records.set(contact, stored.value)
  }
  return records
}

/** Lets five minutes pass for the letters of the dead, and for nobody else. */
async function ageLettersOf(dead: readonly number[], store: Store): Promise<void> {
  for (const contact of contacts) {
    const key = { kind: 'contact', tenant, contact } as const
    for (;;) {
      const stored = await store.read(key)
      if (stored.state !== 'present') break
      const letters = stored.value.letters.map((letter) =>
        'by' in letter && dead.some((pid) => letter.by.includes(`:${pid}:`))
          ? { ...letter, at: letter.at - claimMs }
          : letter,
      )
      if (await store.replace(key, stored.version, { ...stored.value, letters }, dayMs)) break
    }
  }
}

/** How often each contact was told of each server. */
async function copies(mails: readonly Sunk[]): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const told = new Map(contacts.map((contact) => [contact, new Map<string, number>()]))
  for (const { to, raw } of mails) {
    const { text = '' } = await simpleParser(raw)
    const own = told.get(to)
    for (const name of new Set(text.match(/srv\d{3}\.contoso\.local/g))) {
      own?.set(name, (own.get(name) ?? 0) + 1)
    }
  }
  return told
}

describe(`Two Haraka on one Redis, killed ${kills} times while 200 servers change stage`, function () {
  this.timeout(120_000 + kills * 40_000)
  let redis: RedisServer
  let store: Store
  let sink: MailSink
  const hosts: RunningHaraka[] = []

  before(async () => {
    redis = await startRedis()
    store = await opened('redis', '', { kind: 'single', host: redis.host, port: redis.port })
    sink = await MailSink.start({ onMail: () => sleep(Math.random() * slowestAnswerMs) })
    const options = {
      patienceMs,
      logLevel: 'notice',
      plugins: ['exchange-enforcement', 'route'],
      pluginSources: { route: routeTo(sink.port) },
      config: { 'outbound.ini': 'local_mx_ok=true\n' },
      settings:
        `[main]\nmode = enforce\n[policy]\npreset = custom\nfloors = ${newBuild}\n[metrics]\nlisten =\n` +
        `[notices]\nenabled = yes\nfrom = postmaster@example.com\nnotice_days = 0\n` +
        `[store]\nbackend = redis\ntimeout_ms = 2000\n[redis]\nhost = ${redis.host}\nport = ${redis.port}\n`,
      connectors: `[hybrid]\ntenant = ${tenant}\naddresses = 8.8.0.0/16\ncontacts = ${contacts.join(', ')}\n`,
    } as const
    hosts.push(...(await Promise.all([startHaraka(options), startHaraka(options)])))
  })
  after(async () => {
    await Promise.all(hosts.map((host) => host.stop()))
    await sink?.stop()
    await store?.close()
    await redis?.stop()
  })

  const kill = async (victims: readonly RunningHaraka[]): Promise<void> => {
    const dead = victims.map(({ pid }) => pid)
    for (const victim of victims) victim.signal('SIGKILL')
    await Promise.all(victims.map(({ exited }) => exited))
    await ageLettersOf(dead, store)
  }
  const revive = (victims: readonly RunningHaraka[]) => Promise.all(victims.map((victim) => victim.restart()))

  it('tell each contact of each server, and none three times', async () => {
    const snapshot = async (): Promise<string> => JSON.stringify([...(await recordsOf(store))])
    /** The letters at each kill. */
    const met: string[] = []
    let killed = 0
    let written = 0
    let victims: readonly RunningHaraka[] = []
    while (killed < kills) {
      const share = Math.ceil((serverCount * (killed + 1)) / kills)
      for (; written < share; written += 1) await reachStage(store, written)
      const before = await snapshot()
      // Two seconds after its start a host looks for what is due: strike in the middle of that.
      await revive(victims)
      await becomesTrue(async () => (await snapshot()) !== before, 10_000, 5)
      await sleep(Math.random() * strikeWithinMs)
      const order = Math.random() < 0.5 ? hosts : [...hosts].reverse()
      victims = order.slice(0, Math.min(Math.random() < 0.5 ? 1 : 2, kills - killed))
      await kill(victims)
      killed += victims.length
      const states = [...(await recordsOf(store)).values()].map(({ letters }) => letters.at(-1)?.state)
      met.push(states.map((state) => state ?? 'none').join(' '))
    }
    for (; written < serverCount; written += 1) await reachStage(store, written)
    const isComplete = async (): Promise<boolean> => {
      const told = await copies(sink.mails)
      return contacts.every((contact) => told.get(contact)?.size === serverCount)
    }
    await revive(victims)
    for (let round = 0; round < 4 && !(await becomesTrue(isComplete, 20_000, 200)); round += 1) {
      await kill(hosts)
      await revive(hosts)
    }
    // A copy that is still in a queue would come now.
    await sleep(2_000)
    const told = await copies(sink.mails)
    const counts = [...told.values()].flatMap((own) => [...own.values()])
    const most = Math.max(...counts)
    const repeated = counts.filter((count) => count > 1).length
    console.log(
      `      ${killed} kills, ${sink.mails.length} mails, ${counts.length} notices, ${repeated} of them twice, most often: ${most}; letters at the kills: ${met.join(' | ')}`,
    )
    for (const contact of contacts) {
      assert.equal(told.get(contact)?.size, serverCount, `${contact}: ${hosts.map((h) => h.log()).join('')}`)
    }
    assert.ok(most <= 2, `told ${most} times`)
  })
})
