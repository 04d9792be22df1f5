import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { invocationOf } from '../../src/cli/invocation'
import { Output } from '../../src/cli/output'
import { createProgram } from '../../src/cli/program'
import { leaves, pathOf } from '../../src/cli/reference'
import { projectDir } from '../support/generate-docs'
import { call } from './in-process'
import { Place, exemptUntil, fails, installed, printed, runProgram, runningServer } from './support'

const page = readFileSync(join(projectDir, 'docs', 'cli.md'), 'utf8')
const commands = leaves(createProgram(invocationOf(process)))
const sections = new Map(
  page
    .split('\n## ')
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
)

describe('The page of the commands and the program', function () {
  this.timeout(20_000)

  it('name the same commands', () => {
    assert.deepEqual([...sections.keys()], commands.map(pathOf))
    assert.equal(commands.length, 28)
  })

  for (const command of commands) {
    const path = pathOf(command)
    it(`name the same options and examples: ${path}`, async () => {
      const help = await printed([...path.split(' '), '--help'])
      const section = sections.get(path) ?? ''
      const own = help.slice(0, help.indexOf('Global Options:'))
      const inHelp = [...own.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag)
      const onPage = [...section.matchAll(/^- `(--[a-z-]+)/gm)].map(([, flag]) => flag)
      assert.deepEqual(onPage, inHelp)
      assert.ok(onPage.includes('--json'), 'every command can print JSON')
      const examples = [...help.matchAll(/^ {2}exchange-enforcement (.*)$/gm)].map(([, line]) => line)
      assert.ok(examples.length > 0)
      const shown = [...section.matchAll(/^exchange-enforcement (.*)$/gm)].map(([, line]) => line)
      assert.deepEqual(shown, examples)
      assert.ok(help.includes(`Usage: exchange-enforcement ${path} `))
      assert.ok(section.includes(`\`exchange-enforcement ${path} `))
    })
  }

  it('give examples that the program understands', () => {
    for (const [, line = ''] of page.matchAll(/^exchange-enforcement ([^|<>]*)/gm)) {
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
      const command = commands.find((each) => line.startsWith(pathOf(each)))
      assert.ok(command, line)
      const known = new Set(['--config', ...command.options.map(({ long }) => long)])
      for (const word of words) if (word.startsWith('--')) assert.ok(known.has(word), `${line}: ${word}`)
    }
  })
})

describe('The program as a process of its own', function () {
  this.timeout(20_000)
  let place: Place
  let same: Place
  before(async () => {
    const now = Date.now()
    ;[place, same] = [installed(), installed()]
    for (const each of [place, same]) {
      await each.put(runningServer('ex01.contoso.com', 65, now), {
        tenant: 'contoso',
        pauses: [],
        exemptions: [exemptUntil('ex01.contoso.com', now + 86_400_000)],
      })
    }
  })
  after(() => {
    for (const each of [place, same]) each.remove()
  })

  for (const [code, ...words] of [
    [0, 'servers'],
    [0, 'explain', 'ex01.contoso.com'],
    [1, 'explain', 'ex09.contoso.com'],
    [0, 'pause', 'contoso', '--days', '1'],
    [0, 'unexempt', 'contoso', '--server', 'ex01.contoso.com'],
    [1, 'notices', 'list'],
    [0, 'state', 'export'],
    [1, 'state', 'import', 'missing.jsonl'],
    [0, 'connectors', 'list'],
    [0, 'catalogue', 'show'],
    [1, 'inspect'],
    [2, 'state'],
    [2, 'puase'],
  ] as const) {
    it(`ends by itself with ${code} and says where it should what it has to say: ${words.join(' ')}`, async () => {
      const ran = await runProgram([...words, '--config', place.config])
      assert.equal(ran.code, code, ran.stderr)
      const called = await call([...words, '--config', same.config])
      assert.equal(called.code, code)
      // Every call says something, with moments in it that move on.
      const isSilent = (text: string): boolean => text === ''
      assert.deepEqual([ran.stdout, ran.stderr].map(isSilent), [called.stdout, called.stderr].map(isSilent))
      assert.ok(!isSilent(ran.stdout + ran.stderr))
    })
  }
})

