import { InvalidArgumentError } from 'commander'

const longest = 200

/** What is kept with an order that needs none and was given none. */
export const noReason = 'no reason given'

/** What is kept with an order: one clean line. */
export function readReason(text: string): string {
  const reason = text.trim()
  if (reason === '') throw new InvalidArgumentError('It is empty.')
  if (reason.length > longest) throw new InvalidArgumentError(`It has more than ${longest} characters.`)
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(reason)) throw new InvalidArgumentError('It holds control characters.')
  return reason
}
