import { Readable } from 'node:stream'
import { createTransport } from 'nodemailer'
import { printable } from '../rules/decision/printable'
import type { Delivery } from '../rules/notice/ledger'
import type { Carrier } from './carrier'

export interface SmtpServer {
  readonly host: string
  readonly port: number
  readonly login: { readonly user: string; readonly password: string } | null
}

const silenceMs = 30_000
/** All in all; less than half of the age at which a claim counts as abandoned. */
const wholeMs = 120_000

/** Mail by SMTP to one server, with STARTTLS where it is offered; a password only ever goes encrypted, or to this host. */
export function smtpCarrier({ host, port, login }: SmtpServer): Carrier {
  const isLocal = ['localhost', '127.0.0.1', '::1'].includes(host)
  const transport = createTransport({
    host,
    port,
    secure: port === 465,
    requireTLS: login !== null && !isLocal && port !== 465,
    // Without a password there is nothing to lose to an impostor, and relays in the house have certificates of their own.
    tls: { rejectUnauthorized: login !== null && !isLocal },
    ...(login && { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: silenceMs,
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
  })
  return {
    async deliver({ to, content }, handOver) {
      let gate: 'shut' | 'open' | 'not-ours' = 'shut'
      // The message is complete only with its end, so up to there nothing has gone out.
      async function* message(): AsyncGenerator<string> {
        yield content
        if (!(await handOver())) {
          gate = 'not-ours'
          throw new Error('the letter has been taken over by another sender')
        }
        gate = 'open'
      }
      try {
        await transport.sendMail({
          envelope: { from: '', to: [to] },
          raw: Readable.from(message()),
          signal: AbortSignal.timeout(wholeMs),
        })
        return { result: 'sent' }
      } catch (error) {
        const state: string = gate
        return state === 'not-ours' ? state : failure(error, state === 'open')
      }
    },
  }
}

function failure(error: unknown, mayHaveGone: boolean): Delivery {
  const text = error instanceof Error ? error.message : String(error)
  const said = printable(text.replace(/\s+/g, ' ')).slice(0, 300)
  const code = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
  if (code >= 400) return { result: 'failed', error: said, permanent: code >= 500 }
  return mayHaveGone
    ? { result: 'unknown', error: said }
    : { result: 'failed', error: said, permanent: false }
}
