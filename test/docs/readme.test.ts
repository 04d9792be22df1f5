import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { invocationOf } from '../../src/cli/invocation'
import { createProgram } from '../../src/cli/program'
import { describedConnectorKeys, describedSections } from '../../src/config/sample'
import { defaultSchedule } from '../../src/rules/clock/schedule'
import { decide } from '../../src/rules/decision/decide'
import { catalogue as metrics } from '../../src/metrics/catalogue'
import { headerValue } from '../../src/rules/decision/header'
import { placeholders, replyTo } from '../../src/rules/decision/reply'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { parse, problemsOf, settingsOf } from '../config/support'
import { projectDir } from '../support/generate-docs'

const pages = [
  'README.md',
  ...'architecture replies compatibility operations metrics redis web'
    .split(' ')
    .map((name) => `docs/${name}.md`),
]
const program = createProgram(invocationOf(process))

function page(path: string): string {
  return readFileSync(join(projectDir, path), 'utf8')
}

/** The code blocks of a language, indented ones too. */
function blocks(text: string, language: string): string[] {
  const found = text.matchAll(new RegExp('^( *)```' + language + '\\n([^]*?)\\n\\1```$', 'gm'))
  return [...found].map(([, indent = '', block = '']) => block.replaceAll(`\n${indent}`, '\n').trim())
}

function withoutBlocks(text: string): string {
  return text.replace(/^ *```[^]*?^ *```$/gm, '')
}

const sections = describedSections()
const ours = new Set([
  ...sections.flatMap(({ keys }) => keys.map(({ name }) => name)),
  ...describedConnectorKeys().map(({ name }) => name),
])
/** Names of Haraka's, and of the code, which look like keys of ours. */
const others = new Set([
  'data_post',
  'delay_deny',
  'free_at',
  'help_url',
  'mime_ole',
  'xoorg_foreign',
  'node_modules',
  ...metrics.flatMap(({ name }) => [name, name.replace('exchange_enforcement_', '')]),
])

