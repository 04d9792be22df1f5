import { HeaderSplitter } from '../../../src/cli/header-splitter'
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
    const splitter = new HeaderSplitter()
    const blocks = text.split('\n').map((line) => splitter.push(line))
    blocks.push(splitter.end())
    let length = 0
    for (const block of blocks) {
      if (!block) continue
      demand(block.length > 0, 'a header block without a field')
      for (const field of block) {
        demand(!/\n(?![ \t])/.test(field), 'two fields in one')
        length += field.length
      }
    }
    demand(length <= text.length, 'more came out than went in')
  },
  long: (length) => `${separator}\nReceived: from a\n${' b\n'.repeat(length / 3)}`,
}
