import { isIP } from 'node:net'
import { parse } from 'ipaddr.js'
import { addressBits } from '../rules/attribution/address'
import type { Address, CidrRange } from '../rules/attribution/address'

export { formatAddress, formatCidr } from '../rules/attribution/address'

export type CidrResult =
  | { readonly ok: true; readonly range: CidrRange }
  /** `reason` completes the sentence "`text` is …" for the operator. */
  | { readonly ok: false; readonly reason: string }

/**
 * An address as Haraka and the operator write it; IPv4-mapped IPv6 is folded to IPv4. `null`: not an address.
 * `isIP` stands before ipaddr.js, which reads `010.1.2.3` as octal and `1.2.3` as `1.2.0.3`.
 */
export function parseAddress(text: string): Address | null {
  const parsed = parseUnfolded(text)
  return parsed === null ? null : fold(parsed)
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address alone, which is a range of one. */
export function parseCidr(text: string): CidrResult {
  const [addressText = '', prefixText, ...rest] = text.split('/')
  const address = parseUnfolded(addressText)
  if (address === null || rest.length > 0) return refuse('not an IPv4 or IPv6 address or CIDR range')
  const bits = addressBits[address.family]
  if (prefixText === undefined) return accept({ ...address, prefix: bits })
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(prefixText) || Number(prefixText) > bits) {
    return refuse(`without a valid prefix: /0 to /${bits} is allowed for IPv${address.family}`)
  }
  const prefix = Number(prefixText)
  const free = BigInt(bits - prefix)
  const network = (address.value >> free) << free
  if (network !== address.value) return refuse(`not the first address of a /${prefix} range`)
  return accept({ ...address, prefix })
}

function parseUnfolded(text: string): Address | null {
  const family = isIP(text)
  if ((family !== 4 && family !== 6) || text.includes('%')) return null
  if (family === 4)
    return { family, value: BigInt(text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)) }
  const value = parse(withoutDots(text))
    .toByteArray()
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return { family, value }
}

/** `::192.0.2.1` as `::c000:201`: ipaddr.js takes the former for IPv4-mapped, which it is not. */
function withoutDots(text: string): string {
  return text.replace(/[0-9.]+\.[0-9]+$/, (dotted) => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
}

const mappedPrefix = 0xffffn

function fold(address: Address): Address {
  if (address.family === 4 || address.value >> 32n !== mappedPrefix) return address
  return { family: 4, value: address.value & 0xffff_ffffn }
}

function accept(range: CidrRange): CidrResult {
  const folded = fold(range)
  const mapped = folded.family !== range.family && range.prefix >= 96
  return { ok: true, range: mapped ? { ...folded, prefix: range.prefix - 96 } : range }
}

function refuse(reason: string): CidrResult {
  return { ok: false, reason }
}
