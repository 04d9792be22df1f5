import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { invocationOf } from '../../src/cli/invocation'
import { createProgram } from '../../src/cli/program'
import { renderCommandManual } from '../../src/cli/manual'
import { renderDoctorPage } from '../../src/cli/doctor/page'
import { renderCommandReference } from '../../src/cli/reference'
import { renderConnectorsManual, renderMainManual } from '../../src/config/manual'
import { renderReference } from '../../src/config/reference'
import { renderSampleConnectors, renderSampleIni } from '../../src/config/sample'

/** Files that are written from definitions in code, by their path in the project. */
export const generatedFiles: ReadonlyMap<string, () => string> = new Map([
  ['config/exchange-enforcement.ini', renderSampleIni],
  ['config/exchange-enforcement.connectors.ini', renderSampleConnectors],
  ['docs/configuration.md', renderReference],
  ['docs/cli.md', () => renderCommandReference(createProgram(invocationOf(process)))],
  ['docs/doctor.md', renderDoctorPage],
  [
    'docs/man/exchange-enforcement.1',
    () => renderCommandManual(createProgram(invocationOf(process)), releaseDay()),
  ],
  ['docs/man/exchange-enforcement.ini.5', () => renderMainManual(releaseDay())],
  ['docs/man/exchange-enforcement.connectors.ini.5', () => renderConnectorsManual(releaseDay())],
])

/** Of the last version in the change log: manual pages bear it. */
function releaseDay(): string {
  const log = readFileSync(join(projectDir, 'CHANGELOG.md'), 'utf8')
  return /^## \[\d.*\] - (\d{4}-\d{2}-\d{2})$/m.exec(log)?.[1] ?? '1970-01-01'
}

export const projectDir = resolve(__dirname, '..', '..', '..')

if (require.main === module) {
  for (const [path, render] of generatedFiles) {
    writeFileSync(join(projectDir, path), render())
    console.log(path)
  }
}
