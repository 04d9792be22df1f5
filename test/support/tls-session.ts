import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, createServer as createPlainServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { TLSSocket, connect as connectTls, createSecureContext, createServer } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import type { KeyAndCertificate } from './certificates'

/** How the TLS socket comes into being: on port 465 by the server's own handshake, after STARTTLS bare, as Haraka makes it. */
export type Shape = 'implicit TLS' | 'STARTTLS'

export const shapes: readonly Shape[] = ['implicit TLS', 'STARTTLS']

/** Weak certificates must get through the handshake, to be refused by us. */
const ciphers = 'DEFAULT@SECLEVEL=0'

/** A server on a free port of 127.0.0.1 that asks for a client certificate and hands out what Haraka has in `connection.client`. */
export class TlsListener {
  readonly #server: Server
  readonly #clients: unknown[] = []
  readonly #sockets = new Set<Socket>()
  /** Of the last client, to resume its TLS session with. */
  session: Buffer | null = null

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(shape: Shape, identity: KeyAndCertificate): Promise<TlsListener> {
    const [key, cert] = await Promise.all([readFile(identity.key), readFile(identity.cert)])
    const asking = { requestCert: true, rejectUnauthorized: false }
    const server =
      shape === 'implicit TLS' ? createServer({ key, cert, ciphers, ...asking }) : createPlainServer()
    const listener = new TlsListener(server)
    if (shape === 'implicit TLS')
      server.on('secureConnection', (socket: TLSSocket) => listener.#accept(socket, socket))
    else {
      server.on('connection', (plain) => {
        const secureContext = createSecureContext({ key, cert, ciphers })
        const cleartext = new TLSSocket(plain, { isServer: true, secureContext, server, ...asking })
        cleartext.once('secure', () => listener.#accept(cleartext, { cleartext }))
      })
    }
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connects with the certificate, or without any, and gives the server's side of the session. */
  async client(identity: KeyAndCertificate | null, options: ConnectionOptions = {}): Promise<unknown> {
    const files = identity && { key: await readFile(identity.key), cert: await readFile(identity.cert) }
    const socket = connectTls({
      socket: connect(this.port, '127.0.0.1'),
      rejectUnauthorized: false,
      ciphers,
      ...files,
      ...options,
    })
    this.#sockets.add(socket)
    socket.resume()
    socket.on('session', (session: Buffer) => (this.session = session))
    const accepted = once(this.#server, 'accepted')
    await once(socket, 'secureConnect')
    if (this.#clients.length === 0) await accepted
    return this.#clients.shift()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #accept(socket: TLSSocket, client: unknown): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.write('220 ready\r\n')
    this.#clients.push(client)
    this.#server.emit('accepted')
  }
}
