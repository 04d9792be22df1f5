import type { ConnectionOptions } from 'node:tls'
import { mailDate } from './exchange-headers'
import { connect } from './smtp-client'
import type { ConnectOptions, Reply, SmtpClient } from './smtp-client'

export interface MessageOptions extends ConnectOptions {
  readonly ehlo?: string
  /** STARTTLS with these, before the mail; `{}` = without a client certificate. */
  readonly startTls?: ConnectionOptions
  /** The envelope; `''` is the null sender. */
  readonly from?: string
  readonly to?: string | readonly string[]
  /** After the sender: `XOORG=contoso.com`. */
  readonly mailParameters?: string
  /** Raw fields put on top of From, To, Subject, Date and Message-ID. */
  readonly headers?: readonly string[]
  readonly subject?: string
  readonly body?: string
}

/** The command whose reply decided; `data` is DATA as well as the end of the message. */
export type Stage = 'connect' | 'helo' | 'starttls' | 'mail' | 'rcpt' | 'data'

export interface SessionReport {
  readonly stage: Stage
  readonly accepted: boolean
  readonly code: number
  readonly enhanced: string | null
  readonly text: string
  /** Every byte of the reply that decided. */
  readonly raw: string
  /** Whether the server closed the connection after that reply, instead of waiting for QUIT. */
  readonly closed: boolean
  /** All replies, greeting first, QUIT's left out. */
  readonly replies: readonly Reply[]
}

let written = 0

/** A whole message, CRLF line ends. */
export function messageText(options: Omit<MessageOptions, 'port'> = {}): string {
  const { from = 'alice@contoso.com', to = 'bob@example.com', headers = [], subject = 'Hello' } = options
  written += 1
  const fields = [
    ...headers,
    `From: <${from === '' ? 'postmaster@contoso.com' : from}>`,
    `To: <${typeof to === 'string' ? to : to.join('>, <')}>`,
    `Subject: ${subject}`,
    `Date: ${mailDate(Date.now())}`,
    `Message-ID: <${String(Date.now())}.${String(process.pid)}.${String(written)}@contoso.com>`,
  ]
  return `${fields.join('\r\n')}\r\n\r\n${options.body ?? 'A line of text.'}\r\n`
}

async function dialogue(
  client: SmtpClient,
  options: MessageOptions,
  replies: Reply[],
): Promise<{ stage: Stage; reply: Reply }> {
  const { from = 'alice@contoso.com', to = 'bob@example.com', startTls } = options
  const heard = (reply: Reply): Reply => {
    replies.push(reply)
    return reply
  }
  const refused = (reply: Reply): boolean => reply.code >= 400

  let reply = heard(client.greeting)
  if (refused(reply)) return { stage: 'connect', reply }
  reply = heard(await client.ehlo(options.ehlo))
  if (refused(reply)) return { stage: 'helo', reply }
  if (startTls) {
    reply = heard(await client.startTls(startTls))
    if (refused(reply)) return { stage: 'starttls', reply }
    reply = heard(await client.ehlo(options.ehlo))
    if (refused(reply)) return { stage: 'helo', reply }
  }
  reply = heard(await client.mail(from, options.mailParameters))
  if (refused(reply)) return { stage: 'mail', reply }
  let recipients = 0
  for (const recipient of typeof to === 'string' ? [to] : to) {
    reply = heard(await client.rcpt(recipient))
    if (!refused(reply)) recipients += 1
  }
  if (recipients === 0) return { stage: 'rcpt', reply }
  return { stage: 'data', reply: heard(await client.data(messageText(options))) }
}

/** One message in one session, as far as the server lets it come, and what it said. */
export async function sendMessage(options: MessageOptions): Promise<SessionReport> {
  const client = await connect(options)
  const replies: Reply[] = []
  try {
    const { stage, reply } = await dialogue(client, options, replies)
    const farewell = await client.quit()
    const { code, enhanced, text, raw } = reply
    const accepted = stage === 'data' && code >= 200 && code < 300
    return { stage, accepted, code, enhanced, text, raw, closed: farewell === null, replies }
  } finally {
    client.hangUp()
  }
}
