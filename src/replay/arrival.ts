import { trustAnchorId, type Connector } from '../rules/attribution/connector'
import { normaliseDomain } from '../rules/attribution/domain'
import type { PresentedCertificate } from '../rules/attribution/session'
import { valueOf } from '../rules/evidence/received'
import type { Session } from '../enforcement/session'
import type { FoundMessage } from '../mailbox/messages'
import { parseFromLineDate, parseMessageDate } from './mail-date'
import { findBorder, type Border, type OwnHosts } from './own-hosts'
import type { Peer } from './peer'

/** A stored message as it once arrived. */
export interface Arrival {
  /** Epoch ms; `null`: nothing in it tells. */
  readonly at: number | null
  /** `null`: no field of ours tells who sent it. */
  readonly session: Session | null
  /** Which of our hosts took it in; `null` like the session. */
  readonly receivedBy: string | null
  /** As the peer sent them: those below our own. */
  readonly fields: readonly string[]
  /** The envelope sender's domain, `''` for `<>`; `null`: not known. */
  readonly senderDomain: string | null
  /** The same text for every copy of one message that arrived once, for several recipients or folders. */
  readonly copyKey: string
}

/** Reads arrivals out of stored messages. */
export class ArrivalReader {
  readonly #own: OwnHosts
  readonly #anchors: ReadonlySet<string>

  /** `connectors`: whose certificates might have been shown. */
  constructor(own: OwnHosts, connectors: readonly Connector[]) {
    this.#own = own
    this.#anchors = new Set(connectors.map(({ trust, tlsPurpose }) => trustAnchorId(trust, tlsPurpose)))
  }

  read(message: Pick<FoundMessage, 'fields' | 'fromLine'>): Arrival {
    const { fields } = message
    const border = findBorder(fields, this.#own)
    const senderDomain = senderDomainOf(message, border)
    return {
      at: timeOf(message, border),
      session: border && this.#session(border.peer, senderDomain),
      receivedBy: border?.host ?? null,
      fields: border ? fields.slice(border.index + 1) : fields,
      senderDomain,
      copyKey: copyKeyOf(fields, border),
    }
  }

  #session(peer: Peer, senderDomain: string | null): Session | null {
    if (peer.address === null) return null
    return {
      facts: { address: peer.address, certificate: this.#certificate(peer), senderDomain },
      address: peer.addressText,
      ehlo: peer.ehlo,
      reverseName: peer.reverseName,
      xoorg: null,
      skip: peer.isAuthenticated ? 'authenticated' : null,
    }
  }

  /** Few servers write down which certificate a client showed: it is taken to be made out for the name that the client had. */
  #certificate({ isTls, certificateName, ehlo, reverseName }: Peer): PresentedCertificate | null {
    if (!isTls || this.#anchors.size === 0) return null
    const names = certificateName === null ? [ehlo, reverseName] : [certificateName]
    return { names: names.filter((name) => name !== null), trustedBy: this.#anchors }
  }
}

function firstValue(fields: readonly string[], name: string): string | null {
  for (const field of fields) {
    const at = valueOf(field, name)
    if (at >= 0) return field.slice(at)
  }
  return null
}

/** Our own clock first: that of the host that took it in, then of the mailbox; what the sender wrote only where there is neither. */
function timeOf(
  { fields, fromLine }: Pick<FoundMessage, 'fields' | 'fromLine'>,
  border: Border | null,
): number | null {
  return (
    (border && dateOf(fields[border.index] ?? '')) ??
    (fromLine === null ? null : parseFromLineDate(fromLine)) ??
    dateOf(firstValue(fields, 'received') ?? '') ??
    parseMessageDate(firstValue(fields, 'date') ?? '')
  )
}

/** The date stands behind the last semicolon. */
function dateOf(received: string): number | null {
  const at = received.lastIndexOf(';')
  return at < 0 ? null : parseMessageDate(received.slice(at + 1))
}

function senderDomainOf(
  { fields, fromLine }: Pick<FoundMessage, 'fields' | 'fromLine'>,
  border: Border | null,
): string | null {
  const returnPath = firstValue(fields, 'return-path')
  if (returnPath !== null) return domainOf(returnPath)
  const written = /\senvelope-from[ =]*<?([^\s>;)]*)/i.exec(border ? (fields[border.index] ?? '') : '')
  if (written) return domainOf(written[1] ?? '')
  const [, sender = '-'] = fromLine?.split(' ', 2) ?? []
  if (sender === 'MAILER-DAEMON') return ''
  return sender.includes('@') ? domainOf(sender) : null
}

/** Of `<alice@contoso.com>`, in brackets or not. */
function domainOf(path: string): string {
  const address = path.replace(/[<>\s]/g, '')
  return address.includes('@') ? normaliseDomain(address.slice(address.lastIndexOf('@') + 1)) : ''
}

function copyKeyOf(fields: readonly string[], border: Border | null): string {
  const text = border
    ? (fields[border.index] ?? '')
    : `${firstValue(fields, 'received') ?? ''}\n${firstValue(fields, 'message-id') ?? ''}`
  return text.replace(/\s+/g, ' ')
}
