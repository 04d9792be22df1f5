import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describedConnectorKeys, describedSections } from '../../src/config/sample'
import { parse, settingsOf } from '../config/support'
import { generatedFiles, projectDir } from '../support/generate-docs'

function onDisk(path: string): string {
  return readFileSync(join(projectDir, path), 'utf8')
}

/** Settings that the sample shows: `;key = value` and `;[section]`, without the `;`. */
function activated(text: string): string {
  return text.replace(/^;(?=[[a-z0-9])/gm, '')
}

/** Keys that mean nothing alone, and what must stand with them. */
const companions: Readonly<Record<string, string>> = {
  sentinels: 'sentinel_name = m',
  sentinel_name: 'sentinels = s',
  smtp_user: 'smtp_password_file = p',
  smtp_password_file: 'smtp_user = u',
  webhook_url: 'webhook_secret_file = s',
  webhook_secret_file: 'webhook_url = https://example.com/',
}

describe('The pages and samples of the configuration', () => {
  for (const [path, render] of generatedFiles) {
    it(`are as the definition of the keys renders them: ${path}`, () => {
      assert.equal(onDisk(path), render())
    })
  }

  it('change nothing as they are shipped, so that every default comes from the definition', () => {
    const files = {
      main: onDisk('config/exchange-enforcement.ini'),
      connectors: onDisk('config/exchange-enforcement.connectors.ini'),
    }
    assert.deepEqual(settingsOf(files), settingsOf({}))
    assert.doesNotMatch(files.connectors, /^[^;\n]/m)
  })

  it('show the defaults that hold', () => {
    const main = activated(onDisk('config/exchange-enforcement.ini'))
    assert.deepEqual(settingsOf({ main }), settingsOf({}))
    const written = [...main.matchAll(/^([a-z0-9_]+) =/gm)].map(([, key]) => key)
    assert.deepEqual(
      written,
      describedSections().flatMap(({ keys }) => keys.map(({ name }) => name)),
    )
  })

  it('show examples of connectors that are accepted', () => {
    const result = parse({ connectors: activated(onDisk('config/exchange-enforcement.connectors.ini')) })
    assert.ok(result.ok)
    assert.deepEqual(
      result.settings.connectors.map(({ id }) => id),
      ['contoso-hybrid', 'contoso-address', 'fabrikam', 'internet'],
    )
  })

  it('give examples that are accepted', () => {
    for (const { name: section, keys } of describedSections()) {
      for (const { name, facts } of keys) {
        if (facts.example === null) continue
        const other = companions[name] ?? ''
        const result = parse({ main: `[${section}]\n${name} = ${facts.example}\n${other}` })
        assert.ok(result.ok, `[${section}] ${name}`)
      }
    }
    for (const { name, facts } of describedConnectorKeys()) {
      if (facts.example === null || name === 'tls_ca_file') continue
      const other = name === 'addresses' ? '' : 'addresses = 192.0.2.1\n'
      assert.ok(parse({ connectors: `[a]\n${other}${name} = ${facts.example}` }).ok, name)
    }
  })

  it('explain every key in sentences', () => {
    const keys = [...describedSections().flatMap(({ keys }) => keys), ...describedConnectorKeys()]
    assert.equal(keys.length, 7 + 4 + 4 + 8 + 7 + 6 + 11 + 3 + 9 + 3 + 15)
    for (const { name, facts } of keys) assert.match(facts.about, /^[A-Z'].{5,}\.$/, name)
  })
})
