/** The ways in which an Exchange server takes a message in, each of which writes its own form of `Received`. */
export type ExchangeTransport = 'smtp' | 'frontend' | 'mailbox' | 'mapi' | 'shadow-redundancy'

export interface ExchangeHop {
  /** The server that writes the field, as it calls itself. */
  readonly server: string
  /** `15.1.2507.39`. */
  readonly build: string
  readonly transport?: ExchangeTransport
  /** Epoch ms. */
  readonly at?: number
  /** Where the message came from; default: the server itself. */
  readonly from?: string
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** The date of RFC 5322, in UTC. `at` is epoch ms. */
export function mailDate(at: number): string {
  const date = new Date(at)
  const time = date.toISOString().slice(11, 19)
  const day = `${weekdays[date.getUTCDay()] ?? ''}, ${String(date.getUTCDate())}`
  return `${day} ${months[date.getUTCMonth()] ?? ''} ${String(date.getUTCFullYear())} ${time} +0000`
}

/** Broken at blanks so that no line is longer than `width`, as Exchange does it. */
function fold(field: string, width = 77): string {
  const lines: string[] = []
  let line = ''
  for (const word of field.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ` ${word}`
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].join('\r\n')
}

/** `15.1.2507.39` → `15.01.2507.039`, the long form that `mapi` hops write. */
export function longForm(build: string): string {
  const [major = '', minor = '', third = '', revision = ''] = build.split('.')
  return [major, minor.padStart(2, '0'), third.padStart(4, '0'), revision.padStart(3, '0')].join('.')
}

/** One `Received` field, folded, without the final line break. */
export function exchangeReceived(hop: ExchangeHop): string {
  const { server, build, transport = 'smtp', at = Date.now() } = hop
  const from = hop.from ?? server
  const when = mailDate(at)
  const tls = '(version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)'
  const address = from === server ? '192.0.2.11' : '192.0.2.12'
  const hosts = `from ${from} (${address}) by ${server} (192.0.2.11)`
  switch (transport) {
    case 'smtp':
      return fold(`Received: ${hosts} with Microsoft SMTP Server ${tls} id ${build}; ${when}`)
    case 'frontend':
      return fold(
        `Received: ${hosts} with Microsoft SMTP Server ${tls} id ${build} via Frontend Transport; ${when}`,
      )
    case 'mailbox':
      return fold(
        `Received: ${hosts} with Microsoft SMTP Server ${tls} id ${build} via Mailbox Transport; ${when}`,
      )
    case 'shadow-redundancy':
      return fold(`Received: ${hosts} with ShadowRedundancy id ${build}; ${when}`)
    case 'mapi':
      return fold(
        `Received: from ${from} ([2001:db8::11]) by ${server} ([2001:db8::11%4]) with mapi id ${longForm(build)}; ${when}`,
      )
  }
}

/**
 * The header fields with which a message leaves an Exchange server: its own `Received` by SMTP on top of the one
 * by which the mailbox handed it over, both at the same build; with another `transport`, that one field alone.
 */
export function exchangeHeaders(hop: ExchangeHop): string[] {
  const at = hop.at ?? Date.now()
  const received =
    hop.transport === undefined || hop.transport === 'smtp'
      ? [
          exchangeReceived({ ...hop, at, transport: 'smtp' }),
          exchangeReceived({ server: hop.server, build: hop.build, at: at - 1000, transport: 'mapi' }),
        ]
      : [exchangeReceived({ ...hop, at })]
  return [...received, 'X-MS-Has-Attach:', 'X-MS-TNEF-Correlator:', 'x-originating-ip: [192.0.2.50]']
}
