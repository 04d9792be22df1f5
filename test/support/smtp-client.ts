import { once } from 'node:events'
import { connect as connectTcp, isIPv6 } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'

/** What the server said to one command. */
export interface Reply {
  readonly code: number
  /** The lines without the code. */
  readonly lines: readonly string[]
  /** The lines joined by line feeds. */
  readonly text: string
  /** `4.7.230`, where the reply begins with one. */
  readonly enhanced: string | null
  /** Every byte of it, line ends too. */
  readonly raw: string
}

/** The peer that the server shall believe in, by the PROXY protocol. */
export interface ProxyPeer {
  readonly address: string
  readonly port?: number
  /** Where the peer connected to; Haraka takes 465 and 587 for submission. */
  readonly localAddress?: string
  readonly localPort?: number
}

export interface ConnectOptions {
  readonly port: number
  readonly proxyFrom?: string | ProxyPeer
  /** The address to connect from, one of 127.0.0.0/8; only Linux has more than 127.0.0.1 by itself. */
  readonly localAddress?: string
  /** TLS from the first byte. */
  readonly implicitTls?: boolean
  /** `key` and `cert` of the client, `ca` for the server's certificate; without `ca` that is not checked. */
  readonly tlsOptions?: ConnectionOptions
  /** How long to wait for each reply; default 8 s. */
  readonly timeoutMs?: number
}

/** The server closed the connection, or said nothing in time, where a reply was due. */
export class NoReply extends Error {
  constructor(
    what: string,
    readonly received: string,
  ) {
    super(`${what}; received so far: ${JSON.stringify(received)}`)
  }
}

function proxyLine(peer: string | ProxyPeer): string {
  const {
    address,
    port = 40000,
    localAddress,
    localPort = 25,
  } = typeof peer === 'string' ? { address: peer } : peer
  const six = isIPv6(address)
  const local = localAddress ?? (six ? '2001:db8::25' : '203.0.113.25')
  return `PROXY ${six ? 'TCP6' : 'TCP4'} ${address} ${local} ${String(port)} ${String(localPort)}\r\n`
}

/** The reply at the beginning of `buffer`, if it is there as a whole. */
function firstReply(buffer: string): Reply | undefined {
  const whole = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n/.exec(buffer)
  if (!whole) return undefined
  const [raw] = whole
  const lines = raw
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/\r$/, '').slice(4))
  return {
    code: Number(raw.slice(0, 3)),
    lines,
    text: lines.join('\n'),
    enhanced: /^[245]\.\d{1,3}\.\d{1,3}(?= |$)/.exec(lines[0] ?? '')?.[0] ?? null,
    raw,
  }
}

