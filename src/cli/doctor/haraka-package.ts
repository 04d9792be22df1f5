import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readText } from './config-folder'
import { packageOfScript } from './process-table'
import type { Scene } from './scene'

/** A package on disk. */
export interface InstalledPackage {
  readonly folder: string
  readonly version: string
}

/** The Haraka that runs for this install; else the one it would most likely be started with. */
export async function findHaraka(scene: Scene): Promise<InstalledPackage | null> {
  const running = await scene.running()
  const [process_] = running.state === 'seen' ? running.ours : []
  const { install, given } = scene
  const onPath = given.path.map((folder) => join(folder, 'haraka')).find((file) => existsSync(file))
  const places = [
    ...(process_ ? [packageOfScript(process_.script)] : []),
    ...(install === null ? [] : above(install).map((folder) => join(folder, 'node_modules', 'Haraka'))),
    ...(onPath === undefined ? [] : [packageOfScript(realpathSync(onPath))]),
    join(dirname(given.packageFolder), 'Haraka'),
    join(given.packageFolder, 'node_modules', 'Haraka'),
  ]
  for (const folder of places) {
    const found = readPackage(folder)
    if (found && found.name.toLowerCase() === 'haraka') return { folder, version: found.version }
  }
  return null
}

export interface PackageFile {
  readonly name: string
  readonly version: string
  /** As written; `index.js` where nothing is. */
  readonly main: string
}

/** `null`: there is no package.json, or none that can be used. */
export function readPackage(folder: string): PackageFile | null {
  const file = readText(join(folder, 'package.json'))
  if (file.state !== 'read') return null
  try {
    const { name, version, main }: Record<string, unknown> = JSON.parse(file.text)
    if (typeof name !== 'string' || typeof version !== 'string') return null
    return { name, version, main: typeof main === 'string' ? main : 'index.js' }
  } catch {
    return null
  }
}

/** The folder and all those that hold it. */
function above(folder: string): readonly string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...above(parent)]
}

/** Whether a version is `least` or newer; what stands behind a hyphen does not count. */
export function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.replace(/^v/, '').split(/[-+]/, 1)[0]?.split('.').map(Number) ?? []
  for (const [at, wanted] of least.entries()) {
    const part = parts[at] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}
