import { isIP } from 'node:net'
import { parseAddress } from '../config/address'
import { formatAddress, type Address } from '../rules/attribution/address'
import { normaliseDomain } from '../rules/attribution/domain'
import type { ReceivedField } from '../rules/evidence/received'

/** What a mail server wrote down of the client that sent it a message. */
export interface Peer {
  /** `null`: it wrote none, so the message came from the host itself. */
  readonly address: Address | null
  /** The address in its usual form; empty where there is none. */
  readonly addressText: string
  readonly ehlo: string | null
  /** Its name in the DNS, where one was found. */
  readonly reverseName: string | null
  /** The name in its client certificate, where the server wrote that down (Postfix does if asked to). */
  readonly certificateName: string | null
  readonly isTls: boolean
  readonly isAuthenticated: boolean
}

/** What servers write where they found no name. */
const noName = new Set(['unknown', 'nxdomain', 'dnserror', 'localhost'])

/**
 * Reads the `from` clause of a field as Haraka, Postfix, Sendmail and Google (`ehlo (name [address])`), Exim (`name ([address] helo=ehlo)`),
 * qmail (`name (HELO ehlo) (address)`) and Exchange (`ehlo (address)`) write it.
 */
export function peerOf(field: ReceivedField): Peer {
  const comments = field.comments.filter(({ clause }) => clause === 'from').map(({ text }) => text)
  let address: Address | null = null
  let named: string | null = null
  let said: string | null = null
  for (const comment of comments) {
    const helo = /(?:^|\s)helo[= ]\[?([^\s\]]{1,255})/i.exec(comment)
    said ??= helo?.[1] ?? null
    const words = comment.split(' ')
    const at = address ? -1 : words.findIndex((word) => addressIn(word))
    if (at < 0) continue
    address = addressIn(words[at] ?? '')
    if (at > 0 && !helo) named = words[0] ?? null
  }
  const first = field.from
  address ??= addressIn(first ?? '')
  return {
    address,
    addressText: address ? formatAddress(address) : '',
    ehlo: said ? normaliseDomain(said) : first,
    reverseName: hostName(said ? first : named),
    certificateName: certificateNameIn(field),
    isTls: /^(?:utf8)?e?smtpsa?(?: |$)/i.test(field.with ?? '') || mentionsTls(field),
    isAuthenticated: /^(?:utf8)?e?smtps?a(?: |$)/i.test(field.with ?? ''),
  }
}

/** `[192.0.2.1]`, `192.0.2.1`, `[IPv6:2001:db8::1]`, `[192.0.2.1]:25`, `user@192.0.2.1`. */
function addressIn(word: string): Address | null {
  const bracket = /\[(?:IPv6:)?([0-9a-f.:]{2,45})\]/i.exec(word)
  const text = bracket?.[1] ?? word.slice(word.lastIndexOf('@') + 1)
  return isIP(text) === 0 ? null : parseAddress(text)
}

function hostName(word: string | null): string | null {
  if (word === null) return null
  const name = normaliseDomain(word)
  return noName.has(name) || !/^[\p{L}\p{N}._-]+$/u.test(name) || isIP(name) !== 0 ? null : name
}

function certificateNameIn({ comments }: ReceivedField): string | null {
  for (const { text } of comments) {
    const found = /^Client CN "([^"]{1,255})"/.exec(text)
    if (found) return normaliseDomain(found[1] ?? '')
  }
  return null
}

/** Haraka writes `tls TLS_AES_256_GCM_SHA384` behind the id, others `(version=TLS1_2 …)` or `(using TLSv1.3 …)`. */
function mentionsTls({ id, comments }: ReceivedField): boolean {
  return / tls /i.test(id ?? '') || comments.some(({ text }) => /^(?:version=|using )TLS/i.test(text))
}
