import { readJson } from './json-text'
import type { TextPlace } from './json-text'

/** One object of an export, as written. */
export type ExportedObject = Readonly<Record<string, unknown>>

/** Why an export cannot be used; `at` where it is no JSON, `index` (from 0) where one object is at fault. */
export interface ExportFault {
  readonly at: TextPlace | null
  readonly index: number | null
  readonly why: string
}

export type ExportReading =
  | { readonly ok: true; readonly objects: readonly ExportedObject[] }
  | { readonly ok: false; readonly fault: ExportFault }

const commandLine = 'Get-InboundConnector | ConvertTo-Json -Depth 4'

/** What other cmdlets print, told by a field that only they have. */
const otherExports: readonly (readonly [field: string, cmdlet: string])[] = [
  ['RecipientDomains', 'Get-OutboundConnector, whose connectors send'],
  ['SmartHosts', 'Get-OutboundConnector or Get-SendConnector, whose connectors send'],
  ['RemoteIPRanges', 'Get-ReceiveConnector of a server'],
  ['DomainType', 'Get-AcceptedDomain'],
]

/** At least one of them makes an object an inbound connector. */
const tellingFields = ['ConnectorType', 'SenderIPAddresses', 'TlsSenderCertificateName', 'SenderDomains']

/** The objects in the text that `Get-InboundConnector | ConvertTo-Json` printed: one, or a list. Never throws. */
export function readExport(text: string): ExportReading {
  if (text.trim() === '') return refuse(`is empty; it should hold what '${commandLine}' prints`)
  const json = readJson(text)
  if (!json.ok) return refuse(`is not JSON: ${json.why}`, { at: json.at })
  const list = listed(json.value)
  const items = Array.isArray(list) ? list : [list]
  if (list === null || items.length === 0) return refuse('holds no connector')
  const objects: ExportedObject[] = []
  for (const [index, item] of items.entries()) {
    const why = isObject(item) ? otherThanInbound(item) : noObject(item)
    if (why !== null) return refuse(why, { index })
    if (isObject(item)) objects.push(item)
  }
  return { ok: true, objects }
}

function refuse(
  why: string,
  { at = null, index = null }: Partial<Omit<ExportFault, 'why'>> = {},
): ExportReading {
  return { ok: false, fault: { at, index, why } }
}

/** Windows PowerShell 5 writes some lists as `{"value": […], "Count": n}`. */
export function listed(value: unknown): unknown {
  return isObject(value) && Array.isArray(value['value']) ? value['value'] : value
}

function isObject(value: unknown): value is ExportedObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function otherThanInbound(object: ExportedObject): string | null {
  const other = otherExports.find(([field]) => Object.hasOwn(object, field))
  if (other) return `is no inbound connector: ${other[0]} is a field of ${other[1]}`
  if (tellingFields.some((field) => Object.hasOwn(object, field))) return null
  const fields = Object.keys(object).slice(0, 5).join(', ')
  return `is no inbound connector: it has ${fields === '' ? 'no fields' : `fields such as ${fields}`}, and none of ${tellingFields.join(', ')}`
}

function noObject(item: unknown): string {
  if (typeof item === 'string' && isCutShort(item)) return cutShort
  return `is no inbound connector, but ${describeJson(item)}; export with '${commandLine}'`
}

/** Said of what `ConvertTo-Json` has made a name of its type of. */
export const cutShort = `was cut short by ConvertTo-Json; export again with '${commandLine}'`

/** Below its depth `ConvertTo-Json` writes `System.Object[]`, another type's name or `@{Name=…}` in place of a value. */
export function isCutShort(text: string): boolean {
  return /^(?:(?:Deserialized\.)?(?:Microsoft|System)\.[\w.`+[\],]+|@\{.*\})$/s.test(text.trim())
}

/** What a JSON value is, in words. */
export function describeJson(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return 'a text'
    case 'boolean':
      return String(value)
    case 'number':
      return 'a number'
    default:
      return 'an object'
  }
}
