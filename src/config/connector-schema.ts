import { z } from 'zod'
import { key } from './key'
import * as values from './values'
import { list, modes, oneOf, optional, places, yesNo } from './values'

/** Characters of `comment`. */
export const longestComment = 500

/** One section of `exchange-enforcement.connectors.ini`. */
export const connectorSchema = z.strictObject({
  tenant: key(optional(values.identifier), {
    default: '',
    example: 'contoso',
    about:
      "The organisation that sends through this connector; several connectors may name the same. Not set: the connector's id.",
  }),
  type: key(oneOf('onpremises', 'partner'), {
    default: 'onpremises',
    about: "'onpremises' is enforced as mode says; 'partner' is only ever reported.",
  }),
  tls_certificate_name: key(optional(values.certificateName), {
    default: '',
    example: '*.contoso.com',
    about:
      'DNS name in the client certificate of the session. A leading *. stands for exactly one label. The chain must verify.',
  }),
  tls_ca_file: key(optional(values.filePath), {
    default: '',
    example: 'contoso-ca.pem',
    about:
      "File of PEM certificates: the authorities that count for this connector. Not set: the system's. A relative path starts at the config folder.",
  }),
  tls_purpose: key(oneOf('client', 'any'), {
    default: 'client',
    about:
      "What the certificate must be made out for. 'client': for TLS clients (clientAuth), or for every purpose. 'any': its extended key " +
      "usage is not looked at, everything else is. Public authorities no longer issue clientAuth, and Exchange's own certificates are " +
      "for servers, so a certificate of theirs needs 'any'.",
  }),
  addresses: key(list(values.network), {
    default: '',
    example: '192.0.2.0/28, 2001:db8:1::/64',
    about: 'Addresses and networks from which the tenant sends, IPv4 and IPv6.',
  }),
  sender_domains: key(list(values.domainPattern), {
    default: '',
    example: 'contoso.com, *.contoso.com',
    about:
      "Domains of envelope senders that belong to the tenant; *. stands for any depth below. For connectors by address they must match; <> always does. They also tell which XOORG is the tenant's.",
  }),
  judge_relaying: key(yesNo, {
    default: 'no',
    about:
      'Whether sessions that may relay belong to this connector, too, as those of customers whose mail you send on. Sessions that have ' +
      'authenticated (AUTH) never do.',
  }),
  mode: key(optional(modes), {
    default: '',
    example: 'defer',
    about: 'As [main] mode, for this connector alone. Not set: as [main] says.',
  }),
  defer_at: key(optional(places), {
    default: '',
    example: 'mail',
    about:
      "As [enforcement] defer_at, for this connector alone. 'connect' needs a connector with addresses alone.",
  }),
  refuse_at: key(optional(places), {
    default: '',
    example: 'data',
    about:
      "As [enforcement] refuse_at, for this connector alone. 'connect' needs a connector with addresses alone.",
  }),
  contacts: key(list(values.mailAddress), {
    default: '',
    example: 'it@contoso.com',
    about:
      "Mail addresses of the people who look after these servers: they get the notices. Not set: those of the tenant's other connectors.",
  }),
  language: key(optional(values.languageTag), {
    default: '',
    example: 'de',
    about: 'Language of their notices: en, de, fr, nl or ja. Not set: as [notices] says.',
  }),
  esu: key(yesNo, {
    default: 'no',
    about:
      "Whether the tenant pays for Extended Security Updates; the policy 'lifecycle' then counts them as support.",
  }),
  comment: key(optional(values.freeText(longestComment)), {
    default: '',
    example: 'moves to Exchange Online in spring',
    about: 'For yourself; shown beside the connector.',
  }),
})

export type ConnectorValues = z.output<typeof connectorSchema>

/** A5: what may be said of the built-in connector. */
export const internetKeys: readonly (keyof ConnectorValues)[] = [
  'mode',
  'defer_at',
  'refuse_at',
  'contacts',
  'language',
  'comment',
]
