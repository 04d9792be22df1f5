const unclean = /[^\x20-\x7e]/
const allUnclean = new RegExp(unclean, 'g')

/**
 * Printable ASCII only, everything else as `?`, at most `maxLength` characters (S7): safe in a reply, a header field and
 * a log line.
 */
export function cleanText(text: string, maxLength = 200): string {
  if (text.length <= maxLength && !unclean.test(text)) return text
  const ending = text.length > maxLength ? '...'.slice(0, maxLength) : ''
  return text.slice(0, maxLength - ending.length).replace(allUnclean, '?') + ending
}
