import { Random } from '../fuzz/random'
import { mutate, oddName } from '../fuzz/mutation'
import { partsOf, speakBluntly } from '../support/blunt-client'
import { exchangeHeaders } from '../support/exchange-headers'

const builds = ['15.1.2507.16', '15.1.2106.2', '15.2.9999.1'] as const
/** Of damaged sessions some wait for each other. */
const patienceMs = 1000
/** And some are hundreds of parts that nobody answers: all beyond these are said in one breath. */
const maxParts = 30

/** What a stranger or a tenant's worst host might say in a session; the same for the same number. */
export function hostileWords(number: number): string {
  const random = new Random(7, number)
  const address = `8.8.${random.pick([50, 51, 99])}.${1 + random.below(250)}`
  const server = `ex${random.below(5000)}.contoso.local`
  const from = random.pick(['a@contoso.com', 'a@fabrikam.com', '', `${oddName(random)}@contoso.com`])
  const headers = random.oneIn(8) ? [] : exchangeHeaders({ server, build: random.pick(builds), at: 0 })
  const forged = random.oneIn(4) ? ['X-Exchange-Enforcement: forged'] : []
  const mail = `MAIL FROM:<${from}> XOORG=${oddName(random)}\r\nRCPT TO:<b@example.com>\r\nDATA\r\n`
  const message = `${[...forged, ...headers, 'Subject: x'].join('\r\n')}\r\n\r\nbody\r\n.\r\n`
  const said = `EHLO h${random.below(10_000)}.${oddName(random)}\r\n${mail}${message}QUIT\r\n`
  const proxy = `PROXY TCP4 ${address} 203.0.113.25 40000 25\r\n`
  return (
    proxy +
    (random.oneIn(3) ? mutate(said, random, ['RSET\r\n', 'DATA\r\n', 'BDAT 9', 'PROXY '], [said]) : said)
  )
}

/** Says it as far as it is let, or hangs up in the middle. */
export async function hostileSession(port: number, number: number): Promise<void> {
  const words = hostileWords(number)
  const isHangUp = number % 5 === 0
  const said = isHangUp ? words.slice(0, number % words.length) : words
  const farewell = isHangUp ? (number % 2 === 0 ? 'resetAndDestroy' : 'destroy') : 'end'
  const parts = partsOf(said)
  if (parts.length > maxParts) parts.push(parts.splice(maxParts).join(''))
  await speakBluntly(port, parts, farewell, patienceMs)
}
