import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from './generate-docs'
import { sideBySide, stepsOf } from './parts'

const folder = join(projectDir, 'test')
const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name}`)

describe('The parts in which all tests are run', () => {
  it('hold every test once', () => {
    assert.deepEqual(stepsOf(tests).flat(2).sort(), [...tests].sort())
  })

  it('name tests that are there', () => {
    for (const beginning of sideBySide.flat())
      assert.ok(
        tests.some((test) => test.startsWith(`test/${beginning}`)),
        beginning,
      )
  })

  it('give a neighbour to no test that measures time', () => {
    const [, beside = []] = stepsOf(tests)
    // Within quotes it is what the linter is shown.
    const measuring = beside
      .flat()
      .filter((test) =>
        /performance\.now\(\)(?!')|hrtime|cpuUsage/.test(readFileSync(join(projectDir, test), 'utf8')),
      )
    assert.deepEqual(measuring, [])
  })
})
