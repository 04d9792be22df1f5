import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ESLint } from 'eslint'
import { configs } from 'typescript-eslint'

const root = join(__dirname, '..', '..', '..')

/** What the linter says of a file when these lines stand in front of it. */
async function complaints(eslint: ESLint, file: string, lines: string): Promise<readonly string[]> {
  const filePath = join(root, file)
  const [result] = await eslint.lintText(`${lines}\n${readFileSync(filePath, 'utf8')}`, { filePath })
  return (result?.messages ?? [])
    .filter(({ severity }) => severity === 2)
    .map(({ ruleId }) => ruleId ?? 'fatal')
}

describe('The doors between the rooms (docs/architecture.md)', function () {
  this.timeout(60_000)
  // Doors are seen without types, whose program would be made anew for each text.
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: [{ files: ['**/*.ts'], ...configs.disableTypeChecked }],
  })

  const closed: readonly [why: string, file: string, lines: string, rule: string][] = [
    ['the rules read no file', 'src/rules/time.ts', "import 'node:fs'", 'no-restricted-imports'],
    ['the rules use no package', 'src/rules/time.ts', "import 'lru-cache'", 'no-restricted-imports'],
    [
      'the rules do not know the store',
      'src/rules/time.ts',
      "import '../store/store'",
      'no-restricted-imports',
    ],
    [
      'nor from a deeper folder',
      'src/rules/clock/pause.ts',
      "import '../../config/settings'",
      'no-restricted-imports',
    ],
    [
      'the rules load nothing behind the linter',
      'src/rules/time.ts',
      "void import('./clock/pause')",
      'no-restricted-syntax',
    ],
    ['time is an argument', 'src/rules/time.ts', 'export const at = Date.now()', 'no-restricted-syntax'],
    [
      'time is an argument, written otherwise',
      'src/rules/time.ts',
      'export const at = new Date()',
      'no-restricted-syntax',
    ],
    [
      'no other clock either',
      'src/rules/time.ts',
      'export const at = performance.now()',
      'no-restricted-globals',
    ],
    [
      'the rules know no chance',
      'src/rules/time.ts',
      'export const at = Math.random()',
      'no-restricted-syntax',
    ],
    ['the rules wait for nothing', 'src/rules/time.ts', 'setTimeout(String, 1)', 'no-restricted-globals'],
    [
      'the store does not know Haraka',
      'src/store/store.ts',
      "import '../haraka/types'",
      'no-restricted-imports',
    ],
    [
      'configuration does not know memory',
      'src/config/settings.ts',
      "import '../store/store'",
      'no-restricted-imports',
    ],
    [
      'the sequence does not know Haraka',
      'src/enforcement/memory.ts',
      "import '../haraka/types'",
      'no-restricted-imports',
    ],
    [
      'the plugin does not know the command line',
      'src/haraka/types.ts',
      "import '../cli/main'",
      'no-restricted-imports',
    ],
    [
      'configuration does not know the figures',
      'src/config/settings.ts',
      "import '../metrics/catalogue'",
      'no-restricted-imports',
    ],
    [
      'nor does the sequence, which only tells an observer',
      'src/enforcement/observer.ts',
      "import '../metrics/metrics'",
      'no-restricted-imports',
    ],
    [
      'the figures do not know Haraka',
      'src/metrics/metrics.ts',
      "import '../haraka/types'",
      'no-restricted-imports',
    ],
    ['nor the store', 'src/metrics/server-count.ts', "import '../store/store'", 'no-restricted-imports'],
    [
      'a report knows the rules alone, not the store',
      'src/report/summary.ts',
      "import '../store/store'",
      'no-restricted-imports',
    ],
    [
      'nor the configuration',
      'src/report/summary.ts',
      "import '../config/settings'",
      'no-restricted-imports',
    ],
    [
      'the plugin makes no reports',
      'src/haraka/types.ts',
      "import '../report/summary'",
      'no-restricted-imports',
    ],
    [
      'whoever reads mail archives knows nothing of what is read out of them',
      'src/mailbox/separator.ts',
      "import '../rules/time'",
      'no-restricted-imports',
    ],
    [
      'nobody but npm starts the command line',
      'src/metrics/metrics.ts',
      "import '../cli/main'",
      'no-restricted-imports',
    ],
    [
      'nobody but Haraka loads the plugin',
      'src/haraka/types.ts',
      "import '../../plugins/exchange-enforcement'",
      'no-restricted-imports',
    ],
    [
      'not the command line either',
      'src/cli/lines.ts',
      "import '../../plugins/exchange-enforcement'",
      'no-restricted-imports',
    ],
    [
      'the table of hooks knows hooks alone',
      'plugins/exchange-enforcement.ts',
      "import '../src/enforcement/memory'",
      'no-restricted-imports',
    ],
  ]
  for (const [why, file, lines, rule] of closed) {
    it(`are closed: ${why}`, async () => {
      assert.ok((await complaints(eslint, file, lines)).includes(rule))
    })
  }

  it('are open where they should be', async () => {
    assert.deepEqual(await complaints(eslint, 'src/enforcement/memory.ts', "import '../store/store'"), [])
    assert.deepEqual(
      await complaints(eslint, 'src/rules/clock/pause.ts', "import '../decision/decision'"),
      [],
    )
    assert.deepEqual(await complaints(eslint, 'src/report/summary.ts', "import '../rules/decision/path'"), [])
    assert.deepEqual(await complaints(eslint, 'src/metrics/metrics.ts', "import './report'"), [])
    assert.deepEqual(await complaints(eslint, 'src/cli/lines.ts', "import '../report/summary'"), [])
  })
})
