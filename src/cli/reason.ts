import { InvalidArgumentError } from 'commander'
import { readReason } from '../enforcement/reason'

/** What is kept with an order that needs none and was given none. */
export const noReason = 'no reason given'

/** The value of an option that names the reason of an order. */
export function reasonOption(text: string): string {
  const reading = readReason(text)
  if (!reading.ok) throw new InvalidArgumentError(`It ${reading.why}.`)
  return reading.reason
}
