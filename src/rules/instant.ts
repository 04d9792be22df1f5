import { dayMs } from './time'

const shape = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i

/**
 * Epoch ms of an ISO 8601 instant; of a date alone its first. What names no zone is UTC. `null` where it is none, or one
 * that does not exist.
 */
export function parseInstant(text: string): number | null {
  const parts = shape.exec(text)
  if (!parts) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
  const zoneMinutes = zoneOf(parts[8])
  if (hour > 23 || minute > 59 || second > 59 || zoneMinutes === null) return null
  const date = new Date(0)
  // Unlike Date.UTC it takes the year 50 for the year 50.
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  return date.setUTCHours(hour, minute, second, milliseconds) - zoneMinutes * 60_000
}

function zoneOf(text: string | undefined): number | null {
  if (text === undefined || text.toUpperCase() === 'Z') return 0
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(-2))
  if (hours > 23 || minutes > 59) return null
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** Like `parseInstant`, but today's date alone means now: its first moment is over. */
export function parseStart(text: string, now: number): number | null {
  const instant = parseInstant(text)
  if (instant === null) return null
  const isToday = /^\d{4}-\d\d-\d\d$/.test(text) && instant <= now && now < instant + dayMs
  return isToday ? now : instant
}

export function iso(at: number): string {
  return new Date(at).toISOString()
}

export function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at)
}

/** For people: to the minute. */
export function shortInstant(at: number): string {
  return `${iso(at).slice(0, 16).replace('T', ' ')} UTC`
}
