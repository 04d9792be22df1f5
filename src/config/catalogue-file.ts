import type { BigIntStats } from 'node:fs'
import { readFileSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Catalogue } from '../rules/verdict/catalogue'
import { indexCatalogue } from '../rules/verdict/catalogue'
import type { CatalogueData } from '../rules/verdict/catalogue-data'
import type { CatalogueProblem } from './catalogue-consistency'
import { findInconsistencies } from './catalogue-consistency'
import { catalogueSchema } from './catalogue-schema'

export const catalogueFileName = 'exchange-enforcement.catalogue.json'

/** The file cannot be used; the message says what to mend. `problems` holds all that was found, in order of the file. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError'
  constructor(
    readonly file: string,
    readonly problems: readonly [CatalogueProblem, ...CatalogueProblem[]],
    options?: ErrorOptions,
  ) {
    const [{ field, problem }] = problems
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
    super(`${file}: ${field === '' ? '' : `${field}: `}${problem}${more}`, options)
  }

  /** The file could not be read at all, whatever it holds. */
  get isUnread(): boolean {
    return this.cause instanceof Error && 'code' in this.cause
  }

  /** Where the first problem lies, as `builds[12].released`; empty where the whole file is meant. */
  get field(): string {
    return this.problems[0].field
  }
}

/** The catalogue that comes with the package. */
export function packagedCataloguePath(): string {
  return join(__dirname, '..', '..', '..', 'config', catalogueFileName)
}

/** Where a catalogue is looked for, in this order: the operator's own in Haraka's config folder, then the package's. */
export function cataloguePaths(harakaConfigFolder: string | null): readonly string[] {
  const packaged = packagedCataloguePath()
  return harakaConfigFolder === null ? [packaged] : [join(harakaConfigFolder, catalogueFileName), packaged]
}

/** Reads and checks a file. Throws `CatalogueError`. */
export function loadCatalogue(path: string): Catalogue {
  return indexCatalogue(readCatalogueData(path))
}

/** The checked contents of a file, as written. Throws `CatalogueError`. */
export function readCatalogueData(path: string): CatalogueData {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CatalogueError(path, [{ field: '', problem: `cannot be read: ${reasonOf(cause)}` }], { cause })
  }
  return parseCatalogueData(text, path)
}

/** The same for a text that came from elsewhere; `name` stands in messages. Throws `CatalogueError`. */
export function parseCatalogueData(text: string, name: string): CatalogueData {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new CatalogueError(name, [{ field: '', problem: `is not JSON: ${reasonOf(cause)}` }], { cause })
  }
  const parsed = catalogueSchema.safeParse(json)
  const problems = parsed.success
    ? findInconsistencies(parsed.data)
    : parsed.error.issues.map((issue) => ({ field: fieldName(issue.path), problem: issue.message }))
  const [first, ...others] = problems
  if (first) throw new CatalogueError(name, [first, ...others])
  if (!parsed.success) throw new CatalogueError(name, [{ field: '', problem: 'is not a catalogue' }])
  return parsed.data
}

/** `['builds', 12, 'released']` → `builds[12].released`. */
function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`
    const key = String(part)
    if (!/^\w+$/.test(key)) return `${name}[${JSON.stringify(key)}]`
    return name === '' ? key : `${name}.${key}`
  }, '')
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

export interface CatalogueFileOptions {
  /** Called after a new catalogue took effect. */
  readonly onChange?: (catalogue: Catalogue, path: string) => void
  /** Called once for each state of the files that cannot be used; the last good catalogue stays in force. */
  readonly onFailure?: (error: CatalogueError) => void
  /** How often the files are looked at. */
  readonly pollMs?: number
}

/**
 * The catalogue in force, kept up to date with its file. The first of `paths` that exists counts. A file that is
 * damaged, half written or gone never replaces the last good catalogue.
 */
export class CatalogueFile {
  #current: Catalogue
  #path: string
  #signature: string
  #timer: NodeJS.Timeout | null = null
  #looking = false
  /** The failure told last, as long as it lasts. */
  #reported: string | null = null

  /** Throws `CatalogueError` where there is no usable file to begin with. */
  constructor(
    private readonly paths: readonly string[],
    private readonly options: CatalogueFileOptions = {},
  ) {
    this.#path = this.#locate()
    this.#signature = signatureNow(this.#path)
    this.#current = loadCatalogue(this.#path)
  }

  /** The last good catalogue. */
  get current(): Catalogue {
    return this.#current
  }

  /** The file that was tried last. */
  get path(): string {
    return this.#path
  }

  /** Reads the file now. `false`: it cannot be used, `onFailure` was told, and the last good catalogue stays. */
  reload(): boolean {
    this.#reported = null
    return this.#tryAgain()
  }

  #tryAgain(): boolean {
    this.#path = this.#locate()
    // Taken before the reading: what is written meanwhile differs from it and is read again.
    this.#signature = signatureNow(this.#path)
    try {
      this.#current = loadCatalogue(this.#path)
    } catch (cause) {
      this.#fail(cause)
      return false
    }
    this.#reported = null
    this.options.onChange?.(this.#current, this.#path)
    return true
  }

  #fail(cause: unknown): void {
    const error =
      cause instanceof CatalogueError
        ? cause
        : new CatalogueError(this.#path, [{ field: '', problem: `cannot be used: ${reasonOf(cause)}` }], {
            cause,
          })
    // A disk or a limit may be in the way, not the file: it need not change to be readable the next time.
    if (error.isUnread && this.#signature !== absent) this.#signature = 'unread'
    if (this.#reported === error.message) return
    this.#reported = error.message
    this.options.onFailure?.(error)
  }

  /** Looks at the files every `pollMs` (5 s). The timer does not keep the process alive. */
  watch(): void {
    this.#timer ??= setInterval(() => {
      // A callback that throws must not take the mail server with it.
      this.#look().catch(() => undefined)
    }, this.options.pollMs ?? 5000).unref()
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }

  async #look(): Promise<void> {
    // A stat may hang longer than a turn, on a network disk for one.
    if (this.#looking) return
    this.#looking = true
    try {
      for (const path of this.paths) {
        const signature = await signatureOf(path)
        if (signature === absent) continue
        if (this.#timer && (path !== this.#path || signature !== this.#signature)) this.#tryAgain()
        return
      }
      if (this.#timer && this.#signature !== absent) this.#tryAgain()
    } finally {
      this.#looking = false
    }
  }

  /** Where none exists, the last one is named in the error. */
  #locate(): string {
    const found = this.paths.find((path) => signatureNow(path) !== absent)
    return found ?? this.paths.at(-1) ?? packagedCataloguePath()
  }
}

const absent = 'absent'

/** Changes whenever the file is written or replaced. A file that may not be looked at exists, and reading it says why. */
async function signatureOf(path: string): Promise<string> {
  try {
    return describe(await stat(path, { bigint: true }))
  } catch (error) {
    return failure(error)
  }
}

function signatureNow(path: string): string {
  try {
    return describe(statSync(path, { bigint: true }))
  } catch (error) {
    return failure(error)
  }
}

function describe(stats: BigIntStats): string {
  return `${stats.mtimeNs} ${stats.size} ${stats.ino}`
}

function failure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return code === 'ENOENT' || code === 'ENOTDIR' ? absent : code
}