describe('The program', function () {
  this.timeout(20_000)

  it('prints help and version with exit code 0', async () => {
    const { version }: { version: string } = JSON.parse(
      readFileSync(join(projectDir, 'package.json'), 'utf8'),
    )
    const said = await runProgram(['--version'])
    assert.deepEqual(said, { code: 0, stdout: `${version}\n`, stderr: '' })
    assert.match(await printed(['--help']), /Commands:\n {2}inspect .*\n[^]*Examples:/)
    assert.equal(await printed(['help', 'pause']), await printed(['pause', '--help']))
  })

  it('is what package.json says, and can be run by itself', () => {
    const { bin }: { bin: Record<string, string> } = JSON.parse(
      readFileSync(join(projectDir, 'package.json'), 'utf8'),
    )
    assert.deepEqual(bin, { 'exchange-enforcement': 'dist/src/cli/main.js' })
    const compiled = readFileSync(join(__dirname, '..', '..', 'src', 'cli', 'main.js'), 'utf8')
    assert.ok(compiled.startsWith('#!/usr/bin/env node\n'))
  })

  for (const [parameters, message, reason] of [
    [['puase'], /unknown command 'puase' \(Did you mean pause\?\)/, 'a slip in a command'],
    [
      ['servers', '--stat', 'outdated'],
      /unknown option '--stat' \(Did you mean one of --stage, --status\?\)/,
      'a slip in an option',
    ],
    [['servers', 'a', 'b'], /too many arguments/, 'a parameter too many'],
    [
      ['decide', '--config', '/no/such/folder'],
      /--config: there is no folder \/no\/such\/folder/,
      'a folder that is not there',
    ],
    [['decide', '--at'], /argument missing/, 'an option without its value'],
    [['\u001b[31mx'], /unknown command '\\u\{1b\}\[31mx'/, 'a command that a terminal obeys'],
  ] as const) {
    it(`is called wrongly: ${reason}`, () => fails(2, message, parameters))
  }

  for (const parameters of [[], ['state']] as const) {
    it(`shows help where a command is missing: ${parameters.join(' ') || 'none'}`, async () => {
      const { code, stderr } = await call(parameters)
      assert.equal(code, 2)
      assert.match(stderr, /^Usage: [^]*\nexchange-enforcement: a command is missing; see/)
    })
  }

  it('shows where an error came from only if it is asked', async () => {
    const place = installed()
    try {
      place.write('store/data.mdb', Buffer.alloc(10_000, 7))
      const parameters = ['servers', '--config', place.config]
      await fails(1, /data\.mdb/, parameters)
      const { stderr } = await runProgram(parameters, { environment: { DEBUG: '1' } })
      assert.match(stderr, /\n {4}at /)
    } finally {
      place.remove()
    }
  })

  it('finds the config folder: --config before HARAKA before ./config', async () => {
    const folderOf = async (parameters: string[], environment: Record<string, string>, directory: string) => {
      const text = await printed(['config', 'check', '--json', ...parameters], { environment, directory })
      return (JSON.parse(text) as { folder: string | null }).folder
    }
    const [named, home, here, foreign] = [new Place(), new Place(), new Place(), new Place()]
    try {
      here.write('config/plugins', '')
      const environment = { HARAKA: home.folder }
      assert.equal(await folderOf(['--config', named.config], environment, here.folder), named.config)
      assert.equal(await folderOf([], environment, here.folder), home.config)
      assert.equal(await folderOf([], {}, here.folder), here.config)
      const { stdout } = await runProgram(['config', 'check'], { directory: here.folder })
      assert.ok(stdout.includes(here.config), 'where it was started counts')
      assert.equal(
        await folderOf([], {}, foreign.folder),
        null,
        "a folder without Haraka's files is somebody else's",
      )
      await fails(2, /HARAKA names \/no\/such/, ['config', 'check'], { environment: { HARAKA: '/no/such' } })
    } finally {
      for (const place of [named, home, here, foreign]) place.remove()
    }
  })

  it('colours only what a person looks at, and not where NO_COLOR is set', () => {
    const styled = (isTTY: boolean, environment: NodeJS.ProcessEnv) =>
      new Output(Object.assign(new PassThrough(), { isTTY, columns: 80 }), environment).styled('red', 'x')
    assert.equal(styled(true, {}), '\u001b[31mx\u001b[39m')
    assert.equal(styled(true, { NO_COLOR: '1' }), 'x')
    assert.equal(styled(true, { TERM: 'dumb' }), 'x')
    assert.equal(styled(false, {}), 'x')
  })

  it('waits for a reader that is slow', async () => {
    const stream = new PassThrough({ highWaterMark: 4 })
    const output = new Output(stream, {})
    let done = false
    const written = output.write('123456').then(() => (done = true))
    await new Promise(setImmediate)
    assert.equal(done, false)
    stream.resume()
    await written
    assert.ok(done)
  })
})
