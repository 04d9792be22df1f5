/** No mail server writes a longer `From ` line. */
export const maxSeparatorBytes = 1000

const dated = /\d{1,2}:\d\d/
const year = /\d{4}/
const strict =
  /^From .{0,500}? (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2}) .{0,20}?\d{1,2}:\d\d/

/** How sure it is that such a line stands between two messages of an mbox. */
export type Separation =
  /** No `From ` line at all. */
  | 'none'
  /** It names no date: a line of text, unless the mbox writes all of them so. */
  | 'dateless'
  /** Time and year: it separates behind a blank line. */
  | 'dated'
  /** Weekday, month, day, time and year: also behind a message that lacks its last blank line. */
  | 'certain'

/** `line` without its end. */
export function separationOf(line: string): Separation {
  if (!line.startsWith('From ')) return 'none'
  const time = dated.exec(line)
  if (!time || !year.test(line.slice(time.index))) {
    // `From nobody 2026-11-22 12:00:00` has its year in front.
    return time && /\b\d{4}-\d\d-\d\d[T ]/.test(line) ? 'dated' : 'dateless'
  }
  return strict.test(line) ? 'certain' : 'dated'
}
