import { z } from 'zod'
import { defaultSchedule } from '../rules/clock/schedule'
import type { Stage } from '../rules/clock/schedule'
import { connectorSchema } from './connector-schema'
import type { KeyFacts } from './key'
import { keyFacts } from './key'
import { connectorsFile, mainFile, mainSections } from './schema'
import { sectionIntroductions } from './section-introductions'
import { scheduleRow } from './schedule-rows'

/** One section as sample file and reference page show it. */
export interface DescribedSection {
  readonly name: string
  readonly about: string
  readonly keys: readonly DescribedKey[]
}

export interface DescribedKey {
  readonly name: string
  readonly facts: KeyFacts
}

const width = 110

/** What the example of a connector does without. */
const leftOutOfExample: readonly string[] = [
  'tls_ca_file',
  'tls_purpose',
  'sender_domains',
  'judge_relaying',
  'defer_at',
  'refuse_at',
]

/** All sections of the main file, `[schedule]` with its default rows as keys. */
export function describedSections(): readonly DescribedSection[] {
  return sectionIntroductions.map(([name, about]) => ({
    name,
    about,
    keys: name === 'schedule' ? scheduleKeys() : describeKeys(mainSections[name]),
  }))
}

export function describedConnectorKeys(): readonly DescribedKey[] {
  return describeKeys(connectorSchema)
}

function describeKeys(section: z.ZodObject): readonly DescribedKey[] {
  return Object.entries(section.shape).map(([name, schema]) => {
    if (!(schema instanceof z.ZodType)) throw new Error(`The key ${name} has no schema`)
    return { name, facts: keyFacts(schema) }
  })
}

export function formatRow(row: Stage): string {
  return `${row.fromDay}, ${row.deferMinutes}, ${row.refuseMinutes}`
}

function scheduleKeys(): readonly DescribedKey[] {
  return defaultSchedule.map((row) => ({
    name: String(row.stage),
    facts: {
      default: formatRow(row),
      allowed: scheduleRow.allowed,
      example: null,
      about: `Stage ${row.stage}.`,
      secret: false,
      isList: false,
    },
  }))
}

/** `config/exchange-enforcement.ini`: every key at its default, commented out. */
export function renderSampleIni(): string {
  const lines = [
    ...comment(
      `${mainFile}: what the plugin exchange-enforcement does.`,
      '',
      `Put your own ${mainFile} into the config folder of your Haraka; it needs to hold only what you change. It is read live: ` +
        'a few seconds after it is saved, all processes follow. A file with a mistake in it changes nothing and is logged with file, ' +
        "section and key; 'exchange-enforcement config check' tells you before.",
      '',
      "Lines that begin with '; ' explain. Lines that begin with ';' and a key show its default: take the ';' away to change it. " +
        'A comment stands on a line of its own, never behind a value. Lists have commas. Yes and no may also be written true, false, ' +
        'on, off, 1, 0.',
    ),
  ]
  for (const section of describedSections()) {
    lines.push('', '', `[${section.name}]`, ...comment(section.about))
    for (const { name, facts } of section.keys) {
      if (section.name !== 'schedule') lines.push('', ...comment(...explain(facts)))
      else if (name === '1') lines.push(...comment(`Allowed: ${facts.allowed}`), '')
      lines.push(`;${name} =${facts.default === '' ? '' : ` ${facts.default}`}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** `config/exchange-enforcement.connectors.ini`: no connector, every key explained, examples commented out. */
export function renderSampleConnectors(): string {
  const lines = [
    ...comment(
      `${connectorsFile}: whose sessions are looked at.`,
      '',
      `Put your own ${connectorsFile} into the config folder of your Haraka. One section is one connector; the section's name is the ` +
        "connector's id, of letters, digits, dot, underscore and hyphen, 64 at most. A connector needs tls_certificate_name, addresses, or both. " +
        'A certificate goes before an address, an exact name before a wildcard, a longer prefix before a shorter one.',
      '',
      "This file defines none. Lines that begin with '; ' explain; take away the ';' of the others to use an example.",
      '',
      'The keys:',
    ),
  ]
  for (const { name, facts } of describedConnectorKeys()) {
    lines.push(';', ...comment(`${name}: ${facts.about}`, ...limits(facts)))
  }
  lines.push(
    '',
    '',
    ...comment('A customer with Exchange Server on premises, known by the certificate of its servers:'),
  )
  lines.push(';[contoso-hybrid]')
  for (const { name, facts } of describedConnectorKeys()) {
    const value = name === 'addresses' ? null : (facts.example ?? facts.default)
    if (value !== null && !leftOutOfExample.includes(name)) lines.push(`;${name} = ${value}`)
  }
  lines.push(
    '',
    ...comment('The same customer, known by address, and only with senders of its own:'),
    ';[contoso-address]',
    ';tenant = contoso',
    ';addresses = 192.0.2.0/28, 2001:db8:1::/64',
    ';sender_domains = contoso.com, *.contoso.com',
    '',
    ...comment('A business partner: reported, never delayed:'),
    ';[fabrikam]',
    ';type = partner',
    ';addresses = 198.51.100.25',
    '',
    ...comment(
      "Everyone else, with 'scope = everyone' in the main file. This connector is built in and only reports unless a mode is given " +
        'here. It takes mode, defer_at, refuse_at, contacts, language and comment.',
    ),
    ';[internet]',
    ';mode = report',
  )
  return `${lines.join('\n')}\n`
}

function explain(facts: KeyFacts): readonly string[] {
  return [facts.about, ...limits(facts)]
}

function limits(facts: KeyFacts): readonly string[] {
  const example = facts.example === null ? [] : [`Example: ${facts.example}`]
  return [`Allowed: ${facts.allowed}`, ...example]
}

/** Paragraphs as comment lines, wrapped; an empty paragraph is an empty comment line. */
function comment(...paragraphs: readonly string[]): string[] {
  return paragraphs.flatMap((paragraph) => {
    const lines: string[] = []
    let line = ';'
    for (const word of paragraph.split(' ')) {
      if (line.length + 1 + word.length > width && line !== ';') {
        lines.push(line)
        line = ';'
      }
      if (word !== '') line += ` ${word}`
    }
    return [...lines, line]
  })
}
