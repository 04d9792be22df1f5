import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { invocationOf } from '../../src/cli/invocation'
import { createProgram } from '../../src/cli/program'
import { projectDir } from '../support/generate-docs'
import { runbookFile } from './ops-files'

const folder = join(projectDir, 'docs', 'ops')
const units = readdirSync(folder).filter((name) => /\.(?:service|timer|conf)$/.test(name))
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

describe('The units for systemd', () => {
  const program = createProgram(invocationOf(process))
  const { bin }: { readonly bin: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(projectDir, 'package.json'), 'utf8'),
  )

  for (const name of units) {
    it(`are named by the runbook: ${name}`, () =>
      assert.ok(readFileSync(runbookFile, 'utf8').includes(`\`${name}\``)))
  }

  for (const name of units.filter((each) => each.endsWith('.service'))) {
    it(`run the program that the package brings, with commands and options that exist: ${name}`, () => {
      const lines = [...read(name).matchAll(/^ExecStart=.*?(node_modules\S+) --config config ([^>\n]+)/gm)]
      assert.ok(lines.length > 0)
      for (const [, path, rest = ''] of lines) {
        assert.equal(path, `node_modules/haraka-plugin-exchange-enforcement/${bin['exchange-enforcement']}`)
        const [first, second, ...others] = rest.trim().split(' ')
        const group = program.commands.find((command) => command.name() === first)
        assert.ok(group, rest)
        const command =
          group.commands.length > 0 ? group.commands.find((each) => each.name() === second) : group
        assert.ok(command, rest)
        for (const word of [second, ...others].filter((each) => each?.startsWith('--'))) {
          assert.ok(
            command.options.some(({ long }) => long === word),
            `${rest}: ${word}`,
          )
        }
      }
    })

    it(`give the program no right that it does not need: ${name}`, () => {
      for (const line of [
        'NoNewPrivileges=yes',
        'CapabilityBoundingSet=',
        'ProtectSystem=strict',
        'User=haraka',
        'UMask=0077',
      ]) {
        assert.match(read(name), new RegExp(`^${line}$`, 'm'), line)
      }
    })
  }

  it('leave Haraka the sockets by which it learns the addresses of its host, without which each session ends a worker', () => {
    const [, families = ''] =
      /^RestrictAddressFamilies=(.*)$/m.exec(read('haraka-least-privilege.conf')) ?? []
    assert.deepEqual(families.split(' ').toSorted(), ['AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_UNIX'])
  })

  for (const name of units.filter((each) => each.endsWith('.timer'))) {
    it(`begin a service that is there: ${name}`, () =>
      assert.ok(units.includes(name.replace(/timer$/, 'service'))))
  }
})
