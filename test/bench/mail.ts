import { exchangeHeaders, mailDate } from '../support/exchange-headers'
import type { Sender } from './load-client'

/** Who sends: nobody's, a tenant's with a build of today or of long ago, and one that is turned away at MAIL from memory. */
export const senderKinds = ['stranger', 'compliant', 'outdated', 'refused'] as const
export type SenderKind = (typeof senderKinds)[number]

export const compliantBuild = '15.2.2562.53'
export const outdatedBuild = '15.1.2507.16'

export const sendersOfAKind = 16
const messageBytes = 4096

const networks: Record<SenderKind, string> = {
  compliant: '8.8.1',
  outdated: '8.8.2',
  refused: '8.8.4',
  stranger: '8.8.9',
}

/** `exchange-enforcement.connectors.ini`: whoever refuses already at MAIL has a connector of his own. */
export const connectorsIni = `
[contoso]
tenant=contoso
addresses=${networks.compliant}.0/24, ${networks.outdated}.0/24
[fabrikam]
tenant=fabrikam
addresses=${networks.refused}.0/24
refuse_at=mail
`

/** The server behind a sender, and where it belongs. */
export interface KnownSender {
  readonly tenant: string
  readonly connector: string
  readonly server: string
  readonly address: string
  readonly build: string
}

export function knownSender(kind: SenderKind, number: number): KnownSender {
  const connector = kind === 'refused' ? 'fabrikam' : 'contoso'
  return {
    tenant: connector,
    connector,
    server: `${kind}${String(number).padStart(2, '0')}.${connector}.com`,
    address: `${networks[kind]}.${String(number)}`,
    build: kind === 'compliant' ? compliantBuild : outdatedBuild,
  }
}

/** The header block of one message, its lines joined by CRLF inside of a field. */
export function headerFields(kind: SenderKind, server: string, build: string): string[] {
  const at = Date.now()
  const received =
    kind === 'stranger'
      ? [
          `Received: from mail.example.net (mail.example.net [198.51.100.7])\r\n\tby ${server} (Postfix) with ESMTPS id 4XyZ1234abcd\r\n\tfor <bob@example.com>; ${mailDate(at)}`,
        ]
      : exchangeHeaders({ server, build, at })
  return [
    ...received,
    'From: <alice@contoso.com>',
    'To: <bob@example.com>',
    'Subject: A message of a few lines',
    `Date: ${mailDate(at)}`,
    'Message-ID: <1c9f6a0e@contoso.com>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain',
  ]
}

/** Several senders of a kind, each with a message of 4 KB. */
export function sendersOf(kind: SenderKind): Sender[] {
  return Array.from({ length: sendersOfAKind }, (_, index) => {
    const { server, address, build } = knownSender(kind, index + 1)
    const head = `${headerFields(kind, server, build).join('\r\n')}\r\n\r\n`
    const line = 'A line of text as people write them, neither very short nor too long.\r\n'
    const body = line.repeat(Math.ceil((messageBytes - head.length) / line.length))
    return { address, ehlo: server, from: 'alice@contoso.com', message: (head + body).slice(0, -2) }
  })
}
