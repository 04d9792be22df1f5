import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseCidr } from '../../../src/config/address'
import { CatalogueError, packagedCataloguePath, parseCatalogueData } from '../../../src/config/catalogue-file'
import { formatProblem } from '../../../src/config/problem'
import { Ruleset } from '../../../src/enforcement/ruleset'
import { parse } from '../../config/support'
import { mutate } from '../mutation'
import { demand, hostileLimitMs, operatorLimitMs, type Target } from '../target'

const folder = dirname(packagedCataloguePath())
const main = readFileSync(join(folder, 'exchange-enforcement.ini'), 'utf8').replace(
  /^; ?(?=[a-z_0-9]+ =)/gm,
  '',
)
const connectors = [
  '[contoso]\ntls_certificate_name = *.contoso.com\ntls_ca_file = ca.pem\n',
  '[fabrikam]\naddresses = 192.0.2.0/28, 2001:db8:1::/64\nsender_domains = fabrikam.com, *.fabrikam.com\nmode = defer\n',
  '[internet]\nmode = report\n',
]
const words = [
  '[',
  ']',
  '[main]\n',
  ' = ',
  'addresses[] = ',
  '192.0.2.0/24',
  '::/0',
  '*.com',
  'yes',
  'enforce',
  '; ',
  '\\\n',
  '15.10',
]

/** What the operator writes into the two ini files. */
export const ini: Target = {
  name: 'ini',
  what: 'the two ini files: whole settings, or problems that say where',
  limitMs: operatorLimitMs,
  make: (random) =>
    random.oneIn(2)
      ? `${mutate(main, random, words, connectors)}\f`
      : `\f${mutate(random.list(1 + random.few(4), () => random.pick(connectors)).join(''), random, words, connectors)}`,
  check: (files) => {
    const [settings = '', connectorText = ''] = files.split('\f')
    const result = parse({ main: settings, connectors: connectorText })
    if (result.ok) {
      new Ruleset(result.settings)
      return
    }
    demand(result.problems.length > 0, 'refused without a problem')
    for (const problem of result.problems) {
      const line = formatProblem(problem)
      demand(/^(?:main|connectors|redis)\.ini/.test(line), `a problem that names no file: ${line}`)
    }
  },
}

const catalogueText = JSON.stringify(shortCatalogue())

/** As the real one, but for most of the builds: what is checked is the same, and a hundred times as often. */
function shortCatalogue(): unknown {
  const whole: Record<string, unknown> = JSON.parse(readFileSync(packagedCataloguePath(), 'utf8'))
  const entries = Object.entries(whole).map(([key, value]) => [
    key,
    Array.isArray(value) ? value.slice(0, 3) : value,
  ])
  return Object.fromEntries(entries)
}

/** A catalogue from elsewhere (`catalogue check`, `catalogue update`). */
export const catalogue: Target = {
  name: 'catalogue',
  what: 'catalogues of builds, whoever made them',
  limitMs: operatorLimitMs,
  make: (random) =>
    mutate(
      catalogueText,
      random,
      ['"builds":', '[]', '{}', 'null', '1e9', '"2026-11-22"', '"15.1.2507.39"'],
      [catalogueText],
    ),
  check: (text) => {
    try {
      parseCatalogueData(text, 'catalogue.json')
    } catch (error) {
      if (!(error instanceof CatalogueError)) throw error
      demand(error.problems.length > 0, 'refused without a problem')
    }
  },
}

const ranges = [
  '192.0.2.0/24',
  '2001:db8::/32',
  '::ffff:192.0.2.1',
  '0.0.0.0/0',
  'fe80::1%eth0',
  '010.1.2.3',
  '::192.0.2.1',
] as const

/** Addresses as Haraka and the operator write them. */
export const addresses: Target = {
  name: 'addresses',
  what: 'addresses and ranges',
  limitMs: hostileLimitMs,
  make: (random) => mutate(random.pick(ranges), random, ['/', ':', '::', '.', '128', '33', 'ffff'], ranges),
  check: (text) => {
    const parsed = parseCidr(text)
    if (!parsed.ok) return demand(parsed.reason !== '', 'refused without a reason')
    const { family, value, prefix } = parsed.range
    const bits = family === 4 ? 32 : 128
    demand(prefix >= 0 && prefix <= bits && value >= 0n && value < 1n << BigInt(bits), 'no such range')
    return undefined
  },
  long: (length) => '1:'.repeat(length / 2),
}
