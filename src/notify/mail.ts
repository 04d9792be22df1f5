import MailComposer from 'nodemailer/lib/mail-composer'
import type { Document } from './document'
import { renderHtml } from './html'
import { renderText } from './text'
import type { Texts } from './texts/texts'

export interface Envelope {
  /** Address of the sender. */
  readonly from: string
  readonly replyTo: string | null
  readonly to: string
  readonly tenant: string
  /** Of the letter; the Message-ID is made of it, so that a repeat is known as one. */
  readonly letter: string
  /** Epoch ms at which the letter was begun, which a repeat bears as well. */
  readonly madeAt: number
}

/** The whole message, CRLF line ends, for a null return path: no answer of a machine comes back to it. */
export async function composeMail(document: Document, texts: Texts, envelope: Envelope): Promise<string> {
  const { from, replyTo, to, tenant, letter, madeAt } = envelope
  const domain = domainOf(from)
  const message = new MailComposer({
    from,
    to,
    ...(replyTo !== null && replyTo !== from && { replyTo }),
    subject: document.subject,
    text: renderText(document, texts),
    html: renderHtml(document, texts.language),
    messageId: messageIdOf(letter, from),
    date: new Date(madeAt),
    newline: 'win',
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-Id': `<${tenant}.exchange-enforcement.${domain}>`,
      'Content-Language': texts.language,
    },
  })
  const built = await message.compile().build()
  return built.toString('utf8')
}

export function messageIdOf(letter: string, from: string): string {
  return `<${letter}@${domainOf(from)}>`
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
