import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { invocationOf } from '../../src/cli/invocation'
import { createProgram } from '../../src/cli/program'
import { renderDoctorPage } from '../../src/cli/doctor/page'
import { renderCommandReference } from '../../src/cli/reference'
import { renderReference } from '../../src/config/reference'
import { renderSampleConnectors, renderSampleIni } from '../../src/config/sample'

/** Files that are written from definitions in code, by their path in the project. */
export const generatedFiles: ReadonlyMap<string, () => string> = new Map([
  ['config/exchange-enforcement.ini', renderSampleIni],
  ['config/exchange-enforcement.connectors.ini', renderSampleConnectors],
  ['docs/configuration.md', renderReference],
  ['docs/cli.md', () => renderCommandReference(createProgram(invocationOf(process)))],
  ['docs/doctor.md', renderDoctorPage],
])

export const projectDir = resolve(__dirname, '..', '..', '..')

if (require.main === module) {
  for (const [path, render] of generatedFiles) {
    writeFileSync(join(projectDir, path), render())
    console.log(path)
  }
}
