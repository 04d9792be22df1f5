import { MailDamage } from '../../../src/mailbox/damage'
import { HeaderScanner, type HeaderBlock } from '../../../src/mailbox/header-scanner'
import { corpus } from '../corpus'
import { headerBlock } from '../grammar'
import { mutate } from '../mutation'
import type { Random } from '../random'
import { demand, hostileLimitMs, type Target } from '../target'

const separator = 'From alice@contoso.com Sun Nov 22 09:05:08 2026'

function box(random: Random): string {
  const message = (): string => {
    const block = random.oneIn(4) ? headerBlock(random, corpus) : random.pick(corpus)
    return `${random.oneIn(3) ? '' : `${separator}\n`}${block}\n\nbody\n${random.pick(['', '\n', '>From x\n', `${separator}\n`])}`
  }
  const text = random.list(1 + random.few(4), message).join('\n')
  return random.oneIn(3)
    ? text
    : mutate(text, random, [separator, '\n\n', 'From ', 'Received: ', '.\n'], [text])
}

/** Messages and mailboxes that `inspect` is given. */
export const mailbox: Target = {
  name: 'mailbox',
  what: 'messages and mbox files, taken apart into header blocks',
  limitMs: hostileLimitMs,
  make: box,
  check: (text) => {
    const bytes = Buffer.from(text)
    const scanner = new HeaderScanner()
    const blocks: HeaderBlock[] = []
    const half = bytes.length >> 1
    try {
      blocks.push(
        ...scanner.push(bytes.subarray(0, half)),
        ...scanner.push(bytes.subarray(half)),
        ...scanner.end(),
      )
    } catch (error) {
      if (!(error instanceof MailDamage)) throw error
    }
    let length = 0
    for (const { fields } of blocks) {
      demand(fields.length > 0, 'a header block without a field')
      for (const field of fields) {
        demand(!/\n(?![ \t])/.test(field), 'two fields in one')
        length += field.length
      }
    }
    demand(length <= text.length, 'more came out than went in')
  },
  long: (length) => `${separator}\nReceived: from a\n${' b\n'.repeat(length / 3)}`,
}
