import type { CidrRange } from '../rules/attribution/address'
import { addressBits } from '../rules/attribution/address'
import { parseCidr } from './address'
import type { ExportedObject } from './inbound-export'
import { cutShort, describeJson, isCutShort, listed } from './inbound-export'
import { quoted, suggestion } from './problem'
import { certificateName, domainPattern, network } from './values'

/** An inbound connector of Exchange Online, as far as its fields mean something. Lists are empty where nothing is set. */
export interface InboundConnector {
  readonly name: string
  readonly comment: string
  readonly enabled: boolean
  readonly type: 'onpremises' | 'partner'
  /** The field `ConnectorSource`: who made it. */
  readonly madeBy: string
  /** `*` stands for any. */
  readonly senderDomains: readonly string[]
  readonly acceptedDomains: readonly string[]
  readonly addresses: readonly CidrRange[]
  /** Addresses that named a host within their network, as `192.0.2.5/24`. */
  readonly hostsOfNetworks: readonly string[]
  readonly certificateName: string | null
  /** Further fields of the cmdlet that are set, with their values as text, in the order of the export. */
  readonly others: ReadonlyMap<OtherField, string>
  /** Fields that tell of the object and not of mail. */
  readonly metadata: readonly string[]
  /** Fields that are set and that this version knows nothing of. */
  readonly unknown: readonly string[]
  /** The part of the name of the organisation before `.onmicrosoft.com`. */
  readonly organisation: string | null
}

export interface FieldFault {
  readonly field: string
  readonly found: string | null
  readonly why: string
  readonly allowed: string | null
}

export type InboundReading =
  | { readonly ok: true; readonly connector: InboundConnector }
  | { readonly ok: false; readonly name: string | null; readonly faults: readonly FieldFault[] }

const otherFields = {
  RequireTls: 'yes or no',
  RestrictDomainsToCertificate: 'yes or no',
  RestrictDomainsToIPAddresses: 'yes or no',
  CloudServicesMailEnabled: 'yes or no',
  TreatMessagesAsInternal: 'yes or no',
  TrustedOrganizations: 'list',
  EFSkipIPs: 'addresses',
  EFSkipLastIP: 'yes or no',
  EFSkipMailGateway: 'list',
  EFTestMode: 'yes or no',
  EFUsers: 'list',
  ClientHostNames: 'list',
  ScanAndDropRecipients: 'list',
} as const

/** Fields without a key of their own. */
export type OtherField = keyof typeof otherFields

const ownFields = [
  'Name',
  'Comment',
  'Enabled',
  'ConnectorType',
  'ConnectorSource',
  'SenderDomains',
  'AssociatedAcceptedDomains',
  'SenderIPAddresses',
  'TlsSenderCertificateName',
]

const metadataShape =
  /^(?:Identity|Id|Guid|ImmutableId|DistinguishedName|Object\w+|Organization\w*|OriginatingServer|ExchangeVersion|ExchangeObjectId|ExternalDirectoryObjectId|WhenChanged\w*|WhenCreated\w*|IsValid|AdminDisplayName|PS\w+|RunspaceId)$/
const organisationShape = /\b([A-Za-z0-9-]{1,63})\.onmicrosoft\.com\b/

