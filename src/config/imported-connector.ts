import { formatCidr } from '../rules/attribution/address'
import type { Mode } from '../rules/attribution/connector'
import { domainMatches } from '../rules/attribution/domain'
import type { ConnectorValues } from './connector-schema'
import type { InboundConnector, OtherField } from './inbound-connector'
import { longestComment } from './connector-schema'
import { longestId } from './values'

/** What becomes of one inbound connector. */
export interface ImportedConnector {
  /** As in Exchange Online. */
  readonly name: string
  readonly id: string
  /** `null`: a section that holds; else why it is only written as a comment. */
  readonly leftOut: string | null
  /** Keys of the section that are set, in the order in which they are written. */
  readonly keys: ReadonlyMap<keyof ConnectorValues, string>
  readonly remarks: readonly Remark[]
}

/** A field of the export that no key stands for. `look`: leaving it out changes what happens; `none`: nothing follows from it here. */
export interface Remark {
  readonly effect: 'look' | 'none'
  readonly field: string
  /** The value as text; `null` where it says nothing to an operator. */
  readonly found: string | null
  readonly text: string
}

export interface ImportOptions {
  readonly tenant: string
  readonly mode: Mode | null
}

/** In the order of the export; ids are unique among them. */
export function importConnectors(
  inbound: readonly InboundConnector[],
  options: ImportOptions,
): readonly ImportedConnector[] {
  const ids = new Set<string>()
  return inbound.map((each) => {
    const id = freeId(idOf(each.name, options.tenant), ids)
    ids.add(id)
    const keys = keysOf(each, options)
    return { name: each.name, id, leftOut: whyLeftOut(each), keys, remarks: remarksOn(each, keys) }
  })
}

/** The tenant's name stands in front, so that connectors of several tenants go into one file. */
function idOf(name: string, tenant: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .toLowerCase()
  const words = plain === '' ? 'connector' : plain
  const own = words.startsWith(`${tenant.toLowerCase()}-`) ? words : `${tenant}-${words}`
  return cut(own, longestId)
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? '' : `-${number}`
    const id = cut(wanted, longestId - ending.length) + ending
    if (!taken.has(id)) return id
  }
}

function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[-.]+$/, '')
}

/** Such a section would either match what the connector does not match today, or be refused. */
function whyLeftOut({ enabled, certificateName, addresses }: InboundConnector): string | null {
  if (!enabled) return 'it is disabled'
  if (certificateName === null && addresses.length === 0) {
    return 'it has neither TlsSenderCertificateName nor SenderIPAddresses, so there is nothing to know its sessions by'
  }
  return null
}

function keysOf(
  connector: InboundConnector,
  { tenant, mode }: ImportOptions,
): ReadonlyMap<keyof ConnectorValues, string> {
  const { type, certificateName, addresses, comment } = connector
  const onlyReports = type === 'partner' && (mode === 'defer' || mode === 'enforce')
  const keys: Partial<Record<keyof ConnectorValues, string>> = {
    tenant,
    type: type === 'partner' ? type : '',
    tls_certificate_name: certificateName ?? '',
    // Exchange Online does not ask for clientAuth, which certificates of Exchange servers lack.
    tls_purpose: certificateName === null ? '' : 'any',
    addresses: addresses.map(formatCidr).join(', '),
    sender_domains: senderDomains(connector).join(', '),
    mode: onlyReports ? '' : (mode ?? ''),
    comment: commentText(comment),
  }
  const order: readonly (keyof ConnectorValues)[] = [
    'tenant',
    'type',
    'tls_certificate_name',
    'tls_purpose',
    'addresses',
    'sender_domains',
    'mode',
    'comment',
  ]
  return new Map(
    order.flatMap((key): [keyof ConnectorValues, string][] => {
      const text = keys[key] ?? ''
      return text === '' ? [] : [[key, text]]
    }),
  )
}

/** Accepted domains narrow the senders further; `*` is any. */
function senderDomains({ senderDomains: senders, acceptedDomains }: InboundConnector): readonly string[] {
  const anySender = senders.length === 0 || senders.includes('*')
  if (anySender) return [...new Set(acceptedDomains)]
  const both = acceptedDomains.filter((domain) => senders.some((pattern) => domainMatches(pattern, domain)))
  return [...new Set(both.length > 0 ? both : senders)]
}

/** One line, which no backslash joins with the next. */
function commentText(comment: string): string {
  return comment
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\s\\]+$/, '')
    .trim()
    .slice(0, longestComment)
}

