import { isIP } from 'node:net'
import { parse } from 'ipaddr.js'
import type { CidrRange } from '../rules/attribution/address'

/** Reads `192.0.2.0/24`, `2001:db8::/32` or a single address. */
export function parseCidr(text: string): { ok: true; range: CidrRange } | { ok: false; why: string } {
  const [address = '', prefixText, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0 || address.includes('%')) {
    return { ok: false, why: 'is not an IP address or network' }
  }
  const family = version === 4 ? 4 : 6
  const width = family === 4 ? 32 : 128
  const prefix = prefixText === undefined ? width : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : -1
  if (prefix < 0 || prefix > width) return { ok: false, why: `needs a prefix from 0 to ${width}` }
  let value = 0n
  for (const byte of parse(address).toByteArray()) value = (value << 8n) | BigInt(byte)
  const hostBits = BigInt(width - prefix)
  if ((value >> hostBits) << hostBits !== value) return { ok: false, why: `has bits set behind /${prefix}` }
  return { ok: true, range: { family, value, prefix } }
}
