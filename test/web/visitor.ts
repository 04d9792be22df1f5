import assert from 'node:assert/strict'
import { request, type IncomingHttpHeaders } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Asks a page as a browser without script does, and keeps its cookie; nothing is followed unasked. */
export class Visitor {
  #cookie = ''

  constructor(
    private readonly origin: string,
    private readonly more: Readonly<Record<string, string>> = {},
  ) {}

  get cookie(): string {
    return this.#cookie
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask('GET', path, headers)
  }

  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const body = new URLSearchParams(fields).toString()
    return this.ask('POST', path, { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body)
  }

  /** Fills in the form of a page that has a token against forgery, and sends it there. */
  async submit(path: string, fields: Readonly<Record<string, string>>, to = path): Promise<Answer> {
    const page = await this.get(path)
    return this.post(to, { _csrf: tokenIn(page), ...fields })
  }

  /** Gives an order: its form, then the button of the page that shows what it will do. */
  async order(path: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const review = await this.submit(path, fields)
    assert.equal(review.status, 200, review.text)
    return this.post(confirmationIn(review), { _csrf: tokenIn(review) })
  }

  async login(token: string): Promise<Answer> {
    const answer = await this.post('/login', { token })
    assert.equal(answer.status, 303)
    return answer
  }

  ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body = '',
  ): Promise<Answer> {
    const { hostname, port } = new URL(this.origin)
    return new Promise((done, failed) => {
      const cookie = this.#cookie === '' ? {} : { cookie: this.#cookie }
      const asked = request(
        {
          host: hostname,
          port,
          method,
          path,
          headers: { ...cookie, ...this.more, ...headers },
          agent: false,
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
          response.on('end', () => {
            const [set] = response.headers['set-cookie'] ?? []
            if (set !== undefined) this.#cookie = set.split(';')[0] ?? ''
            done({ status: response.statusCode ?? 0, headers: response.headers, text })
          })
        },
      )
      asked.on('error', failed)
      asked.end(body)
    })
  }
}

export function tokenIn({ text }: Answer): string {
  return (
    /name="_csrf" value="([^"]+)"/.exec(text.slice(text.indexOf('<main')) || text)?.[1] ?? anyTokenIn(text)
  )
}

function anyTokenIn(text: string): string {
  return /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''
}

export function confirmationIn({ text }: Answer): string {
  return /action="(\/orders\/[^"]+)"/.exec(text)?.[1] ?? ''
}
