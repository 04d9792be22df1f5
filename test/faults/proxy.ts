import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Address } from '../support/redis'

/** What becomes of bytes on their way; `null`: they are swallowed, and the connection stays. */
type Passage = { readonly delayMs: number } | null

/** Between Haraka and a Redis on loopback: a network that can be slow, deaf, or cut. */
export class FaultyNetwork {
  readonly #server: Server
  readonly #target: Address
  readonly #sockets = new Set<Socket>()
  #there: Passage = { delayMs: 0 }
  #back: Passage = { delayMs: 0 }
  #resets = false

  private constructor(server: Server, target: Address) {
    this.#server = server
    this.#target = target
    server.on('connection', (socket) => this.#bridge(socket))
  }

  static async before(target: Address): Promise<FaultyNetwork> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultyNetwork(server, target)
  }

  get port(): number {
    const address = this.#server.address()
    const isOpen = (found: typeof address): found is AddressInfo =>
      typeof found === 'object' && found !== null
    if (!isOpen(address)) throw new Error('the network is closed')
    return address.port
  }

  /** Half of the time on each way. */
  slow(roundTripMs: number): void {
    this.#there = this.#back = { delayMs: roundTripMs / 2 }
  }

  /** Nothing arrives any more, and nobody is told. */
  dropAll(): void {
    this.#there = this.#back = null
  }

  /** Commands arrive and are carried out; their answers are lost. */
  dropAnswers(): void {
    this.#back = null
  }

  /** Every connection, those that are open and those to come, ends in a reset. */
  resetAll(): void {
    this.#resets = true
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  mend(): void {
    this.#there = this.#back = { delayMs: 0 }
    this.#resets = false
    // What was swallowed on a connection leaves it out of step for good.
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #bridge(near: Socket): void {
    if (this.#resets) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ ...this.#target, noDelay: true })
    this.#pipe(near, far, () => this.#there)
    this.#pipe(far, near, () => this.#back)
  }

  #pipe(from: Socket, to: Socket, passage: () => Passage): void {
    this.#sockets.add(from)
    from.on('data', (bytes: Buffer) => {
      const now = passage()
      if (now === null) return
      if (now.delayMs === 0) to.write(bytes)
      else setTimeout(() => to.write(bytes), now.delayMs).unref()
    })
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
