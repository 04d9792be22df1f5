import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startHaraka } from '../support/haraka'
import type { RunningHaraka } from '../support/haraka'
import { startRedis } from '../support/redis'
import type { RedisServer } from '../support/redis'
import {
  allHour,
  attributedTo,
  compliant,
  daysToDefer,
  daysToRefuse,
  lastMessage,
  outdated,
  pluginName,
  remember,
  reportingFields,
} from './scene'

const usual =
  '[usual]\naddresses = 8.8.50.0/24\n[at-connect]\naddresses = 8.8.51.0/24\ndefer_at = connect\nrefuse_at = connect\n'

/** Turns every denial into an acceptance. */
const overrider = 'exports.hook_deny = (next) => next(OK)'

const denier = `
exports.hook_mail = (next, connection, [sender]) => sender.user === 'bad' ? next(DENY, 'we do not like you') : next()
exports.hook_data_post = (next, connection) =>
  connection.transaction.mail_from.user === 'worse' ? next(DENY, 'nor your mail') : next()
`

describe('Plugins that override denials', function () {
  this.timeout(30_000)
  let redis: RedisServer

  before(async () => {
    redis = await startRedis()
  })

  after(() => redis.stop())

  const companies: [what: string, plugins: readonly string[], badAtMail: number, worse: number][] = [
    ['a plain one before ours', ['overrider', 'denier', pluginName], 250, 250],
    ['a plain one after ours', [pluginName, 'denier', 'overrider'], 250, 250],
    ['karma before ours', ['karma', 'denier', pluginName], 250, 250],
    ['karma after ours', [pluginName, 'denier', 'karma'], 250, 250],
    ['delay_deny before ours', ['delay_deny', 'denier', pluginName], 250, 550],
    ['delay_deny after ours', [pluginName, 'denier', 'delay_deny'], 250, 550],
  ]
  for (const [what, plugins, badAtMail, worse] of companies) {
    it(`leave our denials alone, and have their way with others: ${what}`, async () => {
      const haraka = await startHaraka({
        plugins,
        pluginSources: { overrider, denier },
        settings: `[main]\nmode = enforce\n${allHour}`,
        connectors: usual,
        config: {
          'karma.ini': `[redis]\nhost=127.0.0.1\nport=${String(redis.port)}\n[tarpit]\ndelay=0\nmax=0\n`,
        },
      })
      try {
        const ehlo = 'ex01.contoso.com'
        const known = (address: string, server: string, days: number) =>
          ({ tenant: 'usual', connector: 'usual', address, ehlo, servers: [{ server, days }] }) as const
        await remember(
          haraka.folder,
          known('8.8.50.1', 'a1.contoso.local', daysToDefer),
          known('8.8.50.2', 'a2.contoso.local', daysToRefuse),
          {
            ...known('8.8.51.3', 'a3.contoso.local', daysToRefuse),
            tenant: 'at-connect',
            connector: 'at-connect',
            ehlo: null,
          },
        )
        const seen = []
        for (const [proxyFrom, server] of [
          ['8.8.50.1', 'a1.contoso.local'],
          ['8.8.50.2', 'a2.contoso.local'],
          ['8.8.51.3', 'a3.contoso.local'],
        ] as const) {
          const { stage, code, enhanced } = await haraka.send({ proxyFrom, headers: outdated(server) })
          seen.push([stage, code, enhanced])
        }
        assert.deepEqual(seen, [
          ['mail', 450, '4.7.230'],
          ['data', 550, '5.7.230'],
          ['connect', 550, '5.7.230'],
        ])

        const client = await haraka.connect()
        await client.ehlo()
        assert.equal((await client.mail('bad@example.net')).code, badAtMail)
        await client.quit()
        const other = await haraka.send({ from: 'worse@example.net' })
        assert.equal(other.code, worse, other.raw)
      } finally {
        await haraka.stop()
      }
    })
  }
})

/** Writes down what it is told of a message, and spoils it. */
const meddler = `
exports.register = function () {
  this.register_hook('data_post', 'meddle', 0)
}
exports.meddle = function (next, { transaction }) {
  const notes = transaction.notes.exchange_enforcement
  transaction.results.add(this, { told: JSON.stringify(notes) })
  notes.server = 'meddler.example.net'
  notes.trail.unshift('made up')
  next()
}
`

