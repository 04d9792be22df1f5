const longest = 200

/** What is kept with an order: one clean line. `why` completes the sentence "It …" for who wrote it. */
export function readReason(
  text: string,
): { readonly ok: true; readonly reason: string } | { readonly ok: false; readonly why: string } {
  const reason = text.trim()
  if (reason === '') return { ok: false, why: 'is empty' }
  if (reason.length > longest) return { ok: false, why: `has more than ${longest} characters` }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(reason)) return { ok: false, why: 'holds control characters' }
  return { ok: true, reason }
}