describe('The first pages', () => {
  it('begin with what a newcomer runs first', () => {
    const commands = blocks(page('README.md'), 'sh')
    assert.deepEqual(commands.slice(0, 2), ['npm ci && npm start', 'npm test'])
    assert.ok(page('README.md').split('\n').length <= 250)
  })

  it('lead to every page', () => {
    const there = readdirSync(join(projectDir, 'docs'))
    assert.deepEqual(
      there.filter((name) => !page('README.md').includes(`](docs/${name})`)),
      [],
    )
  })

  for (const path of pages) {
    it(`have links that lead somewhere: ${path}`, () => {
      const links = [...page(path).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link)
      const missing = links.filter(
        (link) => !link.startsWith('https://') && !existsSync(join(projectDir, dirname(path), link)),
      )
      assert.deepEqual(missing, [])
    })

    it(`name only files and folders of the project that are there: ${path}`, () => {
      const named = [
        ...page(path).matchAll(/(?<=[\s`(])((?:src|test|plugins|docs)\/[\w./-]*\w|eslint\.config\.mjs)/g),
      ].map(([name]) => name)
      assert.deepEqual(
        named.filter((name) => !existsSync(join(projectDir, name))),
        [],
      )
    })

    it(`name only keys that exist: ${path}`, () => {
      const words = [...withoutBlocks(page(path)).matchAll(/`([a-z]+(?:_[a-z]+)+)(?: = [^`]*)?`/g)]
      const unknown = words
        .map(([, word = '']) => word)
        .filter((word) => !ours.has(word) && !others.has(word))
      assert.deepEqual(unknown, [])
    })
  }

  it('show configuration that is accepted without a warning', () => {
    const examples = blocks(page('README.md'), 'ini').filter((block) => block !== 'requestCert = true')
    assert.equal(examples.length, 5)
    const names = new Set<string>(sections.map(({ name }) => name))
    for (const block of examples) {
      const isMain = names.has(/^\[(\w+)\]/m.exec(block)?.[1] ?? '')
      const connectors = isMain ? '[fabrikam]\naddresses = 192.0.2.1' : block
      const files = isMain ? { main: block, connectors } : { connectors }
      const over = { fileExists: () => true }
      assert.deepEqual(problemsOf(files, over), [], block)
      assert.deepEqual(parse(files, over).warnings, [], block)
    }
  })

  it('give the defaults that hold', () => {
    const settings = settingsOf({})
    assert.equal(settings.mode, 'report')
    assert.equal(settings.store.timeoutMs, 200)
    assert.equal(settings.enforcement.recheckMinutes, 5)
    assert.deepEqual(
      [settings.enforcement.deferAt, settings.enforcement.refuseAt],
      ['mail', 'data'],
      'the table in docs/replies.md',
    )
  })

  it('have the stages of the schedule', () => {
    const rows = [...page('README.md').matchAll(/^\| (\d) +\| (\d+) +\| (.*?) *\|$/gm)].map((row) =>
      row.slice(1),
    )
    const expected = defaultSchedule.map(({ stage, fromDay, deferMinutes, refuseMinutes }) => {
      const minutes = [deferMinutes, refuseMinutes].filter((count) => count > 0 && count < 60).map(String)
      return [String(stage), String(fromDay), minutes]
    })
    const read = rows.map(([stage, day, text = '']) => [
      stage,
      day,
      [...text.matchAll(/(\d+) minutes/g)].map(([, count]) => count),
    ])
    assert.deepEqual(read, expected)
  })

  it('quote the replies byte for byte', () => {
    const { enforcement, helpUrl } = settingsOf({})
    const texts = { defer: enforcement.replyDefer, refuse: enforcement.replyRefuse, helpUrl }
    const about = { server: 'ex01.fabrikam.com', build: '15.1.2507.16' }
    const told = [30, 90].map((day) => {
      const clock = { state: 'running', startedAt: 0, detectedAt: dayMs, carriedMs: 0, reachedMs: 0 } as const
      const at = day * dayMs + minuteMs
      const given = { at, clock, pauses: [], exemption: null, offsetMs: 0, mode: 'enforce' } as const
      return replyTo(decide({ ...given, schedule: defaultSchedule }), about, texts)?.line
    })
    const quoted = blocks(page('docs/replies.md'), '').filter((block) => /^[45]50 /.test(block))
    assert.deepEqual(quoted, told)
    for (const name of placeholders) assert.ok(page('docs/replies.md').includes(`\`{${name}}\``), name)
  })

  it('quote the header field as it is written', () => {
    const [quoted] = blocks(page('docs/replies.md'), '').filter((block) => block.startsWith('X-Exchange'))
    const nextStageAt = Date.UTC(2026, 11, 1, 0, 15, 8)
    const decision = {
      action: 'accept',
      demanded: 'accept',
      stage: 4,
      elapsedMs: 52 * dayMs + hourMs,
      deferMinutes: 20,
      refuseMinutes: 0,
      freeAt: 0,
      nextStageAt,
      trail: [],
    } as const
    const facts = { connector: 'fabrikam', server: 'ex01.fabrikam.com', build: '15.1.2507.16' }
    const value = headerValue({ ...facts, verdict: 'outdated', reason: 'behind', decision })
    assert.equal(quoted, `X-Exchange-Enforcement: ${value}`)
  })

  it('name only commands and options that the command line has', () => {
    const known = new Set(program.commands.map((command) => command.name()))
    const named = pages.flatMap((path) =>
      [...page(path).matchAll(/exchange-enforcement (?:--config \S+ )?([a-z]+)((?: [^`\n]*)?)/g)]
        .filter(([whole]) => !whole.startsWith('exchange-enforcement/'))
        .map(([, first = '', rest = '']) => ({ first, rest })),
    )
    // "npm install haraka-plugin-exchange-enforcement Add" names none.
    const commands = named.filter(({ first }) => known.has(first))
    assert.ok(commands.length >= 12)
    for (const { first, rest } of commands) {
      const group = program.commands.find((command) => command.name() === first)
      const [, second] = /^ ([a-z]+)/.exec(rest) ?? []
      const command = group?.commands.find((each) => each.name() === second) ?? group
      const help = command?.helpInformation() ?? ''
      assert.ok(
        group?.commands.length === 0 || command !== group || second === undefined,
        `${first} ${second}`,
      )
      for (const [option] of rest.matchAll(/--[a-z-]+/g))
        assert.ok(help.includes(option), `${first} ${option}`)
    }
  })
})