describe('Plugins that alter what they are told', function () {
  this.timeout(20_000)

  it('alter nothing of what is told again of the next message', async () => {
    const haraka = await startHaraka({
      plugins: [pluginName, 'meddler'],
      pluginSources: { meddler },
      settings: '[main]\nmode = enforce\n',
      connectors: usual,
    })
    try {
      const client = await haraka.connect({ proxyFrom: '8.8.50.1' })
      await client.ehlo()
      const message = `${compliant('ex01.contoso.local').join('\r\n')}\r\nSubject: x\r\n\r\nHi\r\n`
      // The first one makes the record; from the second one on an answer is given again for a second.
      for (let sent = 0; sent < 5; sent += 1) {
        await client.mail('a@contoso.com')
        await client.rcpt('b@example.com')
        assert.equal((await client.data(message)).code, 250)
      }
      await client.quit()
      const told = haraka
        .messages()
        .map(({ transactionResults }) => String(transactionResults['meddler']?.['told']))
      assert.equal(told.length, 5)
      for (const each of told) {
        assert.match(each, /"server":"ex01\.contoso\.local"/)
        assert.doesNotMatch(each, /made up/)
      }
    } finally {
      await haraka.stop()
    }
  })
})

/** Breaks what the sender's name says, once, in the hook before ours. */
const saboteur = `
const broken = () => { throw new Error('sabotaged') }
function once(object, name, make) {
  const own = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, { configurable: true, get() {
    if (own) Object.defineProperty(object, name, own); else delete object[name]
    return make()
  } })
}
function always(object, name, ours) {
  const usual = object[name]
  object[name] = function (plugin, ...rest) {
    if (plugin && plugin.name === '${pluginName}') ours()
    return usual.call(this, plugin, ...rest)
  }
}
exports.register = function () {
  this.register_hook('mail', 'atMail', -99)
  this.register_hook('data_post', 'atData', -99)
}
exports.atMail = (next, connection, [sender]) => {
  if (sender.user === 'remote') once(connection.remote, 'ip', broken)
  if (sender.user === 'hello') once(connection.hello, 'host', broken)
  if (sender.user === 'notes') once(connection.notes, 'auth_user', broken)
  if (sender.user === 'log') { once(connection.remote, 'ip', broken); always(connection, 'logerror', broken) }
  if (sender.user === 'address') connection.remote.ip = 'no address'
  next()
}
exports.atData = (next, connection) => {
  const { transaction } = connection
  const { user } = transaction.mail_from
  if (user === 'get') once(transaction.header, 'get', broken)
  if (user === 'list') once(transaction.header, 'header_list', broken)
  if (user === 'results') always(transaction.results, 'add', broken)
  if (user === 'add') once(transaction, 'add_header', broken)
  if (user === 'decision') always(connection, 'loginfo', broken)
  if (user === 'asynchronous') {
    once(transaction.header, 'get', () => () => ({ trim: () => { throw { no: 'error' } } }))
  }
  next()
}
`

describe('Faults of ours, or of whoever breaks what we rely on', function () {
  this.timeout(20_000)
  let haraka: RunningHaraka

  before(async () => {
    haraka = await startHaraka({
      plugins: ['saboteur', pluginName],
      pluginSources: { saboteur },
      nodes: 1,
      settings: `[main]\nmode = enforce\n${allHour}`,
      connectors: usual,
    })
  })

  after(() => haraka.stop())

  const sabotages: [sender: string, hook: string | null][] = [
    ['remote', 'mail'],
    ['hello', 'mail'],
    ['notes', 'mail'],
    ['log', null],
    ['address', null],
    ['get', 'data_post'],
    ['list', 'data_post'],
    ['results', 'data_post'],
    ['add', 'data_post'],
    ['decision', 'data_post'],
    ['asynchronous', 'data_post'],
  ]
  for (const [sender, hook] of sabotages) {
    it(`cost no mail and no worker: ${sender}`, async () => {
      const [worker] = haraka.workers()
      const offset = haraka.log().length
      const bystander = await haraka.connect({ proxyFrom: '8.8.50.9' })
      await bystander.ehlo()
      const report = await haraka.send({
        proxyFrom: '8.8.50.1',
        from: `${sender}@contoso.com`,
        headers: outdated(`${sender}.contoso.local`),
      })
      assert.equal(report.accepted, true, report.raw)
      if (hook !== null) {
        await haraka.logged(`fault in hook ${hook}, the mail goes on: `, 2000, offset)
      }
      assert.equal((await bystander.command('NOOP')).code, 250)
      await bystander.quit()
      assert.deepEqual(haraka.workers(), [worker])
      const after = await haraka.send({ proxyFrom: '8.8.50.1', headers: compliant('fine.contoso.local') })
      assert.equal(after.accepted, true)
      assert.equal(attributedTo(lastMessage(haraka)), 'usual')
      assert.doesNotMatch(haraka.log().slice(offset), /^\[CRIT\]/m)
    })
  }
})

