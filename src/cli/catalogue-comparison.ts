import { InvalidArgumentError, Option } from 'commander'
import {
  CatalogueError,
  packagedCataloguePath,
  parseCatalogueData,
  readCatalogueData,
} from '../config/catalogue-file'
import { printable } from '../rules/decision/printable'
import { compareCatalogues, type CatalogueChanges } from '../rules/verdict/catalogue-changes'
import type { CatalogueData } from '../rules/verdict/catalogue-data'
import { readCatalogueText, type CatalogueText } from './catalogue-source'
import { pathInForce } from './configuration'
import { refusal } from './failure'
import type { Invocation } from './invocation'

const longestTimeoutSeconds = 600

/** In milliseconds. */
export function timeoutOption(): Option {
  return new Option('--timeout <seconds>', 'how long an address may take to answer')
    .argParser((text: string) => {
      const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0
      if (seconds >= 1 && seconds <= longestTimeoutSeconds) return seconds * 1000
      throw new InvalidArgumentError(`It is a number of seconds from 1 to ${longestTimeoutSeconds}.`)
    })
    .default(30_000, '30')
}

/** A new catalogue beside the one in force. */
export interface Comparison {
  readonly source: CatalogueText
  readonly after: CatalogueData
  readonly before: CatalogueData
  /** The file of `before`. */
  readonly file: string
  /** The file in force cannot be used, so that the packaged one stands for it. */
  readonly isDamaged: boolean
  readonly changes: CatalogueChanges
}

/** Throws `CliFailure` for a new catalogue that the plugin would refuse, once every problem in it is told. */
export async function compareWithForce(
  name: string,
  timeoutMs: number,
  folder: string | null,
  invocation: Invocation,
): Promise<Comparison> {
  const source = await readCatalogueText(name, timeoutMs, invocation)
  const after = await accepted(source, invocation)
  const inForce = pathInForce(folder)
  try {
    const before = readCatalogueData(inForce)
    return {
      source,
      after,
      before,
      file: inForce,
      isDamaged: false,
      changes: compareCatalogues(before, after),
    }
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error
    await invocation.err.line(
      `the catalogue in force is refused (${printable(error.message)}); the packaged one is compared with in its place`,
    )
    const file = packagedCataloguePath()
    const before = readCatalogueData(file)
    return { source, after, before, file, isDamaged: true, changes: compareCatalogues(before, after) }
  }
}

async function accepted({ text, name }: CatalogueText, { err }: Invocation): Promise<CatalogueData> {
  try {
    return parseCatalogueData(text, name)
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error
    const [first, ...others] = error.problems
    for (const { field, problem } of others) {
      await err.line(
        `${err.styled('red', 'error')} ${printable(`${field === '' ? name : field}: ${problem}`)}`,
      )
    }
    const count = others.length > 0 ? ` (and ${others.length} more)` : ''
    const place = first.field === '' ? '' : `${first.field}: `
    throw refusal(`${name}: ${place}${first.problem}${count}; nothing was written`, error)
  }
}
