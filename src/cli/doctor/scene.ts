import { dirname, join } from 'node:path'
import {
  CatalogueError,
  CatalogueFile,
  cataloguePaths,
  packagedCataloguePath,
} from '../../config/catalogue-file'
import { loadSettings } from '../../config/load'
import type { ParseResult } from '../../config/parse-settings'
import type { Settings } from '../../config/settings'
import { folderSource } from '../../config/source'
import type { Account } from './account'
import { findAccount } from './account'
import { ConfigFolder } from './config-folder'
import type { RunningHarakas } from './process-table'
import { findHarakas } from './process-table'

/** What the command line knows before anything is looked at; plain data, for it goes to another process. */
export interface Circumstances {
  /** Haraka's config folder; `null`: none was found. */
  readonly folder: string | null
  /** Folder of the package that this command belongs to. */
  readonly packageFolder: string
  /** Its version. */
  readonly version: string
  /** Of the Node.js that runs it, as `v20.19.0`. */
  readonly nodeVersion: string
  /** Folders in which a command `haraka` may lie. */
  readonly path: readonly string[]
  /** As whom Haraka runs, where the operator says so. */
  readonly user: string | null
  readonly now: number
}

/** What the areas look at together; each part is read once, when it is first asked for. */
export class Scene {
  readonly config: ConfigFolder | null
  #settings: ParseResult | null = null
  #catalogue: CatalogueFile | CatalogueError | null = null
  #account: Promise<Account> | null = null
  #running: Promise<RunningHarakas> | null = null

  constructor(readonly given: Circumstances) {
    this.config = given.folder === null ? null : new ConfigFolder(given.folder)
  }

  /** Haraka's own folder: the one that holds `config`. */
  get install(): string | null {
    return this.given.folder === null ? null : dirname(this.given.folder)
  }

  parsed(): ParseResult {
    this.#settings ??= loadSettings(
      folderSource(this.given.folder ?? join(this.given.packageFolder, 'config')),
      {
        productIds: this.#productIds(),
      },
    )
    return this.#settings
  }

  /** `null` while the configuration is invalid. */
  settings(): Settings | null {
    const parsed = this.parsed()
    return parsed.ok ? parsed.settings : null
  }

  account(): Promise<Account> {
    this.#account ??= findAccount(this)
    return this.#account
  }

  running(): Promise<RunningHarakas> {
    this.#running ??= findHarakas(this.install)
    return this.#running
  }

  /** The catalogue in force, or why there is none. */
  catalogue(): CatalogueFile | CatalogueError {
    this.#catalogue ??= attempt(() => new CatalogueFile(cataloguePaths(this.given.folder)))
    return this.#catalogue
  }

  /** A catalogue that is refused has a finding of its own; the packaged one then names the products. */
  #productIds(): readonly string[] | null {
    const own = this.catalogue()
    const usable =
      own instanceof CatalogueError ? attempt(() => new CatalogueFile([packagedCataloguePath()])) : own
    return usable instanceof CatalogueError ? null : usable.current.products.map(({ id }) => id)
  }
}

function attempt(read: () => CatalogueFile): CatalogueFile | CatalogueError {
  try {
    return read()
  } catch (error) {
    if (error instanceof CatalogueError) return error
    throw error
  }
}
