/** Two hashes in the manner of FNV-1a, side by side: 52 bits, which a number holds exactly. */
export function hash52(text: string): number {
  let high = 0x811c9dc5
  let low = 0x9e3779b1
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low ^ code, 0x85ebca6b)
    low ^= low >>> 15
  }
  high = Math.imul(high ^ (high >>> 16), 0xc2b2ae35)
  low = Math.imul(low ^ (low >>> 13), 0x27d4eb2f)
  return ((high ^ (high >>> 15)) & 0xfffff) * 2 ** 32 + ((low ^ (low >>> 16)) >>> 0)
}
