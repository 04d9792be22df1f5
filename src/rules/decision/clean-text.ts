/**
 * Printable ASCII only, everything else as `?`, at most `maxLength` characters (S7): safe in a reply, a header field and
 * a log line.
 */
export function cleanText(text: string, maxLength = 200): string {
  const clean = text.slice(0, maxLength).replace(/[^\x20-\x7e]/g, '?')
  return text.length > maxLength ? `${clean.slice(0, maxLength - 3)}...` : clean
}
