import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { bashCompletion } from '../../src/cli/completion/bash'
import { fishCompletion } from '../../src/cli/completion/fish'
import { completedTree } from '../../src/cli/completion/tree'
import { zshCompletion } from '../../src/cli/completion/zsh'
import { invocationOf } from '../../src/cli/invocation'
import { createProgram } from '../../src/cli/program'
import { fails, json, printed } from './support'

const run = promisify(execFile)
const program = createProgram(invocationOf(process))
const tree = completedTree(program)
const name = 'exchange-enforcement'

/** Asks a shell what it offers for the last word of each line; answers without descriptions, in order of the alphabet. */
type Ask = (lines: readonly (readonly string[])[]) => Promise<readonly (readonly string[])[]>

const folder = mkdtempSync(join(tmpdir(), 'completion-'))

function single(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Blocks of lines, each ended by a line `=`. */
function blocks(stdout: string): readonly (readonly string[])[] {
  const parts = stdout.split(/^=$/m).slice(0, -1)
  return parts.map((part) =>
    part
      .split('\n')
      .filter((line) => line !== '')
      .sort(),
  )
}

const shells: Readonly<Record<string, { readonly script: string; readonly ask: Ask }>> = {
  bash: {
    script: bashCompletion(tree),
    ask: async (lines) => {
      const file = join(folder, 'complete.bash')
      writeFileSync(file, bashCompletion(tree))
      const asked = lines.map(
        (words) =>
          `COMP_WORDS=(${[name, ...words].map(single).join(' ')}); COMP_CWORD=${words.length}\n` +
          // As bash itself does: what completes the name, called.
          `$(complete -p ${name} | sed 's/.* -F \\([^ ]*\\) .*/\\1/') 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"; echo =`,
      )
      const { stdout } = await run('bash', ['--norc', '-c', `source ${single(file)}\n${asked.join('\n')}`], {
        cwd: folder,
      })
      return blocks(stdout)
    },
  },
  zsh: {
    script: zshCompletion(tree),
    ask: async (lines) => {
      const file = join(folder, 'complete.zsh')
      writeFileSync(file, zshCompletion(tree))
      // Stand-ins for zsh's own functions, which work within its line editor alone.
      const given = `
        compdef() { : }
        _describe() { local list=$argv[-1] each; for each in \${(P)list}; do print -r -- "\${each%%:*}"; done }
        compadd() { shift; print -rl -- $@ }
        _files() { [[ $1 == -/ ]] && print -rl -- *(N/) || print -rl -- *(N) }
        source ${single(file)}`
      const asked = lines.map(
        (words) =>
          `words=(${[name, ...words].map(single).join(' ')}); CURRENT=${words.length + 1}; _exchange_enforcement; print =`,
      )
      const { stdout } = await run('zsh', ['-f', '-c', `${given}\n${asked.join('\n')}`], { cwd: folder })
      return blocks(stdout)
    },
  },
  fish: {
    script: fishCompletion(tree),
    ask: async (lines) => {
      const file = join(folder, 'complete.fish')
      writeFileSync(file, fishCompletion(tree))
      const asked = lines.map((words) => `complete -C ${single([name, ...words].join(' '))}; echo =`)
      const { stdout } = await run(
        'fish',
        ['--no-config', '-c', `source ${single(file)}\n${asked.join('\n')}`],
        {
          cwd: folder,
          env: { ...process.env, HOME: folder },
        },
      )
      return blocks(stdout).map((block) => block.map((line) => line.replace(/\t.*/, '').replace(/\/$/, '')))
    },
  },
}

/** Commands with their words, the program itself included. */
function commandsOf(
  command: Command,
  words: readonly string[] = [],
): readonly (readonly [Command, readonly string[]])[] {
  return [[command, words], ...command.commands.flatMap((each) => commandsOf(each, [...words, each.name()]))]
}

/** What the section of a help text lists, by its first word or its options. */
function inHelp(command: Command, section: string): readonly string[] {
  const found = new RegExp(`^${section}:\\n((?: .*\\n)*)`, 'm').exec(command.helpInformation())
  return (found?.[1] ?? '')
    .split('\n')
    .flatMap((line) => /^ {2}((?:-\w, )?-[\w-]+|[a-z]+)/.exec(line)?.[1]?.split(', ') ?? [])
}

describe('The completion of commands', function () {
  this.timeout(60_000)

  before(() => {
    mkdirSync(join(folder, 'a folder'))
    writeFileSync(join(folder, 'a message.eml'), '')
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const [shell, { script, ask }] of Object.entries(shells)) {
    it(`is understood by ${shell}`, async () => {
      const file = join(folder, `syntax.${shell}`)
      writeFileSync(file, script)
      const { stderr } = await run(shell, ['-n', file])
      assert.equal(stderr, '')
    })

    it(`offers in ${shell} the commands and options that --help shows, for every command`, async () => {
      const all = commandsOf(program)
      const offered = await ask([
        ...all.map(([, words]) => [...words, '']),
        ...all.map(([, words]) => [...words, '--']),
      ])
      assert.equal(offered.length, 2 * all.length)
      for (const [at, [command, words]] of all.entries()) {
        const commands = inHelp(command, 'Commands')
        if (commands.length > 0) assert.deepEqual(offered[at], [...commands].sort(), words.join(' '))
        const options = [...inHelp(command, 'Options'), ...inHelp(command, 'Global Options')]
        const shown = new Set(
          options.filter(
            (option) => option.startsWith('--') && (words.length === 0 || option !== '--version'),
          ),
        )
        assert.ok(shown.size >= 2, words.join(' '))
        assert.deepEqual(
          (offered[all.length + at] ?? []).filter((option) => option.startsWith('--')),
          [...shown].sort(),
          words.join(' '),
        )
      }
    })

    it(`offers in ${shell} what an option or an argument takes`, async () => {
      const files = ['a folder', 'a message.eml']
      const cases: readonly (readonly [
        words: readonly string[],
        wanted: (offered: readonly string[]) => boolean,
        why: string,
      ])[] = [
        [
          ['servers', '--status', ''],
          (offered) =>
            ['compliant', 'exempt', 'outdated', 'paused', 'recovered'].every((each) =>
              offered.includes(each),
            ) && !offered.some((each) => files.includes(each)),
          'the choices of an option, and no file',
        ],
        [['servers', '--status', 'o'], (offered) => offered.join() === 'outdated', 'what has been begun'],
        [
          ['--config', 'x', 'state', ''],
          (offered) => offered.includes('import'),
          'behind an option with a value',
        ],
        [['completion', ''], (offered) => offered.join() === 'bash,fish,zsh', 'the choices of an argument'],
        [
          ['state', 'import', ''],
          (offered) => files.every((each) => offered.some((it) => it.replaceAll('\\', '') === each)),
          'files',
        ],
        [
          ['servers', '--config', ''],
          (offered) =>
            offered.some((it) => it.replaceAll('\\', '') === 'a folder') &&
            !offered.some((it) => it.includes('message')),
          'folders alone',
        ],
        [
          ['pause', 'contoso', '--reason', ''],
          (offered) => offered.length === 0,
          'nothing for words of your own',
        ],
        [['help', 'pau'], (offered) => offered.join() === 'pause', 'commands behind help'],
      ]
      // The stand-ins of zsh do not select by what has been begun.
      const asked = cases.filter(([words]) => shell !== 'zsh' || words.at(-1) === '')
      const offered = await ask(asked.map(([words]) => words))
      for (const [at, [, wanted, why]] of asked.entries())
        assert.ok(wanted(offered[at] ?? []), `${why}: ${offered[at]?.join()}`)
    })
  }

  it('is printed by the command, as text and as JSON', async () => {
    assert.equal(await printed(['completion', 'bash']), bashCompletion(tree))
    const told = await json<{ shell: string; script: string }>(['completion', 'fish'])
    assert.deepEqual(told, { shell: 'fish', script: fishCompletion(tree) })
    await fails(2, /Allowed choices are bash, zsh, fish/, ['completion', 'tcsh'])
  })
})
