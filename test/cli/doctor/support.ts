import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { loadCatalogue, packagedCataloguePath } from '../../../src/config/catalogue-file'
import { dayMs } from '../../../src/rules/time'
import { examine } from '../../../src/cli/doctor/examination'
import type { Finding } from '../../../src/cli/doctor/finding'
import type { Circumstances } from '../../../src/cli/doctor/scene'
import { projectDir } from '../../support/generate-docs'
import { makeInstallFolder, writePorts, type InstallOptions } from '../../support/install'

const { version }: { readonly version: string } = JSON.parse(
  readFileSync(join(projectDir, 'package.json'), 'utf8'),
)

/** Of the packaged catalogue: no test grows old. */
const aMonthLater = Date.parse(loadCatalogue(packagedCataloguePath()).asOf) + 30 * dayMs

/** What only the machine that runs the tests can help. */
export const ofThisMachine: readonly string[] = [
  'clock-unsynchronised',
  'store-volatile-disk',
  'store-disk-full',
]

/** Connectors that have no need of a certificate. */
export const byAddress = '[contoso]\naddresses = 192.0.2.0/28\n'
/** Nobody listens, so that no other test is met. */
export const quiet = '[metrics]\nlisten =\n'

export async function install(options: InstallOptions = {}): Promise<string> {
  const whole = { connectors: byAddress, settings: quiet, ...options }
  const folder = await makeInstallFolder(whole)
  writePorts(folder, whole, { smtp: 2525 })
  return folder
}

export function circumstances(folder: string, change: Partial<Circumstances> = {}): Circumstances {
  return {
    folder: join(folder, 'config'),
    packageFolder: projectDir,
    version,
    nodeVersion: 'v22.0.0',
    path: [],
    user: null,
    now: aMonthLater,
    ...change,
  }
}

export async function findings(given: Circumstances): Promise<readonly Finding[]> {
  const all: Finding[] = []
  await examine(given, ({ findings: told }) => all.push(...told))
  return all
}

/** What is amiss, but for this machine's own and for a Haraka that is not started. */
export async function amiss(given: Circumstances): Promise<readonly Finding[]> {
  const ignored = [...ofThisMachine, 'haraka-stopped']
  return (await findings(given)).filter(
    ({ id, severity }) => severity !== 'ok' && severity !== 'unknown' && !ignored.includes(id),
  )
}

/** Exactly these are found; gives the first. */
export async function finds(ids: readonly string[], given: Circumstances): Promise<Finding> {
  const found = await amiss(given)
  assert.deepEqual(
    [...new Set(found.map(({ id }) => id))].sort(),
    [...ids].sort(),
    JSON.stringify(found, null, 2),
  )
  for (const { id, message, remedy } of found) {
    assert.ok(remedy !== null && /^['A-Z].*\.$/.test(remedy), id)
    assert.doesNotMatch(message, /\.$|undefined|\[object/, id)
  }
  const [first] = found
  assert.ok(first)
  return first
}

export function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
