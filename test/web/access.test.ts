import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { hourMs, minuteMs } from '../../src/rules/time'
import { runningServer } from '../cli/support'
import { Office } from './office'
import { confirmationIn, tokenIn } from './visitor'

const pages = [
  '/',
  '/servers',
  '/servers/contoso/ex01.contoso.com',
  '/tenants',
  '/tenants/contoso',
  '/tenants/contoso/pause',
  '/tenants/contoso/resume',
  '/tenants/contoso/exempt',
  '/tenants/contoso/unexempt',
  '/catalogue',
  '/configuration',
]

describe('Access to the page', function () {
  this.timeout(30_000)
  let office: Office

  before(async () => {
    office = new Office()
    await office.place.put(runningServer('ex01.contoso.com', 65, Date.now()))
    await office.open()
  })
  after(() => office.remove())
  beforeEach(() => {
    office.aheadMs = 0
  })

  for (const path of [...pages, '/nowhere', '/orders/1', '/..%2f..%2fetc/passwd']) {
    it(`needs a login, and comes back after it: ${path}`, async () => {
      const visitor = office.visitor()
      const sent = await visitor.get(path)
      assert.equal(sent.status, 303)
      assert.equal(sent.text, '')
      const to = sent.headers.location ?? ''
      const form = await visitor.get(to)
      assert.equal(form.status, 200)
      assert.doesNotMatch(form.text, /<nav|<table|fabrikam/, 'a stranger learns nothing')
      const next = /name="next" value="([^"]*)"/.exec(form.text)?.[1] ?? '/'
      assert.equal(next, path)
      const entered = await visitor.post('/login', { token: office.token, next })
      assert.deepEqual([entered.status, entered.headers.location], [303, path])
    })
  }

  for (const [path, status, type] of [
    ['/healthz', 200, 'text/plain; charset=utf-8'],
    ['/login', 200, 'text/html; charset=utf-8'],
  ] as const) {
    it(`needs none: ${path}`, async () => {
      const answer = await office.visitor().get(path)
      assert.deepEqual([answer.status, answer.headers['content-type']], [status, type])
    })
  }

  it('needs none for the stylesheet, which a browser may keep', async () => {
    const { text } = await office.visitor().get('/login')
    const address = /<link rel="stylesheet" href="([^"]+)"/.exec(text)?.[1] ?? ''
    const answer = await office.visitor().get(address)
    assert.equal(answer.headers['content-type'], 'text/css; charset=utf-8')
    assert.match(answer.headers['cache-control'] ?? '', /immutable/)
    assert.doesNotMatch(answer.text, /url\(|@import/)
  })

  it('sends no page of orders to whoever is not logged in, nor takes one', async () => {
    for (const path of ['/tenants/contoso/pause', '/orders/1', '/logout', '/']) {
      const answer = await office.visitor().post(path, { days: '1', reason: 'x' })
      assert.deepEqual([answer.status, answer.headers.location], [303, '/login'], path)
    }
  })

  it('sends headers with every answer that leave nothing to another site', async () => {
    const inside = await office.loggedIn()
    const answers = [
      ...(await Promise.all(pages.map((path) => inside.get(path)))),
      await inside.get('/nowhere'),
      await inside.get('/%zz'),
      await inside.get('/', { host: 'evil.example.com' }),
      await office.visitor().get('/login'),
      await office.visitor().get('/'),
      await office.visitor().get('/healthz'),
      await inside.ask('PUT', '/'),
    ]
    for (const { headers } of answers) {
      const expected = {
        'content-security-policy':
          "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
        server: undefined,
        'x-powered-by': undefined,
        'access-control-allow-origin': undefined,
      }
      const found = Object.fromEntries(Object.keys(expected).map((name) => [name, headers[name]]))
      assert.deepEqual(found, expected)
    }
  })

  for (const [method, path, status, reason] of [
    ['GET', '/nowhere', 404, 'no such page'],
    ['GET', '/tenants/northwind', 404, 'no such tenant'],
    ['GET', '/tenants/northwind/pause', 404, 'nor an order about it'],
    ['GET', '/servers/contoso/ex99.contoso.com', 404, 'no such server'],
    ['GET', '/servers/fabrikam/ex01.contoso.com', 404, 'of another tenant'],
    ['GET', '/tenants/contoso/', 404, 'a slash too many'],
    ['GET', '//tenants', 404, 'another one'],
    ['GET', '/%zz', 400, 'no address'],
    ['GET', '/__proto__', 404, 'nor what objects inherit'],
    ['HEAD', '/servers', 200, 'the headers of a page'],
    ['PUT', '/', 404, 'nothing that is offered'],
    ['GET', `/servers/contoso/${'a'.repeat(1500)}`, 404, 'a name that is very long'],
  ] as const) {
    it(`answers ${method} ${path.slice(0, 40)} with ${status}: ${reason}`, async () => {
      const answer = await (await office.loggedIn()).ask(method, path)
      assert.equal(answer.status, status)
      assert.doesNotMatch(answer.text, /\n\s+at |node_modules|\.ts:|\.js:/, 'no stack')
      if (method === 'GET') assert.match(answer.text, /<h1>/)
    })
  }

  it('refuses what is longer than any form, and what is none', async () => {
    const inside = await office.loggedIn()
    const long = await inside.post('/tenants/contoso/pause', { reason: 'x'.repeat(20_000) })
    assert.equal(long.status, 413)
    const json = await inside.ask(
      'POST',
      '/tenants/contoso/pause',
      { 'content-type': 'application/json' },
      '{}',
    )
    assert.equal(json.status, 415)
    const plain = await inside.ask('POST', '/tenants/contoso/pause', { 'content-type': 'text/plain' }, 'a=b')
    assert.equal(plain.status, 415)
  })

  it('answers to its own names alone, so that no site elsewhere can take one that leads here', async () => {
    const inside = await office.loggedIn()
    for (const host of ['evil.example.com', 'evil.example.com:9905', 'localhost.example.com']) {
      const answer = await inside.get('/', { host })
      assert.equal(answer.status, 421, host)
      assert.doesNotMatch(answer.text, /contoso/)
    }
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:80'])
      assert.equal((await inside.get('/', { host })).status, 200)
  })

  describe('by token', () => {
    it('lets in who has it; the cookie is for this server alone', async () => {
      const answer = await office.visitor().login(office.token)
      const [cookie = ''] = answer.headers['set-cookie'] ?? []
      assert.match(cookie, /^exchange-enforcement-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
      assert.match(office.lines.at(-1) ?? '', /event=login session=[\w-]{8} remote=127\.0\.0\.1$/)
    })

    for (const [token, reason] of [
      ['', 'none'],
      ['x'.repeat(43), 'a wrong one'],
      ['x'.repeat(10_000), 'a long one'],
    ] as const) {
      it(`keeps out who has ${reason}`, async () => {
        const visitor = office.visitor()
        const answer = await visitor.post('/login', { token })
        assert.equal(answer.status, 401)
        assert.match(answer.text, /role="alert"[^>]*>\s*That is not the token\./)
        assert.equal(visitor.cookie, '')
        assert.match(office.lines.at(-1) ?? '', /event=login-refused remote=127\.0\.0\.1 why="wrong token"$/)
        await office.loggedIn()
      })
    }

    it('makes whoever guesses wait, even with the right one', async () => {
      const guesser = office.visitor()
      for (let attempt = 0; attempt < 6; attempt += 1) await guesser.post('/login', { token: 'wrong' })
      const answer = await guesser.post('/login', { token: office.token })
      assert.equal(answer.status, 429)
      assert.match(answer.headers['retry-after'] ?? '', /^[12]$/)
      office.aheadMs = 3_000
      await guesser.login(office.token)
    })

    it('gives each login a session of its own, and takes none that somebody made up', async () => {
      const fixed = office.visitor({ cookie: 'exchange-enforcement-session=made-up' })
      assert.equal((await fixed.get('/')).status, 303)
      const [first, second] = [await office.loggedIn(), await office.loggedIn()]
      assert.notEqual(first.cookie, second.cookie)
    })

    it('ends with the logout, at once and for that session alone', async () => {
      const [first, second] = [await office.loggedIn(), await office.loggedIn()]
      const copied = first.cookie
      const answer = await first.submit('/', {}, '/logout')
      assert.deepEqual([answer.status, answer.headers.location], [303, '/login'])
      assert.equal((await office.visitor({ cookie: copied }).get('/')).status, 303)
      assert.equal((await second.get('/')).status, 200)
    })

    it('ends after half an hour without a word, and after twelve hours with', async () => {
      const idle = await office.loggedIn()
      office.aheadMs = 30 * minuteMs + 1000
      assert.equal((await idle.get('/')).status, 303)
      const busy = await office.loggedIn()
      for (let at = office.aheadMs; at < 12 * hourMs + 25 * minuteMs; at += 25 * minuteMs) {
        office.aheadMs = at
        assert.equal((await busy.get('/healthz')).status, 200)
        assert.equal((await busy.get('/catalogue')).status, 200)
      }
      office.aheadMs += 31 * minuteMs
      assert.equal((await busy.get('/')).status, 303)
    })

    it('ends when the token is exchanged', async () => {
      const before = await office.loggedIn()
      office.writeToken(`${office.token}-another`)
      assert.equal((await before.get('/')).status, 303)
      assert.equal((await office.visitor().post('/login', { token: office.token })).status, 401)
      office.writeToken(office.token)
      await office.loggedIn()
    })

    it('lets in nobody without a token in force, and says that it is not the visitor', async () => {
      const before = await office.loggedIn()
      office.writeToken('short')
      assert.equal((await before.get('/')).status, 303)
      const answer = await office.visitor().post('/login', { token: 'short' })
      assert.equal(answer.status, 503)
      assert.match(answer.text, /Nobody can log in now/)
      assert.match(office.lines.at(-1) ?? '', /event=login-refused .* why="token file .* holds 5 characters/)
      office.writeToken(office.token)
      await office.loggedIn()
    })
  })

  describe('from another site', () => {
    const pause = { days: '1', reason: 'x' }

    for (const [reason, forge] of [
      ['without a token', () => ({})],
      ['with an empty one', () => ({ _csrf: '' })],
      ['with one made up', () => ({ _csrf: 'abcdefgh-abcdefghijklmnopqrstuvwxyz' })],
    ] as const) {
      it(`is refused: a form ${reason}`, async () => {
        const inside = await office.loggedIn()
        for (const path of ['/tenants/contoso/pause', '/tenants/contoso/exempt', '/orders/1', '/logout']) {
          const answer = await inside.post(path, { ...pause, ...forge() })
          assert.equal(answer.status, 403, path)
          assert.match(answer.text, /not valid any more/)
        }
        assert.equal((await inside.get('/')).status, 200, 'it is still logged in')
      })
    }

    it('is refused: a form with the token of another session, and an order of another session', async () => {
      const [mine, foreign] = [await office.loggedIn(), await office.loggedIn()]
      const foreignToken = tokenIn(await foreign.get('/tenants/contoso/pause'))
      const answer = await mine.post('/tenants/contoso/pause', { ...pause, _csrf: foreignToken })
      assert.equal(answer.status, 403)
      const review = await foreign.submit('/tenants/contoso/pause', pause)
      const ownToken = tokenIn(await mine.get('/tenants/contoso/pause'))
      const stolen = await mine.post(confirmationIn(review), { _csrf: ownToken })
      assert.equal(stolen.status, 409)
    })

    it('is refused: what a browser says another site made it send, also a login', async () => {
      const inside = await office.loggedIn()
      const token = tokenIn(await inside.get('/tenants/contoso/pause'))
      for (const from of ['cross-site', 'same-site']) {
        const headers = { 'sec-fetch-site': from }
        const order = await inside.post('/tenants/contoso/pause', { ...pause, _csrf: token }, headers)
        assert.equal(order.status, 403)
        assert.equal((await office.visitor().post('/login', { token: office.token }, headers)).status, 403)
      }
      for (const from of ['same-origin', 'none']) {
        const headers = { 'sec-fetch-site': from }
        const order = await inside.post('/tenants/contoso/pause', { ...pause, _csrf: token }, headers)
        assert.equal(order.status, 200)
      }
    })
  })

  it('survives clients that do not speak HTTP, and cuts them off', async () => {
    const port = Number(new URL(office.origin).port)
    for (const text of [
      'EHLO contoso.com\r\n\r\n',
      '\0\xff\r\n\r\n',
      `GET /${'a'.repeat(30_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      socket.write(text)
      socket.resume()
      await once(socket, 'close')
    }
    assert.equal((await office.visitor().get('/healthz')).status, 200)
  })
})

describe('Access through a reverse proxy', function () {
  this.timeout(30_000)
  const host = 'enforcement.example.com'
  let office: Office

  before(async () => {
    office = new Office('', `public_url = https://${host}`)
    await office.open()
  })
  after(() => office.remove())

  it('answers to its name, and then keeps the cookie for https', async () => {
    const answer = await office.visitor().post('/login', { token: office.token }, { host })
    assert.match(answer.headers['set-cookie']?.[0] ?? '', /; HttpOnly; Secure; SameSite=Strict$/)
    const tunnel = await office.visitor().post('/login', { token: office.token })
    assert.doesNotMatch(tunnel.headers['set-cookie']?.[0] ?? '', /Secure/)
  })

  it('writes down who spoke to the proxy, and believes nobody before that', async () => {
    await office
      .visitor()
      .post('/login', { token: office.token }, { host, 'x-forwarded-for': '203.0.113.9, 198.51.100.7' })
    assert.match(office.lines.at(-1) ?? '', /remote=198\.51\.100\.7$/)
  })

  it('makes one guesser wait, and nobody else', async () => {
    const from = (address: string) => ({ host, 'x-forwarded-for': address })
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await office.visitor().post('/login', { token: 'wrong' }, from('198.51.100.66'))
    }
    const guess = await office.visitor().post('/login', { token: office.token }, from('198.51.100.66'))
    assert.equal(guess.status, 429)
    const other = await office.visitor().post('/login', { token: office.token }, from('198.51.100.7'))
    assert.equal(other.status, 303)
  })

  it('believes no forwarded address where no proxy is configured', async () => {
    const plain = new Office()
    await plain.open()
    try {
      await plain.visitor().post('/login', { token: plain.token }, { 'x-forwarded-for': '203.0.113.9' })
      assert.match(plain.lines.at(-1) ?? '', /remote=127\.0\.0\.1$/)
    } finally {
      await plain.remove()
    }
  })
})
