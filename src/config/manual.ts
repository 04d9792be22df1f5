import type { Day } from '../rules/time'
import { internetKeys } from './connector-schema'
import { display, paragraph, prologue, prose, tagged, word } from './mdoc'
import { describedConnectorKeys, describedSections, type DescribedKey } from './sample'
import { connectorsFile, mainFile, redisFile } from './schema'

/** `exchange-enforcement.ini(5)`. */
export function renderMainManual(day: Day): string {
  return page([
    ...prologue(mainFile, 5, day, 'what the Haraka plugin exchange-enforcement does'),
    '.Sh DESCRIPTION',
    ...prose(
      `The file lies in Haraka's config folder and needs to hold only what differs from the defaults. It has sections, opened by [section], with lines of the form key = value.`,
    ),
    ...common(),
    ...describedSections().flatMap(({ name, about, keys }) => [
      `.Ss ${word(`[${name}]`)}`,
      ...prose(about),
      ...(name === 'schedule' ? schedule(keys) : entries(keys)),
    ]),
    '.Sh FILES',
    ...tagged([
      [
        `Pa ${mainFile}`,
        prose(
          "In Haraka's config folder; the package brings one with every key explained and commented out.",
        ),
      ],
      [`Pa ${connectorsFile}`, prose('Beside it: whose sessions are looked at.')],
      [`Pa ${redisFile}`, prose("Haraka's own; it gives the address of Redis where this file does not.")],
    ]),
    '.Sh EXAMPLES',
    ...prose('Report only, on the senders of the connectors, and keep memory in Redis:'),
    ...display([
      '[main]',
      'mode = report',
      '',
      '[store]',
      'backend = redis',
      '',
      '[redis]',
      'host = redis.example.com',
    ]),
    '.Sh SEE ALSO',
    '.Xr exchange-enforcement 1 ,',
    '.Xr exchange-enforcement.connectors.ini 5',
  ])
}

/** `exchange-enforcement.connectors.ini(5)`. */
export function renderConnectorsManual(day: Day): string {
  return page([
    ...prologue(connectorsFile, 5, day, 'whose sessions the Haraka plugin exchange-enforcement looks at'),
    '.Sh DESCRIPTION',
    ...prose(
      "The file lies in Haraka's config folder. One section is one connector, and the section's name is the connector's id: 1 to 64 letters, digits, dots, underscores and hyphens. " +
        'A connector needs tls_certificate_name or addresses; with both, either will do.',
    ),
    ...paragraph(
      'A certificate goes before an address, an exact name before a wildcard, a longer prefix before a shorter one. A tie is refused.',
    ),
    ...paragraph(
      'The built-in connector internet, to which everyone else belongs with scope = everyone in the main file, only reports unless its section gives it a mode. [internet] takes ' +
        `${internetKeys.join(', ')}.`,
    ),
    ...common(),
    '.Ss Keys of a connector',
    ...entries(describedConnectorKeys()),
    '.Sh FILES',
    ...tagged([[`Pa ${connectorsFile}`, prose("In Haraka's config folder.")]]),
    '.Sh EXAMPLES',
    ...prose('One organisation by the certificate of its servers, another by address and sender:'),
    ...display([
      '[contoso]',
      'tls_certificate_name = *.contoso.com',
      'contacts = it@contoso.com',
      '',
      '[fabrikam]',
      'addresses = 192.0.2.0/28, 2001:db8:1::/64',
      'sender_domains = fabrikam.com, *.fabrikam.com',
    ]),
    '.Sh SEE ALSO',
    '.Xr exchange-enforcement 1 ,',
    '.Xr exchange-enforcement.ini 5',
  ])
}

function common(): readonly string[] {
  return [
    ...paragraph(
      'Comments begin with ; or # and stand on a line of their own. Values need no quotes. Lists have commas, or are written as key[] = item, one line an item. ' +
        'Yes and no may also be written true, false, on, off, 1, 0.',
    ),
    ...paragraph(
      'A saved file is taken over by every process of Haraka after about five seconds. A file with a mistake in it changes nothing, and is logged with file, section and key. ' +
        "'exchange-enforcement config check' tells beforehand.",
    ),
  ]
}

function entries(keys: readonly DescribedKey[]): readonly string[] {
  return tagged(
    keys.map(({ name, facts }) => {
      const initial = facts.default === '' ? 'Not set by default.' : `Default: ${facts.default}`
      const example = facts.example === null ? [] : ['.br', ...prose(`Example: ${facts.example}`)]
      const body = [
        ...prose(facts.about),
        '.Pp',
        ...prose(initial),
        '.br',
        ...prose(`Allowed: ${facts.allowed}`),
        ...example,
      ]
      return [`Cm ${word(name)}`, body] as const
    }),
  )
}

function schedule(keys: readonly DescribedKey[]): readonly string[] {
  return [
    ...paragraph(`Allowed: ${keys[0]?.facts.allowed ?? ''}. By default:`),
    ...display(keys.map(({ name, facts }) => `${name} = ${facts.default}`)),
  ]
}

function page(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
