import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** Where to listen; port 0: any. */
export interface Address {
  readonly host: string
  readonly port: number
}

export interface Page {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Value of `WWW-Authenticate`. */
  readonly challenge?: string
}

/** What a page may want to know of who asks for it. */
export interface Asked {
  /** The `Authorization` header. */
  readonly authorization: string | undefined
}

type PageMaker = (asked: Asked) => Promise<Page>

export interface ListenerOptions {
  /** By path. A page that cannot be made is a 500. */
  readonly pages: ReadonlyMap<string, PageMaker>
  readonly onListening: (url: string) => void
  /** Told once for as long as the same thing is in the way. */
  readonly onFailure: (error: Error) => void
  readonly onFault: (error: unknown) => void
}

const firstRetryMs = 1_000
const longestRetryMs = 30_000
const patienceMs = 3_000
const maxConnections = 20

export function plainText(status: number, text: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}

/** Serves the pages; nothing of it ever throws, holds the process or waits for a client. */
export class Listener {
  readonly #options: ListenerOptions
  #address: Address | null = null
  #server: Server | null = null
  #retry: NodeJS.Timeout | null = null
  #complaint = ''

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** Moves to another address; `null`: nowhere. */
  use(address: Address | null): void {
    if (this.#address?.host === address?.host && this.#address?.port === address?.port) return
    this.close()
    this.#address = address
    if (address) this.#open(address, firstRetryMs)
  }

  /** At once: open connections are cut. */
  close(): void {
    this.#address = null
    this.#complaint = ''
    if (this.#retry) clearTimeout(this.#retry)
    this.#retry = null
    const server = this.#server
    this.#server = null
    server?.close()
    server?.closeAllConnections()
  }

  #open(address: Address, retryMs: number): void {
    const server = createServer(
      {
        headersTimeout: patienceMs,
        requestTimeout: patienceMs,
        connectionsCheckingInterval: 1_000,
        keepAliveTimeout: patienceMs,
        maxHeaderSize: 8_192,
      },
      (request, response) => {
        this.#answer(request, response).catch((error: unknown) => {
          this.#options.onFault(error)
          response.destroy()
        })
      },
    )
    this.#server = server
    server.maxConnections = maxConnections
    // A client that takes nothing of what it asked for.
    server.setTimeout(patienceMs)
    server.unref()
    server.on('error', (error) => {
      if (this.#server !== server) return
      server.close()
      if (this.#complaint !== error.message) this.#options.onFailure(error)
      this.#complaint = error.message
      this.#retry = setTimeout(() => this.#open(address, Math.min(retryMs * 2, longestRetryMs)), retryMs)
      this.#retry.unref()
    })
    server.listen(address.port, address.host, () => {
      this.#complaint = ''
      const bound = server.address()
      const port = typeof bound === 'object' && bound ? bound.port : address.port
      const host = address.host.includes(':') ? `[${address.host}]` : address.host
      this.#options.onListening(`http://${host}:${port}`)
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '' } = request
    const [path = ''] = (request.url ?? '').split('?')
    const make = this.#options.pages.get(path)
    request.resume()
    if (!make) send(response, plainText(404, 'not found'), method)
    else if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      send(response, plainText(405, 'method not allowed'), method)
    } else {
      const { authorization } = request.headers
      send(response, await this.#make(make, { authorization }), method)
    }
  }

  async #make(make: PageMaker, asked: Asked): Promise<Page> {
    try {
      return await make(asked)
    } catch (error) {
      this.#options.onFault(error)
      return plainText(500, 'this page could not be made; the log says why')
    }
  }
}

function send(response: ServerResponse, page: Page, method: string): void {
  response.writeHead(page.status, {
    'Content-Type': page.contentType,
    'Content-Length': Buffer.byteLength(page.body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(page.challenge !== undefined && { 'WWW-Authenticate': page.challenge }),
  })
  response.end(method === 'HEAD' ? undefined : page.body)
}
