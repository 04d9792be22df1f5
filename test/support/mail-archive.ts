import { closeSync, openSync, writeSync } from 'node:fs'
import { dayMs, hourMs } from '../../src/rules/time'
import { exchangeHeaders, mailDate } from './exchange-headers'

/** One server that sends into an archive. */
export interface ArchiveSender {
  /** As it calls itself; its sender domain is what follows the first dot. */
  readonly server: string
  readonly address: string
  /** What it runs from when on (epoch ms), oldest first; `null`: another product, which shows no build. */
  readonly builds: readonly { readonly from: number; readonly build: string | null }[]
  /** Whether it uses TLS. */
  readonly tls: boolean
}

/** One message as the mail server of mx.example.com stored it. */
export interface ArchivedMessage {
  readonly at: number
  readonly sender: ArchiveSender
  readonly build: string | null
  readonly fields: readonly string[]
  /** The mailbox's line before it. */
  readonly fromLine: string
}

export const archiveHost = 'mx.example.com'

/** A small generator of chance that gives the same each time (a linear congruence modulo a prime). */
export function chance(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** The message that `sender` sent at `at`, with the fields that its way into the archive has left. */
export function archivedMessage(sender: ArchiveSender, at: number, number: number): ArchivedMessage {
  const { server, address, tls } = sender
  const build = sender.builds.findLast(({ from }) => from <= at)?.build ?? null
  const domain = server.slice(server.indexOf('.') + 1)
  const own = `Received: from ${server} (${server} [${address}])\n\tby ${archiveHost} (Haraka/3.1.1) with ESMTP${tls ? 'S' : ''} id ${number.toString(16).toUpperCase()}.1\n\tenvelope-from <alice@${domain}>;\n\t${mailDate(at)}`
  const theirs =
    build === null
      ? [
          `Received: from laptop (unknown [10.1.2.3])\n\tby ${server} (Postfix) with ESMTPSA id 4XyZ1234abcd;\n\t${mailDate(at - 1000)}`,
        ]
      : exchangeHeaders({ server, build, at: at - 1000 }).map((field) => field.replaceAll('\r\n', '\n'))
  return {
    at,
    sender,
    build,
    fields: [
      `Return-Path: <alice@${domain}>`,
      'Delivered-To: bob@example.com',
      own,
      ...theirs,
      `From: Alice <alice@${domain}>`,
      'To: Bob <bob@example.com>',
      `Subject: Message ${String(number)}`,
      `Date: ${mailDate(at - 2000)}`,
      `Message-ID: <${String(number)}@${domain}>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
    ],
    fromLine: `From alice@${domain} ${mailboxDate(at)}`,
  }
}

/** `Sun Nov 22 12:00:00 2026`. */
function mailboxDate(at: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = mailDate(at).replace(',', '').split(' ')
  return `${weekday} ${month} ${day.padStart(2)} ${time} ${year}`
}

/** A fleet of every kind: outdated, patched on some day, compliant, and no Exchange. */
export function archiveSenders(count: number, start: number, days: number): readonly ArchiveSender[] {
  const random = chance(count)
  return Array.from({ length: count }, (_, index) => {
    const patchedAt = start + Math.floor(random() * days) * dayMs + 7 * hourMs
    const ways: readonly ArchiveSender['builds'][] = [
      [{ from: 0, build: '15.1.2507.16' }],
      [
        { from: 0, build: '15.1.2507.16' },
        { from: patchedAt, build: '15.2.2562.53' },
      ],
      [{ from: 0, build: '15.2.2562.53' }],
      [{ from: 0, build: null }],
    ]
    return {
      server: `ex${String(index).padStart(4, '0')}.${index % 2 === 0 ? 'contoso' : 'fabrikam'}.com`,
      address: `192.0.${String(2 + (index >> 8))}.${String(index & 255)}`,
      builds: ways[index % ways.length] ?? [],
      tls: index % 3 !== 0,
    }
  })
}

export interface MboxOptions {
  readonly bytes: number
  readonly senders: readonly ArchiveSender[]
  readonly start: number
  readonly days: number
  readonly bodyBytes: number
}

/** Writes an mbox of about so many bytes; calls `each` with every message in it. Gives how many there are. */
export function writeMbox(
  path: string,
  { bytes, senders, start, days, bodyBytes }: MboxOptions,
  each: (message: ArchivedMessage) => void = () => undefined,
): number {
  const random = chance(bytes)
  const line =
    'A line of text as people write them, neither very short nor too long.\n>From here on it is quoted.\n'
  const body = line.repeat(Math.ceil(bodyBytes / line.length))
  const count = Math.ceil(bytes / (bodyBytes + 1300))
  const file = openSync(path, 'w')
  let text = ''
  try {
    for (let number = 0; number < count; number += 1) {
      // Nearly in order, as an archive is that several folders were put into.
      const at = start + ((number + Math.floor(random() * 200)) / (count + 200)) * days * dayMs
      const sender = senders[Math.floor(random() * senders.length)]
      if (!sender) break
      const message = archivedMessage(sender, Math.floor(at / 1000) * 1000, number)
      each(message)
      text += `${message.fromLine}\n${message.fields.join('\n')}\n\n${body}\n`
      if (text.length > 1_000_000) {
        writeSync(file, text)
        text = ''
      }
    }
    writeSync(file, text)
  } finally {
    closeSync(file)
  }
  return count
}