function remarksOn(
  connector: InboundConnector,
  keys: ReadonlyMap<keyof ConnectorValues, string>,
): readonly Remark[] {
  const { others, unknown, metadata, madeBy } = connector
  const none = (field: string, found: string | null, text: string): Remark => ({
    effect: 'none',
    field,
    found,
    text,
  })
  return [
    ...remarksOnKeys(connector, keys),
    ...[...others].map(([field, found]) => remarkOn(field, found, connector)),
    ...unknown.map((field) => look(field, null, 'is not known to this version')),
    ...(madeBy === '' ? [] : [none('ConnectorSource', madeBy, 'tells who made the connector')]),
    ...metadata.map((field) => none(field, null, 'tells of the object, not of mail')),
  ]
}

function look(field: string, found: string | null, text: string): Remark {
  return { effect: 'look', field, found, text }
}

/** Where a key stands for a field, but not in all respects. */
function* remarksOnKeys(
  { comment, acceptedDomains, senderDomains: senders, hostsOfNetworks, certificateName }: InboundConnector,
  keys: ReadonlyMap<keyof ConnectorValues, string>,
): Generator<Remark> {
  const domains = keys.get('sender_domains')?.split(', ') ?? []
  if (domains.length === 0 && certificateName === null) {
    yield look(
      'SenderDomains',
      senders.join(', ') || null,
      'Exchange Online takes only senders of accepted domains of the organisation; list them in sender_domains, else all mail from these addresses is attributed',
    )
  }
  if (domains.length > 0 && certificateName !== null) {
    yield look(
      'SenderDomains',
      senders.join(', ') || null,
      'does not narrow what is known by its certificate here; it only tells which XOORG is of the tenant',
    )
  }
  const lone = domains.filter((each) => each.startsWith('*.') && !domains.includes(each.slice(2)))
  if (lone.length > 0) {
    yield look(
      'SenderDomains',
      lone.join(', '),
      'does not stand for the domain itself here, only for those below it',
    )
  }
  const outside = acceptedDomains.filter((domain) => !domains.includes(domain))
  if (outside.length > 0) {
    yield look('AssociatedAcceptedDomains', outside.join(', '), 'is none of SenderDomains, and left out')
  }
  const left = senders.filter((each) => each !== '*' && !domains.includes(each))
  if (left.length > 0) {
    yield look('SenderDomains', left.join(', '), 'was narrowed to AssociatedAcceptedDomains')
  }
  if (hostsOfNetworks.length > 0) {
    yield look('SenderIPAddresses', hostsOfNetworks.join(', '), 'names a host; its network was written')
  }
  if (comment.trim() !== (keys.get('comment') ?? '')) {
    yield look('Comment', comment, `was made one line of ${longestComment} characters at most`)
  }
}

const reserved = 'is reserved by Microsoft'
const asOthers: Readonly<Record<OtherField, readonly [effect: Remark['effect'], text: string]>> = {
  RequireTls: [
    'look',
    'Exchange Online refuses such mail without TLS; here it is taken, unless Haraka asks for TLS',
  ],
  RestrictDomainsToCertificate: [
    'look',
    'Exchange Online refuses mail of these domains that comes without the certificate; this plugin never does',
  ],
  RestrictDomainsToIPAddresses: [
    'look',
    'Exchange Online refuses mail of these domains that comes from other addresses; this plugin never does',
  ],
  CloudServicesMailEnabled: ['none', 'keeps header fields between Exchange organisations'],
  TreatMessagesAsInternal: ['none', 'marks mail as internal for Exchange'],
  TrustedOrganizations: [
    'look',
    'mail of these organisations comes from Exchange Online, whose builds are never judged; no key stands for it',
  ],
  EFSkipIPs: [
    'look',
    'gateways in front of the servers: put their host names into [main] trusted_relays, so that the server behind them is judged',
  ],
  EFSkipLastIP: [
    'look',
    'a gateway stands in front of the servers: put its host name into [main] trusted_relays, so that the server behind it is judged',
  ],
  EFSkipMailGateway: ['none', reserved],
  EFTestMode: ['none', reserved],
  EFUsers: ['none', 'limits enhanced filtering to some recipients'],
  ClientHostNames: ['none', reserved],
  ScanAndDropRecipients: ['none', reserved],
}

function remarkOn(field: OtherField, found: string, { certificateName }: InboundConnector): Remark {
  if (field === 'RequireTls' && certificateName !== null) {
    return { effect: 'none', field, found, text: 'a certificate is only seen in TLS' }
  }
  const [effect, text] = asOthers[field]
  return { effect, field, found, text }
}
