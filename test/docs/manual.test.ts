import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { invocationOf } from '../../src/cli/invocation'
import { createProgram } from '../../src/cli/program'
import { leaves, pathOf } from '../../src/cli/reference'
import { prose } from '../../src/config/mdoc'
import { describedConnectorKeys, describedSections } from '../../src/config/sample'
import { projectDir } from '../support/generate-docs'

const folder = join(projectDir, 'docs', 'man')
const names = readdirSync(folder).sort()

/** As a reader sees it, without overstrikes and breaks. */
function shown(name: string): string {
  const { stdout, status } = spawnSync('mandoc', ['-T', 'utf8', '-O', 'width=1000', join(folder, name)], {
    encoding: 'utf8',
  })
  assert.equal(status, 0)
  return stdout.replace(/.[\b]/g, '')
}

describe('The manual pages', function () {
  this.timeout(20_000)

  it('are those that package.json installs', () => {
    const { man }: { man: readonly string[] } = JSON.parse(
      readFileSync(join(projectDir, 'package.json'), 'utf8'),
    )
    assert.deepEqual(
      man,
      names.map((name) => `docs/man/${name}`),
    )
  })

  for (const name of names) {
    it(`pass the linter of mandoc without a word: ${name}`, () => {
      const { stdout, error } = spawnSync('mandoc', ['-T', 'lint', join(folder, name)], { encoding: 'utf8' })
      assert.equal(error, undefined)
      const complaints = stdout
        .split('\n')
        // They are not installed here, but beside each other.
        .filter(
          (line) =>
            !/referenced manual not found: Xr exchange-enforcement(?:\.[a-z.]+)? \d/.test(line) &&
            line !== '',
        )
      assert.deepEqual(complaints, [])
    })
  }

  it('show every command, argument and option', () => {
    const page = shown('exchange-enforcement.1')
    for (const command of leaves(createProgram(invocationOf(process)))) {
      const path = pathOf(command)
      const start = page.indexOf(`\n   ${path}\n`)
      assert.ok(start > 0, path)
      const next = page.slice(start + 1).search(/\n {3}\w|\n\w/)
      const section = page.slice(start, start + 1 + next)
      assert.ok(
        section.includes(`exchange-enforcement ${path} `) ||
          section.includes(`exchange-enforcement ${path}\n`),
        path,
      )
      for (const { long } of command.options)
        assert.match(section, new RegExp(`\n {5}(?:-\\w, )?${long ?? ''}\\b`), path)
      for (const argument of command.registeredArguments)
        assert.match(section, new RegExp(`\n {5}${argument.name()}\\b`), path)
    }
  })

  it('show every key with its default', () => {
    const main = shown('exchange-enforcement.ini.5')
    for (const { name, keys } of describedSections()) {
      assert.match(main, new RegExp(`\n {3}\\[${name}\\]\n`))
      for (const { name: key, facts } of keys) {
        assert.match(
          main,
          name === 'schedule' ? new RegExp(`\n +${key} = ${facts.default}\n`) : new RegExp(`\n {5}${key}\\b`),
          key,
        )
      }
    }
    const connectors = shown('exchange-enforcement.connectors.ini.5')
    for (const { name, facts } of describedConnectorKeys()) {
      assert.match(connectors, new RegExp(`\n {5}${name}\\b`))
      if (facts.default !== '') assert.ok(connectors.includes(`Default: ${facts.default}`), name)
    }
  })

  for (const [text, lines, why] of [
    ['One. Two? Three', ['One.', 'Two?', 'Three'], 'a sentence begins a line'],
    ["It is 'off'. 'on' is not.", ["It is 'off'.", "\\&'on' is not."], 'a line is not taken for a macro'],
    ['Use --json or a-b', ['Use \\-\\-json or a\\-b'], 'hyphens can be copied'],
    ['A \\ and …', ['A \\e and \\[u2026]'], 'backslashes and what is not ASCII'],
    ['`x *. (y) z`', ['`x *. (y) z`'], 'a wildcard ends no sentence'],
    [`${'a'.repeat(50)} ${'b'.repeat(50)}`, ['a'.repeat(50), 'b'.repeat(50)], 'no line is too long'],
  ] as const) {
    it(`are written so that ${why}`, () => assert.deepEqual(prose(text), lines))
  }
})
