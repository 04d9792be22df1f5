import { createRequire } from 'node:module'
import { fieldsOfPeer, stripReportingFields } from '../../../src/haraka/header'
import { fakeTransaction } from '../../haraka/fakes'
import { mutate } from '../mutation'
import type { Random } from '../random'
import { demand, hostileLimitMs, type Target } from '../target'
import { receivedField } from '../grammar'

/** Haraka's own parser of header fields, which is not among our dependencies. */
interface Header {
  readonly header_list: string[]
  parse(lines: readonly string[]): void
  get(name: string): string
  remove(name: string): void
}
const ofHaraka = createRequire(require.resolve('Haraka/package.json'))
// First, since it tells the console of every line that is no field.
const log: { lognotice: () => void } = ofHaraka('haraka-email-message/lib/logger')
log.lognotice = () => undefined
const { Header: HarakaHeader }: { readonly Header: new () => Header } = ofHaraka('haraka-email-message')

const name = 'X-Exchange-Enforcement'
const uuid = '01234567-89AB-CDEF-0123-456789ABCDEF.1'
const bases = [
  `${name}: v=1; action=accept`,
  `${name.toLowerCase()} : forged`,
  `${name}\r\n : folded before the colon`,
  `${name}:\r\n folded\r\n\tbehind it`,
  'X-Exchange-Enforcement-Other: kept',
  'X-Exchange: kept',
  'Subject: hello',
  `Received: from a by mx.example.com with ESMTP id ${uuid}; Sun, 22 Nov 2026 09:05:08 +0000`,
] as const

function forged(random: Random): string {
  const field = (): string => {
    if (random.oneIn(6)) return receivedField(random)
    const base = random.pick(bases)
    return random.oneIn(3) ? base : mutate(base, random, [name, ':', uuid], bases)
  }
  return random.list(1 + random.few(random.oneIn(200) ? 500 : 8), field).join('\r\n')
}

/** R1: forged reporting fields, through Haraka's own parser as well. */
export const headerEdits: Target = {
  name: 'header-edits',
  what: 'forged X-Exchange-Enforcement fields, parsed and removed in Haraka’s own header',
  limitMs: hostileLimitMs,
  make: forged,
  check: (block, apart) => {
    const header = new HarakaHeader()
    apart(() => header.parse(block.split(/(?<=\n)/).map((line) => line.replace(/\r\n$/, '\n'))))
    const before = [...header.header_list]
    const transaction = {
      ...fakeTransaction([], uuid),
      header,
      remove_header: (gone: string) => apart(() => header.remove(gone)),
    }
    const removed = stripReportingFields(transaction)
    const ofPeer = fieldsOfPeer(transaction)
    apart(() => {
      const left = header.header_list
      demand(header.get(name) === '', 'Haraka still finds one')
      demand(!left.some(readsAsOurs), `one is left: ${JSON.stringify(left.find(readsAsOurs))}`)
      demand(before.length - left.length === removed, 'others were taken along')
      const kept = before.filter((field) => left.includes(field))
      demand(
        kept.length === left.length && kept.every((field, at) => field === left[at]),
        'others were moved or changed',
      )
      demand(ofPeer.length >= left.length - 1, 'more than our own Received field is missing')
    })
  },
  long: (length) => `${name} ${' '.repeat(length / 4)}:\r\n${`${name} : x\r\n`.repeat(length / 30)}`,
}

/** Of the letters of other scripts that pass for ours, some. */
const lookalikes: Readonly<Record<string, string>> = { а: 'a', е: 'e', с: 'c', о: 'o' }

/** As the most generous reader would: whatever stands before the colon, without blanks and what cannot be seen. */
function readsAsOurs(field: string): boolean {
  const colon = field.indexOf(':')
  if (colon < 0) return false
  const seen = field
    .slice(0, colon)
    .normalize('NFKC')
    .replace(/[\p{C}\p{Z}\p{M}\s]/gu, '')
    .replace(/[\u0430\u0435\u0441\u043e]/g, (letter) => lookalikes[letter] ?? letter)
  return seen.toLowerCase() === name.toLowerCase()
}
