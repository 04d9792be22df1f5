/**
 * Printable ASCII only, everything else as `?`, at most `maxLength` characters (S7): safe in a reply, a header field and
 * a log line.
 */
export function cleanText(text: string, maxLength = 200): string {
  const ending = text.length > maxLength ? '...'.slice(0, maxLength) : ''
  return text.slice(0, maxLength - ending.length).replace(/[^\x20-\x7e]/g, '?') + ending
}
