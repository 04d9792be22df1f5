import { parseAddress } from '../../../src/config/address'
import { xoorgOf } from '../../../src/enforcement/evidence-record'
import { pathKey } from '../../../src/enforcement/path-key'
import { Ruleset } from '../../../src/enforcement/ruleset'
import { sessionOf } from '../../../src/haraka/session'
import { cleanText } from '../../../src/rules/decision/clean-text'
import { bindingOf } from '../../../src/rules/evidence/binding'
import { decode, encode } from '../../../src/store/codec'
import { formatKey, parseKey } from '../../../src/store/keys'
import { settingsOf } from '../../config/support'
import { fakeConnection } from '../../haraka/fakes'
import { mutate, oddName } from '../mutation'
import type { Random } from '../random'
import { demand, demandClean, hostileLimitMs, type Target } from '../target'

const ruleset = new Ruleset(
  settingsOf({
    main: '[main]\nscope = everyone',
    connectors: [
      '[hybrid]\ntenant = contoso\naddresses = 192.0.2.0/24\nsender_domains = contoso.com, *.contoso.com',
      '[wide]\ntenant = fabrikam\naddresses = 192.0.0.0/16, 2001:db8::/32',
      ...Array.from(
        { length: 12 },
        (_, at) => `[many-${at}]\naddresses = 198.51.100.0/24\nsender_domains = d${at}.example`,
      ),
    ].join('\n'),
  }),
)
const addresses = [
  '192.0.2.7',
  '192.0.9.9',
  '198.51.100.3',
  '2001:db8::7',
  '::ffff:192.0.2.7',
  '203.0.113.5',
] as const
const senders = [
  'contoso.com',
  'Mail.CONTOSO.com.',
  'notcontoso.com',
  'd3.example',
  '',
  'fabrikam.com',
] as const

const longestLine = 512

/** What a peer says before DATA, parted by line feeds: address, EHLO, reverse name, sender's domain, XOORG. */
function facts(random: Random): string {
  const text = [
    random.pick(addresses),
    oddName(random),
    oddName(random),
    random.pick(senders),
    oddName(random),
  ].join('\n')
  return random.oneIn(3) ? text : mutate(text, random, [...senders, ...addresses, 'XOORG='], [text])
}

/** A2–A6, E6, S2: a session as Haraka tells it, to its connector, its path and the key of that. */
export const session: Target = {
  name: 'session',
  what: 'address, EHLO and reverse name, sender and XOORG of a session: attribution, path, key',
  limitMs: hostileLimitMs,
  make: facts,
  check: (input) => {
    // Longer lines Haraka refuses.
    const lines = input.split('\n').map((line) => line.slice(0, longestLine))
    const [ip = '', ehlo = '', reverse = '', host = '', xoorg = ''] = lines
    const address = parseAddress(ip)
    if (!address) return
    const { connection } = fakeConnection({ remote: { ip, host: reverse }, hello: { host: ehlo } })
    const sender = { host, isNull: () => host === '' }
    const told = sessionOf(connection, { address, text: ip }, null, sender, { XOORG: xoorg })
    const attribution = ruleset.attribute(told)
    // The null sender from an address of several connectors.
    if (attribution.kind === 'ambiguous') return
    demand(attribution.kind === 'connector', 'with scope = everyone nobody is left out')
    const { connector } = attribution
    if (connector.id === 'hybrid') {
      const domain = host.toLowerCase().replace(/\.$/, '')
      const own = domain === '' || domain === 'contoso.com' || domain.endsWith('.contoso.com')
      demand(own, `a forged sender got in: ${JSON.stringify(host)}`)
    }
    const found = xoorgOf(told, attribution, ruleset)
    demandClean(found?.domain ?? '', 255, 'the domain of XOORG')
    bindingOf(cleanText(host, 255), {
      ehlo,
      reverse: told.reverseName,
      certificateNames: [xoorg, '*.', `*.${ehlo}`],
    })
    for (const place of ['connect', 'mail'] as const) {
      const key = pathKey(connector, told, place)
      const name = formatKey('xe', key)
      demandClean(name, 1400, 'the key of the path')
      demand(
        !name.includes(' ') && name.startsWith(`xe:{${connector.tenant}}:path:`),
        'a key of another tenant',
      )
      const back = parseKey('xe', name)
      demand(back !== null && formatKey('xe', back).length <= 1400, 'a key that cannot be read again')
      const text = encode<'path'>(key, {
        tenant: key.tenant,
        connector: key.connector,
        address: key.address,
        ehlo: key.ehlo,
        servers: { [ehlo]: 1 },
        lastEvidenceAt: 1,
      })
      demand(decode<'path'>(key, 1, text).state === 'present', 'a path that cannot be read again')
    }
  },
  long: (length) =>
    `192.0.2.7\n${'a.'.repeat(length / 2)}\n${'*.'.repeat(length / 2)}\n${'.'.repeat(length)}\n${'x'.repeat(length)}`,
}
