import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Listener, plainText } from '../../src/metrics/listener'
import { freePort } from '../support/redis'
import { becomesTrue } from '../support/processes'

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.resume().once('close', resolve))
}

describe('The metrics listener', () => {
  let listener: Listener
  let url: string
  let failures: string[]
  let faults: string[]
  const sockets: Socket[] = []

  beforeEach(() => {
    url = ''
    failures = []
    faults = []
    listener = new Listener({
      pages: new Map([
        ['/page', () => Promise.resolve(plainText(200, 'hello'))],
        ['/broken', () => Promise.reject(new Error('no page today'))],
        [
          '/thrown',
          () => {
            throw new Error('not even a promise')
          },
        ],
      ]),
      onListening: (at) => {
        url = at
      },
      onFailure: (error) => failures.push(error.message),
      onFault: (error) => faults.push(String(error)),
    })
  })
  afterEach(() => {
    listener.close()
    for (const socket of sockets.splice(0)) socket.destroy()
  })

  async function open(host = '127.0.0.1', port = 0): Promise<void> {
    listener.use({ host, port })
    assert.ok(await becomesTrue(() => url !== '', 3000))
  }

  /** A client that says `text` and then neither speaks nor listens. */
  async function hangingClient(text: string): Promise<Socket> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined).pause()
    await once(socket, 'connect')
    socket.write(text)
    return socket
  }

  it('serves its pages to GET and HEAD, by path alone', async () => {
    await open()
    const got = await fetch(`${url}/page?x=1`)
    assert.deepEqual([got.status, await got.text()], [200, 'hello\n'])
    const head = await fetch(`${url}/page`, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '6', ''])
  })

  for (const [method, path, status] of [
    ['POST', '/page', 405],
    ['DELETE', '/page', 405],
    ['GET', '/', 404],
    ['GET', '/page/', 404],
    ['GET', '//page', 404],
    ['GET', '/../page', 200],
    ['POST', '/elsewhere', 404],
  ] as const) {
    it(`answers ${method} ${path} with ${status}`, async () => {
      await open()
      assert.equal((await fetch(`${url}${path}`, { method })).status, status)
    })
  }

  it('answers 500 where a page cannot be made, and serves on', async () => {
    await open()
    for (const path of ['/broken', '/thrown']) assert.equal((await fetch(`${url}${path}`)).status, 500)
    assert.deepEqual(faults, ['Error: no page today', 'Error: not even a promise'])
    assert.equal((await fetch(`${url}/page`)).status, 200)
  })

  it('says once that a port is taken, and takes it as soon as it is free', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    listener.use({ host: '127.0.0.1', port })
    await sleep(1500)
    assert.equal(failures.length, 1)
    assert.match(failures[0] ?? '', /EADDRINUSE.*127\.0\.0\.1/)
    other.close()
    assert.ok(await becomesTrue(() => url !== '', 5000))
    assert.equal((await fetch(`${url}/page`)).status, 200)
  })

  it('gives up trying when it is closed', async () => {
    listener.use({ host: '203.0.113.1', port: 9904 })
    assert.ok(await becomesTrue(() => failures.length > 0, 3000))
    listener.close()
    const before = failures.length
    await sleep(1300)
    assert.equal(failures.length, before)
    assert.equal(url, '')
  })

  it('moves to another address, and stays where it is when nothing changed', async () => {
    await open()
    const before = url
    url = ''
    const port = await freePort()
    listener.use({ host: '127.0.0.1', port })
    assert.ok(await becomesTrue(() => url !== '', 3000))
    assert.equal(url, `http://127.0.0.1:${port}`)
    await assert.rejects(fetch(`${before}/page`))
    listener.use({ host: '127.0.0.1', port })
    assert.equal((await fetch(`${url}/page`)).status, 200)
    listener.use(null)
    await assert.rejects(fetch(`${url}/page`))
  })

  it('writes IPv6 addresses in brackets', async () => {
    await open('::1')
    assert.match(url, /^http:\/\/\[::1\]:\d+$/)
    assert.equal((await fetch(`${url}/page`)).status, 200)
  })

  it('is not held up by clients that hang, and cuts them off when it closes', async () => {
    await open()
    const hanging = await Promise.all(
      ['', 'GET /page HTTP/1.1\r\nHost: a', 'GET /page HTTP/1.1\r\nHost: a\r\n\r\n'].map(hangingClient),
    )
    assert.equal((await fetch(`${url}/page`)).status, 200)
    const cut = Promise.all(hanging.map(closed))
    const begun = performance.now()
    listener.close()
    await cut
    assert.ok(performance.now() - begun < 1000)
  })

  it('gets rid of clients that hang by itself, however many', async function () {
    this.timeout(15_000)
    await open()
    const hanging = await Promise.all(
      Array.from({ length: 30 }, () => hangingClient('GET /page HTTP/1.1\r\n')),
    )
    await Promise.all(hanging.map(closed))
    assert.equal((await fetch(`${url}/page`)).status, 200)
  })

  it('ends the session of whoever does not speak HTTP', async () => {
    await open()
    for (const text of [
      'EHLO contoso.com\r\n',
      '\0\xff\n\n',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      const socket = await hangingClient(text)
      await closed(socket)
    }
    assert.equal((await fetch(`${url}/page`)).status, 200)
  })
})
