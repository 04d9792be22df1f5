import type { DescribedKey } from './sample'
import { describedConnectorKeys, describedSections } from './sample'
import { internetKeys } from './connector-schema'
import { connectorsFile, mainFile, redisFile } from './schema'

/** `docs/configuration.md`. */
export function renderReference(): string {
  const lines = [
    '# Configuration',
    '',
    '<!-- Written by test/support/generate-docs.ts from src/config/schema.ts: change it there. -->',
    '',
    `Two files in Haraka's config folder, both optional, as is every key: \`${mainFile}\` says what the plugin does, \`${connectorsFile}\` ` +
      'whose sessions it looks at. What they do not say comes from the defaults below. The package brings both files with every key ' +
      'explained and commented out.',
    '',
    '- **Reading.** Comments begin with `;` or `#` and stand on a line of their own. Values need no quotes. Lists have commas, or are ' +
      'written as `key[] = item`, one line an item. Yes and no may also be written true, false, on, off, 1, 0. A line that ends with `\\` goes on in the next.',
    '- **Mistakes.** Unknown sections and keys, values that are not allowed, contradictions, and lines that Haraka would drop silently are ' +
      'refused, each with file, line, section, key, what was found and what is allowed. At start the plugin then stays off; at a reload the last good ' +
      'configuration stays in force. `exchange-enforcement config check` tells beforehand.',
    '- **Reload.** A saved file is taken over by every process after about five seconds. The two files are read together. ' +
      `A change of Haraka's \`${redisFile}\` is noticed when one of the two is saved, or at restart.`,
    "- **Paths.** `[store] path` starts at Haraka's own folder, the one that holds `config`; `tls_ca_file` and `token_file` start at the config folder.",
    '',
    `## ${mainFile}`,
  ]
  for (const section of describedSections()) {
    lines.push('', `### [${section.name}]`, '', escape(section.about))
    lines.push(...(section.name === 'schedule' ? scheduleEntries(section.keys) : entries(section.keys)))
  }
  lines.push(
    '',
    `## ${connectorsFile}`,
    '',
    "One section is one connector; its name is the connector's id: 1 to 64 letters, digits, dots, underscores and hyphens. `main` cannot be one. " +
      'A connector needs `tls_certificate_name` or `addresses`; with both, either will do.',
    '',
    'The built-in connector `internet`, to which everyone else belongs when `scope = everyone`, only reports unless its section gives it a ' +
      `mode. \`[internet]\` takes ${internetKeys.map((key) => `\`${key}\``).join(', ')}.`,
    ...entries(describedConnectorKeys()),
  )
  return `${lines.join('\n')}\n`
}

function entries(keys: readonly DescribedKey[]): readonly string[] {
  return keys.flatMap(({ name, facts }) => {
    const initial = facts.default === '' ? 'not set' : code(facts.default)
    const example = facts.example === null ? '' : ` Example: ${code(facts.example)}.`
    return [
      '',
      `#### ${code(name)}`,
      '',
      escape(facts.about),
      '',
      `Default: ${initial}. Allowed: ${escape(facts.allowed)}.${example}`,
    ]
  })
}

/** One list instead of the same words eight times. */
function scheduleEntries(keys: readonly DescribedKey[]): readonly string[] {
  const rows = keys.map(({ name, facts }) => `- ${code(`${name} = ${facts.default}`)}`)
  return ['', `Allowed: ${escape(keys[0]?.facts.allowed ?? '')}. By default:`, '', ...rows]
}

function code(text: string): string {
  return `\`${text}\``
}

/** Text in which `*` and `<` mean themselves. */
function escape(text: string): string {
  return text.replace(/[*<]/g, '\\$&')
}
