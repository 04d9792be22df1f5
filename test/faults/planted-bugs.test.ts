import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../support/generate-docs'
import { faults } from './faults'
import { plantedBugs } from './planted-bugs'

const read = (path: string): string => readFileSync(join(projectDir, path), 'utf8')

describe('Bugs that the suite of faults plants', () => {
  const page = read('docs/reliability.md')

  for (const { name, file, find, replace, finder } of plantedBugs) {
    it(`have their place in the code, a finder, and a line on the page: ${name}`, () => {
      assert.equal(read(file).split(find).length, 2, 'exactly once')
      assert.notEqual(find, replace)
      const asked = 'fault' in finder ? finder.fault : finder.test
      if ('fault' in finder) assert.ok(faults.some((fault) => fault.name === asked))
      assert.match(page, new RegExp(`^\\| ${name} +\\| \`${asked}\` +\\|$`, 'm'))
    })
  }
})