/** Reads one object; names every field that cannot be taken. Never throws. */
export function readInboundConnector(object: ExportedObject): InboundReading {
  const fields = new Fields(object)
  const name = fields.text('Name')
  if (name === '' && !fields.isRefused('Name')) fields.refuse('Name', null, 'is missing', 'a name')
  const type = fields.word('ConnectorType', ['OnPremises', 'Partner'], 'Partner')
  const hostsOfNetworks: string[] = []
  const others = new Map<OtherField, string>()
  const unknown: string[] = []
  for (const key of Object.keys(object)) {
    if (isOther(key)) {
      const text = fields.other(key)
      if (text !== '') others.set(key, text)
    } else if (!ownFields.includes(key) && !metadataShape.test(key) && !isEmpty(object[key])) {
      unknown.push(key)
    }
  }
  const certificate = fields.text('TlsSenderCertificateName')
  const connector: InboundConnector = {
    name,
    comment: fields.text('Comment'),
    enabled: fields.yesNo('Enabled', true),
    type: type === 'OnPremises' ? 'onpremises' : 'partner',
    madeBy: fields.text('ConnectorSource'),
    senderDomains: fields.list('SenderDomains').flatMap((text) => fields.senderDomain(text) ?? []),
    acceptedDomains: fields
      .list('AssociatedAcceptedDomains')
      .flatMap((text) => fields.domain('AssociatedAcceptedDomains', text, text) ?? []),
    addresses: fields.addresses('SenderIPAddresses', hostsOfNetworks),
    hostsOfNetworks,
    certificateName: certificate === '' ? null : fields.certificateName(certificate),
    others,
    metadata: Object.keys(object).filter((key) => metadataShape.test(key)),
    unknown,
    organisation: organisationOf(object),
  }
  return fields.faults.length === 0
    ? { ok: true, connector }
    : { ok: false, name: name === '' ? null : name, faults: fields.faults }
}

/** Fields as PowerShell writes them: what is not set is missing, null, an empty text or an empty list. */
class Fields {
  readonly faults: FieldFault[] = []

  constructor(private readonly object: ExportedObject) {}

  refuse(field: string, found: string | null, why: string, allowed: string | null): null {
    this.faults.push({ field, found, why, allowed })
    return null
  }

  isRefused(field: string): boolean {
    return this.faults.some((fault) => fault.field === field)
  }

  text(field: string, allowed = 'a text'): string {
    const value = this.#value(field)
    if (value === undefined || value === null) return ''
    if (typeof value === 'string') return this.#whole(field, value)
    this.refuse(field, null, `is ${describeJson(value)}`, allowed)
    return ''
  }

  word<const T extends string>(field: string, words: readonly T[], otherwise: T): T {
    const text = this.text(field, words.join(', '))
    const word = words.find((each) => each.toLowerCase() === text.toLowerCase())
    if (word !== undefined) return word
    if (!this.isRefused(field)) {
      if (text === '') this.refuse(field, null, 'is missing', words.join(', '))
      else this.refuse(field, text, `is not known${suggestion(text, words)}`, words.join(', '))
    }
    return otherwise
  }

  yesNo(field: string, otherwise: boolean): boolean {
    const value = this.#value(field)
    if (typeof value === 'boolean') return value
    if (isEmpty(value)) return otherwise
    const word = typeof value === 'string' ? value.toLowerCase() : ''
    if (word === 'true' || word === 'false') return word === 'true'
    const isText = typeof value === 'string'
    this.refuse(
      field,
      isText ? value : null,
      isText ? 'is neither' : `is ${describeJson(value)}`,
      'true, false',
    )
    return otherwise
  }

