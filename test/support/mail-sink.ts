import { once } from 'node:events'
import type { Socket } from 'node:net'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/** One message that the sink was handed whole. */
export interface Sunk {
  readonly from: string
  readonly to: string
  readonly raw: string
  readonly at: number
}

/** What the sink says to a recipient, or at the end of a message; `null`: it takes it. */
export type Answer = (to: string) => { readonly code: number; readonly text: string } | null

export interface SinkOptions {
  readonly atRecipient?: Answer
  readonly atEnd?: Answer
  /** Called with each message before it is answered. */
  readonly onMail?: (mail: Sunk) => Promise<void> | void
  /** Where the sink asks for a login. */
  readonly login?: { readonly user: string; readonly password: string }
  readonly port?: number
}

function refusal({ code, text }: { readonly code: number; readonly text: string }): Error {
  return Object.assign(new Error(text), { responseCode: code })
}

/** A mail server on a loopback port that keeps what it gets. */
export class MailSink {
  readonly mails: readonly Sunk[]
  readonly port: number
  readonly #server: SMTPServer
  readonly #sockets = new Set<Socket>()

  private constructor(server: SMTPServer, port: number, mails: Sunk[]) {
    this.#server = server
    this.port = port
    this.mails = mails
    server.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(options: SinkOptions = {}): Promise<MailSink> {
    const { atRecipient, atEnd, onMail, login } = options
    const mails: Sunk[] = []
    const server = new SMTPServer({
      disabledCommands: login ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
      authOptional: login === undefined,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      logger: false,
      onAuth: ({ username, password }, _session, done) => {
        if (login && username === login.user && password === login.password) done(null, { user: username })
        else done(new Error('wrong password'))
      },
      onRcptTo: ({ address }, _session, done) => {
        const answer = atRecipient?.(address) ?? null
        done(answer && refusal(answer))
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope
          const to = rcptTo[0]?.address ?? ''
          const answer = atEnd?.(to) ?? null
          const mail: Sunk = {
            from: mailFrom ? mailFrom.address : '',
            to,
            raw: Buffer.concat(chunks).toString('utf8'),
            at: Date.now(),
          }
          if (answer) return done(refusal(answer))
          mails.push(mail)
          Promise.resolve(onMail?.(mail)).then(
            () => done(),
            (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
          )
        })
      },
    })
    // Clients that are killed leave broken connections behind.
    server.on('error', () => undefined)
    const listening = server.listen(options.port ?? 0, '127.0.0.1')
    await once(listening, 'listening')
    const address = listening.address()
    if (address === null || typeof address === 'string') throw new Error('the system gave no port')
    return new MailSink(server, address.port, mails)
  }

  async parsed(): Promise<readonly ParsedMail[]> {
    return Promise.all(this.mails.map(({ raw }) => simpleParser(raw)))
  }

  /** Breaks all connections off. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** May be called again. */
  stop(): Promise<void> {
    this.hangUp()
    return new Promise((done) => {
      this.#server.close(() => done())
    })
  }
}

/** Source of a Haraka plugin that sends all outgoing mail to a port of this host. */
export function routeTo(port: number): string {
  return `exports.hook_get_mx = function (next) { next(OK, { exchange: '127.0.0.1', port: ${port}, priority: 0 }) }\n`
}