describe('Clients that hang up, and a store that is slow', function () {
  this.timeout(30_000)
  let haraka: RunningHaraka
  let redis: RedisServer
  let address = 0

  before(async () => {
    redis = await startRedis()
    haraka = await startHaraka({
      nodes: 1,
      settings: `[main]\nmode = enforce\n${allHour}[store]\nbackend = redis\n[redis]\nhost = 127.0.0.1\nport = ${String(redis.port)}`,
      connectors: usual,
      // Haraka's own patience with a hook, in seconds: shorter than ours, and of no account.
      config: { 'exchange-enforcement.timeout': '0.05' },
    })
  })

  after(async () => {
    redis.resume()
    await haraka.stop()
    await redis.stop()
  })

  const nextAddress = (connector: 'usual' | 'at-connect'): string => {
    address += 1
    return `${connector === 'usual' ? '8.8.50' : '8.8.51'}.${String(address)}`
  }
  const message = `${outdated('ex01.contoso.local').join('\r\n')}\r\nSubject: x\r\n\r\nHi\r\n`
  const dialogue = [
    'EHLO ex01.contoso.com\r\n',
    'MAIL FROM:<a@contoso.com>\r\n',
    'RCPT TO:<b@example.com>\r\n',
    'DATA\r\n',
  ]
  const steps: [what: string, said: readonly string[]][] = [
    ['while connecting', []],
    ['after EHLO', dialogue.slice(0, 1)],
    ['after MAIL', dialogue.slice(0, 2)],
    ['after RCPT', dialogue.slice(0, 3)],
    ['after DATA', dialogue],
    ['in the middle of the message', [...dialogue, message.slice(0, 100)]],
    ['after the message', [...dialogue, `${message}.\r\n`]],
    ['after QUIT', [...dialogue, `${message}.\r\nQUIT\r\n`]],
    ['after RSET', [...dialogue.slice(0, 2), 'RSET\r\n']],
  ]
  const endings = ['destroy', 'resetAndDestroy', 'end'] as const

  for (const [what, said] of steps) {
    it(`leave everybody else alone when they go ${what}`, async () => {
      const [worker] = haraka.workers()
      const offset = haraka.log().length
      const bystander = await haraka.connect({ proxyFrom: nextAddress('usual') })
      await bystander.ehlo()
      for (const ending of endings) {
        redis.pause()
        const socket = connectTcp(haraka.port, '127.0.0.1')
        socket.on('error', () => undefined).resume()
        await once(socket, 'connect')
        socket.write(
          `PROXY TCP4 ${nextAddress(said.length === 0 ? 'at-connect' : 'usual')} 203.0.113.25 40000 25\r\n`,
        )
        for (const [index, line] of said.entries()) {
          socket.write(line)
          // The last one is left under way; those before it may run into the frozen store and wait for its deadline.
          await sleep(index === said.length - 1 ? 20 : line.startsWith('MAIL') ? 260 : 20)
        }
        socket[ending]()
        await sleep(30)
        redis.resume()
        await sleep(30)
      }
      assert.equal((await bystander.mail('a@contoso.com')).code, 250)
      assert.equal((await bystander.rcpt('b@example.com')).code, 250)
      assert.equal((await bystander.data(message)).code, 250)
      await bystander.quit()
      assert.deepEqual(haraka.workers(), [worker])
      assert.doesNotMatch(
        haraka.log().slice(offset),
        /^\[CRIT\]|Caught exception|fault in hook \w+, the mail goes on: TypeError/m,
      )
    })
  }

  it('are answered in time all the same: 200 ms a hook, and the mail is accepted', async () => {
    await sleep(1200)
    redis.pause()
    try {
      for (const proxyFrom of [nextAddress('usual'), nextAddress('at-connect')]) {
        const begun = performance.now()
        const report = await haraka.send({ proxyFrom, headers: outdated('ex02.contoso.local') })
        assert.equal(report.accepted, true)
        const tookMs = performance.now() - begun
        assert.ok(tookMs < 3 * 230 + 400, `took ${String(tookMs)} ms`)
        assert.equal(reportingFields(lastMessage(haraka)).length, 1)
      }
      assert.match(haraka.log(), /\[exchange-enforcement\] store: .* failed \(timeout\)/)
      assert.doesNotMatch(haraka.log(), /^\[CRIT\]/m)
    } finally {
      redis.resume()
    }
  })
})