  /** A list may have become one text, its items apart by blanks or commas. */
  list(field: string): readonly string[] {
    const value = this.#value(field)
    if (value === undefined || value === null) return []
    const items: readonly unknown[] = Array.isArray(value)
      ? value
      : typeof value === 'string'
        ? this.#whole(field, value)
            .split(/[\s,]+/)
            .filter((item) => item !== '')
        : [value]
    const texts: string[] = []
    for (const item of items) {
      if (typeof item === 'string') texts.push(this.#whole(field, item))
      else this.refuse(field, null, `has ${describeJson(item)} among its items`, 'texts')
    }
    return texts.filter((text) => text !== '')
  }

  other(field: OtherField): string {
    switch (otherFields[field]) {
      case 'yes or no':
        return this.yesNo(field, false) ? 'True' : ''
      case 'list':
        return this.list(field).join(', ')
      case 'addresses':
        this.addresses(field, [])
        return this.list(field).join(', ')
    }
  }

  addresses(field: string, hostsOfNetworks: string[]): readonly CidrRange[] {
    const ranges = new Map<string, CidrRange>()
    for (const text of this.list(field)) {
      const read = network.read(text)
      const range = read.ok ? read.value : networkOfHost(text)
      if (range === null) {
        const why = text.includes('-') ? ' (a range from one address to another: write networks)' : ''
        this.refuse(field, text, `${read.ok ? 'is not usable' : read.why}${why}`, network.allowed)
        continue
      }
      if (!read.ok) hostsOfNetworks.push(text)
      ranges.set(`${range.family} ${range.value}/${range.prefix}`, range)
    }
    return [...ranges.values()]
  }

  /** `smtp:*.contoso.com;1`: kind of address, domain, cost. */
  senderDomain(text: string): string | null {
    const parts = /^(?:([a-z0-9]+):)?([^;:]+)(?:;\d+)?$/i.exec(text)
    if (!parts || (parts[1] ?? 'smtp').toLowerCase() !== 'smtp') {
      return this.refuse('SenderDomains', text, 'is no SMTP domain', 'smtp:*.contoso.com;1, contoso.com, *')
    }
    const domain = parts[2] ?? ''
    return domain === '*' ? domain : this.domain('SenderDomains', domain, text)
  }

  domain(field: string, domain: string, found: string): string | null {
    const read = domainPattern.read(domain)
    return read.ok ? read.value : this.refuse(field, found, read.why, domainPattern.allowed)
  }

  /** A domain, or issuer and subject as `<I>CN=…<S>CN=mail.contoso.com, O=…`. */
  certificateName(text: string): string | null {
    const field = 'TlsSenderCertificateName'
    const subject = /<S>(.*)$/is.exec(text)?.[1]
    const common = subject === undefined ? text : /(?:^|,)\s*CN=([^,]+)/i.exec(subject)?.[1]?.trim()
    if (common === undefined) return this.refuse(field, text, 'names no CN', certificateName.allowed)
    const read = certificateName.read(common)
    return read.ok ? read.value : this.refuse(field, text, read.why, certificateName.allowed)
  }

  /** Some versions of PowerShell wrap a list or a word: `{"value": …}`. */
  #value(field: string): unknown {
    const value = Object.hasOwn(this.object, field) ? this.object[field] : undefined
    const list = listed(value)
    if (typeof list !== 'object' || list === null || Array.isArray(list)) return list
    const word: unknown = 'Value' in list ? list.Value : 'value' in list ? list.value : undefined
    return typeof word === 'string' ? word : list
  }

  /** Empty where it was cut short, which is refused. */
  #whole(field: string, text: string): string {
    if (!isCutShort(text)) return text.trim()
    if (!this.isRefused(field)) this.refuse(field, text, cutShort, null)
    return ''
  }
}

/** `192.0.2.5/24` as `192.0.2.0/24`; `null` where the text is no such thing. */
function networkOfHost(text: string): CidrRange | null {
  const [host = '', prefixText = '', ...rest] = text.split('/')
  const address = parseCidr(host)
  if (!address.ok || rest.length > 0 || !/^\d{1,3}$/.test(prefixText)) return null
  const { family, value } = address.range
  const free = addressBits[family] - Number(prefixText)
  if (free < 0) return null
  return { family, value: (value >> BigInt(free)) << BigInt(free), prefix: Number(prefixText) }
}

function organisationOf(object: ExportedObject): string | null {
  const texts = Object.entries(object).flatMap(([key, value]) =>
    metadataShape.test(key) && typeof value === 'string' ? value : [],
  )
  const names = texts.flatMap((text) => organisationShape.exec(text)?.[1] ?? [])
  return names[0]?.toLowerCase() ?? null
}

function isOther(key: string): key is OtherField {
  return Object.hasOwn(otherFields, key)
}

function isEmpty(value: unknown): boolean {
  const list = listed(value)
  if (Array.isArray(list)) return list.length === 0
  return list === undefined || list === null || list === '' || list === false
}

/** One line for each fault: the field, what was found, why it cannot be taken, what is allowed. */
export function faultText({ field, found, why, allowed }: FieldFault): string {
  const text = found === null ? `${field} ${why}` : `${field}: ${quoted(found)} ${why}`
  return allowed === null ? text : `${text}; allowed: ${allowed}`
}
