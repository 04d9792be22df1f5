import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from 'haraka-config'
import type { RawFile } from './ini'
import type { RawConfig, RawSource } from './parse-settings'
import type { ConfigProblem } from './problem'
import { connectorsFile, mainFile, redisFile } from './schema'

/** The folder with the package's own, all-commented files; seen from `dist` or `build`. */
const packageConfigDir = resolve(__dirname, '..', '..', '..', 'config')

/** Where configuration comes from: Haraka in the plugin, a folder on the command line. */
export interface SettingsSource {
  /** Haraka's config folder, absolute; relative paths start here. */
  readonly configDir: string
  /** Never throws. */
  read(): RawConfig
  /** Calls `changed` after the files have changed, again and again, until the returned function is called. */
  watch(changed: () => void): () => void
}

/** Reads `--config DIR`; who wants to follow its changes has it looked at every `pollMs`. */
export function folderSource(folder: string, pollMs: number | null = null): SettingsSource {
  const configDir = resolve(folder)
  const read = (): RawConfig => readFolders([packageConfigDir, configDir])
  return {
    configDir,
    read,
    watch: (changed) => (pollMs === null ? () => undefined : watchByLooking(read, changed, pollMs)),
  }
}

/** The timer does not keep the process alive. */
function watchByLooking(read: () => RawConfig, changed: () => void, pollMs: number): () => void {
  let seen = JSON.stringify(read())
  const timer = setInterval(() => {
    const now = JSON.stringify(read())
    if (now === seen) return
    seen = now
    changed()
  }, pollMs).unref()
  return () => clearInterval(timer)
}

/**
 * Reads the files from where haraka-config reads them, and when it says that they have changed. The text is read
 * past it: haraka-config turns `15.10` into 15.1, drops lines that it does not understand, and keeps the values of a
 * file that was deleted.
 *
 * @param config `plugin.config`
 */
export function harakaSource(config: Config): SettingsSource {
  const packageDir = resolve(config.root_path)
  const configDir = resolve(config.overrides_path ?? config.root_path)
  return {
    configDir,
    read: () => readFolders(packageDir === configDir ? [configDir] : [packageDir, configDir]),
    watch: (changed) => watchWith(config, changed),
  }
}

/**
 * haraka-config knows one callback a file, the one of the last `get` of it. So nothing else may `get` our two files,
 * and redis.ini is not watched: our callback would take the place of haraka-plugin-redis' own.
 */
function watchWith(config: Config, changed: () => void): () => void {
  let stopped = false
  for (const name of [mainFile, connectorsFile]) {
    config.get(name, 'data', () => {
      if (!stopped) changed()
    })
  }
  return () => {
    stopped = true
  }
}

function readFolders(folders: readonly string[]): RawConfig {
  return {
    main: readSource(mainFile, folders),
    connectors: readSource(connectorsFile, folders),
    redisIni: readSource(redisFile, folders),
  }
}

function readSource(name: string, folders: readonly string[]): RawSource {
  const files: RawFile[] = []
  const faults: ConfigProblem[] = []
  const paths = folders.map((folder) => join(folder, name))
  for (const path of paths) {
    try {
      files.push({ path, text: readFileSync(path, 'utf8') })
    } catch (error) {
      if (!isMissing(error)) faults.push(unreadable(path, error))
    }
  }
  return { path: paths.at(-1) ?? name, files, faults }
}

function unreadable(file: string, error: unknown): ConfigProblem {
  const why = error instanceof Error ? error.message : String(error)
  return {
    file,
    section: null,
    key: null,
    line: null,
    found: null,
    message: `cannot be read: ${why}`,
    allowed: null,
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

export function fileExists(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