/** A mail server's side of a dialogue, line by line; it sends what it is told, right or wrong. */
export class SmtpClient {
  #socket: Socket
  #greeting: Reply | undefined
  #buffer = ''
  #ended = false
  #wake: (() => void) | undefined
  readonly #timeoutMs: number

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    this.#listen()
  }

  static async connect(options: ConnectOptions): Promise<SmtpClient> {
    const { port, proxyFrom, localAddress, implicitTls = false, tlsOptions = {}, timeoutMs = 8000 } = options
    const from = localAddress === undefined ? {} : { localAddress }
    const tcp = connectTcp({ port, host: '127.0.0.1', noDelay: true, ...from })
    await once(tcp, 'connect')
    if (proxyFrom !== undefined) tcp.write(proxyLine(proxyFrom))
    const client = new SmtpClient(implicitTls ? await secured(tcp, tlsOptions) : tcp, timeoutMs)
    try {
      client.#greeting = await client.reply()
    } catch (error) {
      client.hangUp()
      throw error
    }
    return client
  }

  get greeting(): Reply {
    if (this.#greeting === undefined) throw new Error('There was no greeting')
    return this.#greeting
  }

  /** The TLS side of the connection, once there is one. */
  get tls(): TLSSocket | null {
    return this.#socket instanceof TLSSocket ? this.#socket : null
  }

  /** Sends text as it is. */
  write(text: string): void {
    this.#socket.write(text)
  }

  /** The next reply, whichever command it belongs to. */
  async reply(): Promise<Reply> {
    const deadline = performance.now() + this.#timeoutMs
    for (;;) {
      const reply = firstReply(this.#buffer)
      if (reply) {
        this.#buffer = this.#buffer.slice(reply.raw.length)
        return reply
      }
      if (this.#ended) throw new NoReply('The server closed the connection', this.#buffer)
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw new NoReply(`No reply within ${String(this.#timeoutMs)} ms`, this.#buffer)
      await this.#change(leftMs)
    }
  }

  async command(line: string): Promise<Reply> {
    this.write(`${line}\r\n`)
    return this.reply()
  }

  /** All lines in one packet (RFC 2920), and one reply for each. */
  async pipeline(lines: readonly string[]): Promise<Reply[]> {
    this.write(lines.map((line) => `${line}\r\n`).join(''))
    const replies: Reply[] = []
    while (replies.length < lines.length) replies.push(await this.reply())
    return replies
  }

  ehlo(name = 'ex01.contoso.com'): Promise<Reply> {
    return this.command(`EHLO ${name}`)
  }

  /** The reply to STARTTLS; at 220 TLS is in place when this returns, and EHLO is due again. */
  async startTls(options: ConnectionOptions = {}): Promise<Reply> {
    const reply = await this.command('STARTTLS')
    if (reply.code !== 220) return reply
    this.#unlisten()
    this.#socket = await secured(this.#socket, options)
    this.#listen()
    return reply
  }

  /** `''` is the null sender. */
  mail(from: string, parameters = ''): Promise<Reply> {
    return this.command(`MAIL FROM:<${from}>${parameters === '' ? '' : ` ${parameters}`}`)
  }

  rcpt(to: string): Promise<Reply> {
    return this.command(`RCPT TO:<${to}>`)
  }

  /** The reply to the message, or to DATA where that was refused. Lines may end in LF; dots are stuffed here. */
  async data(message: string): Promise<Reply> {
    const invitation = await this.command('DATA')
    if (invitation.code !== 354) return invitation
    const lines = message.replace(/\r?\n$/, '').split(/\r?\n/)
    this.write(`${lines.map((line) => (line.startsWith('.') ? `.${line}` : line)).join('\r\n')}\r\n.\r\n`)
    return this.reply()
  }

  /** The reply to QUIT, or null where the server had closed, or closed instead. */
  async quit(): Promise<Reply | null> {
    try {
      return await this.command('QUIT')
    } catch (error) {
      if (error instanceof NoReply && this.#ended) return null
      throw error
    } finally {
      this.hangUp()
    }
  }

  /** Cuts the connection as a failing peer would. */
  hangUp(): void {
    this.#socket.destroy()
  }

  /** Whether the server has closed the connection, or does within the time given. */
  async closes(withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs
    while (!this.#ended && performance.now() < deadline) await this.#change(deadline - performance.now())
    return this.#ended
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#buffer += bytes.toString('latin1')
    this.#wake?.()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#wake?.()
  }

  #listen(): void {
    this.#socket.on('data', this.#onData).on('end', this.#onEnd)
    this.#socket.on('close', this.#onEnd).on('error', this.#onEnd)
    if (this.#socket.destroyed) this.#onEnd()
  }

  #unlisten(): void {
    this.#socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd)
  }

  /** Until bytes or the end arrive, or the time is over. */
  async #change(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, withinMs)
    })
    clearTimeout(timer)
  }
}

async function secured(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const tls = connectTls({ rejectUnauthorized: options.ca !== undefined, ...options, socket })
  await once(tls, 'secureConnect')
  return tls
}

/** Connects to 127.0.0.1 and waits for the greeting, which may be a refusal. */
export function connect(options: ConnectOptions): Promise<SmtpClient> {
  return SmtpClient.connect(options)
}
