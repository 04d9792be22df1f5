import { mutate, oddName } from './mutation'
import type { Random } from './random'

/** Words of `Received` fields and of the fields around them. */
export const receivedWords: readonly string[] = [
  ...[
    'Received: ',
    'received : ',
    'from ',
    'by ',
    'via ',
    'with ',
    'id ',
    'for ',
    '; ',
    'unknown ',
    '(helo=',
  ],
  ...[
    'Microsoft SMTP Server ',
    'mapi ',
    'ShadowRedundancy ',
    'HTTP ',
    'Microsoft SMTPSVC',
    'ESMTPS ',
    'Exim ',
  ],
  ...['Internet Mail Service ', '(5.5.2653.19)', 'Microsoft Exchange Server HTTP-DAV ', '(IMC 4.0.837.3)'],
  ...[
    '15.1.2507.39 ',
    '15.01.2507.039 ',
    '15.2.1118.40 ',
    '15.20.9000.1 ',
    '8.3.83.0 ',
    '6.5.7638.1 ',
    '14.3.',
  ],
  ...[
    'ex01.contoso.local ',
    'AM0PR01.eurprd01.prod.outlook.com ',
    'bay004-om.phx.gbl ',
    'relay.contoso.com ',
  ],
  ...[
    '(version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) ',
    '(192.0.2.11)',
    '([2001:db8::11%4])',
  ],
  ...[
    'via Frontend Transport',
    'via Mailbox Transport',
    'X-MimeOLE: Produced By Microsoft Exchange V6.5\r\n',
  ],
]

/** One field as the grammar of Exchange, of Haraka and of those alike would have it; each part may be missing or odd. */
export function receivedField(random: Random): string {
  const part = (make: () => string): string => (random.oneIn(8) ? '' : make())
  const space = (): string => (random.oneIn(10) ? random.pick(['\r\n ', '\r\n\t', '\t', '  ', '']) : ' ')
  const parts = [
    part(() => `from${space()}${oddName(random)}`),
    part(() => `(${oddName(random)})`),
    part(() => `by${space()}${oddName(random)}`),
    part(() => `(${version(random)})`),
    part(() => `with${space()}${random.pick(receivedWords)}`),
    part(() => random.pick(receivedWords)),
    part(() => `id${space()}${version(random)}`),
    part(() => `via ${random.pick(receivedWords)}`),
    part(() => 'for <bob@example.com>'),
  ]
  if (random.oneIn(10)) parts.reverse()
  return `Received:${space()}${parts.join(space())}; Sun, 22 Nov 2026 09:05:08 +0000`
}

function version(random: Random): string {
  if (random.oneIn(6)) return oddName(random)
  const lengths = [2, 2, 4, 3]
  const parts = random.list(random.oneIn(6) ? random.few(9) : 4, () =>
    random.below(10 ** (1 + random.below(4))),
  )
  const isLong = random.oneIn(3)
  return parts.map((part, at) => String(part).padStart(isLong ? (lengths[at] ?? 0) : 0, '0')).join('.')
}

/** A header block; its fields are parted as in a message. */
export function headerBlock(random: Random, corpus: readonly string[]): string {
  if (random.oneIn(3)) return random.list(1 + random.few(6), () => receivedField(random)).join('\r\n')
  const block = random.pick(corpus)
  return random.oneIn(50) ? block : mutate(block, random, receivedWords, corpus)
}

/** Fields of a block, topmost first, folded ones whole. */
export function fieldsOf(block: string): string[] {
  return block.split(/\r?\n(?![ \t])/)
}
