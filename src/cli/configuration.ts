import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  CatalogueError,
  CatalogueFile,
  cataloguePaths,
  packagedCataloguePath,
} from '../config/catalogue-file'
import { loadSettings } from '../config/load'
import type { ParseResult } from '../config/parse-settings'
import { formatProblem } from '../config/problem'
import { connectorsFile, mainFile } from '../config/schema'
import type { Settings } from '../config/settings'
import { folderSource, type SettingsSource } from '../config/source'
import type { Catalogue } from '../rules/verdict/catalogue'
import { misuse, refusal } from './failure'
import type { Invocation } from './invocation'

/** What tells Haraka's config folder from any other folder of that name. */
const harakaFiles = [mainFile, connectorsFile, 'plugins', 'smtp.ini', 'haraka.ini']

export interface Configuration {
  /** Haraka's config folder; `null`: none was found, and the defaults hold. */
  readonly folder: string | null
  readonly settings: Settings
  readonly catalogue: Catalogue
}

/** As `--config` says, else `config` in the folder that `HARAKA` names, else `./config` where Haraka's files are in it. */
export function findFolder(invocation: Invocation, command: Command): string | null {
  const { config } = command.optsWithGlobals<{ config?: string }>()
  if (config !== undefined) {
    const folder = resolve(invocation.directory, config)
    if (!isFolder(folder)) throw misuse(`--config: there is no folder ${folder}`)
    return folder
  }
  const home = invocation.environment['HARAKA'] ?? ''
  if (home !== '') {
    const folder = resolve(invocation.directory, home, 'config')
    if (!isFolder(folder)) {
      throw misuse(`HARAKA names ${home}, which has no folder config; name the config folder with --config`)
    }
    return folder
  }
  const here = join(invocation.directory, 'config')
  return harakaFiles.some((name) => existsSync(join(here, name))) ? here : null
}

export function readCatalogue(folder: string | null): CatalogueFile {
  try {
    return new CatalogueFile(cataloguePaths(folder))
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error
    throw refusal(`catalogue refused: ${error.message}; 'catalogue check' lists everything`, error)
  }
}

/** The catalogue file that counts, also where it is refused. */
export function pathInForce(folder: string | null): string {
  try {
    return readCatalogue(folder).path
  } catch (error) {
    if (error instanceof Error && error.cause instanceof CatalogueError) return error.cause.file
    throw error
  }
}

/** The folder's files; without a folder, the package's own, in which nothing is set. */
export function sourceOf(folder: string | null): SettingsSource {
  return folderSource(folder ?? dirname(packagedCataloguePath()))
}

/** Settings as the folder's files say, or what is wrong in them. Without a folder, the defaults. */
export function checkSettings(folder: string | null, catalogue: Catalogue): ParseResult {
  return loadSettings(sourceOf(folder), { productIds: catalogue.products.map(({ id }) => id) })
}

/** Everything that judging takes. Throws `CliFailure` where the configuration is invalid. */
export function readConfiguration(invocation: Invocation, command: Command): Configuration {
  const folder = findFolder(invocation, command)
  const catalogue = readCatalogue(folder).current
  const result = checkSettings(folder, catalogue)
  if (result.ok) return { folder, settings: result.settings, catalogue }
  const [first] = result.problems
  const problem = first ? formatProblem(first) : 'no reason is known'
  const more = result.problems.length - 1
  throw refusal(
    `configuration refused: ${problem}${more > 0 ? ` (and ${more} more)` : ''}; 'config check' lists everything`,
  )
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
