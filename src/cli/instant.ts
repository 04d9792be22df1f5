import { parseInstant, parseStart } from '../rules/instant'
import { misuse } from './failure'

export { iso, isoOrNull, parseInstant, shortInstant } from '../rules/instant'

/** The value of an option that names an instant. */
export function instantOption(name: string, text: string): number {
  return parseInstant(text) ?? noInstant(name, text)
}

/** Like `instantOption`, but today's date alone means now: its first moment is over. */
export function startOption(name: string, text: string, now: number): number {
  return parseStart(text, now) ?? noInstant(name, text)
}

function noInstant(name: string, text: string): never {
  throw misuse(`${name} '${text}' is not a date; write 2026-12-01 or 2026-12-01T08:30Z`)
}
