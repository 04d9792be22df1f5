import { normaliseDomain } from '../rules/attribution/domain'
import type { PresentedCertificate } from '../rules/attribution/session'
import type { Session } from '../enforcement/session'
import type { Peer } from './peer'
import type { Connection, MailFrom } from './types'

// What Haraka writes where it found no name for an address.
const noName = new Set(['', 'NXDOMAIN', 'DNSERROR', 'Unknown'])

/** A Haraka connection at one moment, in the words of the rules. `sender` and its parameters only from MAIL on. */
export function sessionOf(
  connection: Connection,
  { address, text }: Peer,
  certificate: PresentedCertificate | null,
  sender: MailFrom | null,
  parameters: Readonly<Record<string, string | null>>,
): Session {
  const host = connection.remote.host ?? ''
  return {
    facts: { address, certificate, senderDomain: sender && senderDomain(sender) },
    address: text,
    ehlo: connection.hello.host ?? null,
    reverseName: noName.has(host) ? null : normaliseDomain(host),
    xoorg: parameters['XOORG'] ?? null,
    skip: connection.notes['auth_user'] ? 'authenticated' : connection.relaying ? 'relaying' : null,
  }
}

function senderDomain(sender: MailFrom): string {
  return sender.isNull() ? '' : normaliseDomain(sender.host ?? '')
}
