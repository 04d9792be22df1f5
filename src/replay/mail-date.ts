const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** RFC 5322 4.3; of letters that stand for no known zone it says to take UTC. */
const zoneHours: ReadonlyMap<string, number> = new Map([
  ['EST', -5],
  ['EDT', -4],
  ['CST', -6],
  ['CDT', -5],
  ['MST', -7],
  ['MDT', -6],
  ['PST', -8],
  ['PDT', -7],
])

const zone = '([+-]\\d{4}|[A-Za-z]{1,5})?'
const time = '(\\d{1,2}):(\\d\\d)(?::(\\d\\d))?(?:\\.\\d{1,9})?'
const weekday = '(?:[A-Za-z]{3},?[ \\t\\r\\n]{1,9})?'
const blank = '[ \\t\\r\\n]{1,9}'
/** `Sun, 22 Nov 2026 12:00:00 +0100`, folded or not, also with the hyphens of old mail. */
const messageShape = new RegExp(
  `^\\s{0,9}${weekday}(\\d{1,2})[ \\t\\r\\n-]{1,9}([A-Za-z]{3})[ \\t\\r\\n-]{1,9}(\\d{2,4})${blank}${time}\\s{0,9}${zone}`,
)
/** `Sun Nov 22 12:00:00 2026`, with a zone before or behind the year where there is one. */
const mailboxShape = new RegExp(
  `^\\s{0,9}${weekday}([A-Za-z]{3})${blank}(\\d{1,2})${blank}${time}${blank}(?:${zone.slice(0, -1)}${blank})?(\\d{4})(?:${blank}${zone.slice(0, -1)})?`,
)

/** Epoch ms of a date as messages write it (RFC 5322); `null` where it is none, or one that does not exist. */
export function parseMessageDate(text: string): number | null {
  const parts = messageShape.exec(text)
  if (!parts) return null
  const [, day, month, year, hour, minute, second, zoneText] = parts
  return instant(fullYear(year ?? ''), month, day, hour, minute, second, zoneText)
}

const lastWeekday = /^From .*[ \t](?=(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ \t])/

/** Epoch ms of the date in the `From ` line of an mbox; UTC where it names no zone. `null`: there is none. */
export function parseFromLineDate(line: string): number | null {
  const before = lastWeekday.exec(line)
  if (!before) return null
  const text = line.slice(before[0].length)
  const parts = mailboxShape.exec(text)
  if (!parts) return parseMessageDate(text)
  const [, month, day, hour, minute, second, zoneBefore, year, zoneBehind] = parts
  return instant(Number(year), month, day, hour, minute, second, zoneBefore ?? zoneBehind)
}

/** Two digits are of 1950 to 2049, three are counted from 1900 (RFC 5322 4.3). */
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length >= 4) return year
  return text.length === 2 && year < 50 ? 2000 + year : 1900 + year
}

function instant(
  year: number,
  monthText = '',
  dayText = '',
  hourText = '',
  minuteText = '',
  secondText = '0',
  zoneText = 'UT',
): number | null {
  const month = months.indexOf(monthText.toLowerCase())
  const [day, hour, minute] = [Number(dayText), Number(hourText), Number(minuteText)]
  // A leap second is the next one.
  if (month < 0 || hour > 23 || minute > 59 || Number(secondText) > 60) return null
  const date = Date.UTC(year, month, day)
  const exists = year >= 1970 && new Date(date).getUTCDate() === day
  if (!exists) return null
  return date + ((hour * 60 + minute - zoneMinutes(zoneText)) * 60 + Number(secondText)) * 1000
}

function zoneMinutes(text: string): number {
  if (!/^[+-]/.test(text)) return (zoneHours.get(text.toUpperCase()) ?? 0) * 60
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3))
  return text.startsWith('-') ? -minutes : minutes
}
