import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** How much of one part of the code the tests must run, in per cent. */
interface Floor {
  readonly part: string
  readonly holds: (source: string) => boolean
  readonly lines: number
  readonly branches: number
}

const isRule = (source: string): boolean => source.startsWith('src/rules/')

const floors: readonly Floor[] = [
  { part: 'src/rules', holds: isRule, lines: 98, branches: 98 },
  { part: 'everything else', holds: (source) => !isRule(source), lines: 90, branches: 90 },
]

interface Counted {
  readonly total: number
  readonly covered: number
}

type FileCoverage = Readonly<Record<'lines' | 'branches', Counted>>

/** Whether a compiled file does nothing when it runs, since it held types only. */
function isEmpty(compiled: string): boolean {
  const rest = compiled
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace('"use strict";', '')
    .replace('Object.defineProperty(exports, "__esModule", { value: true });', '')
  return rest.trim() === ''
}

function perCent(files: readonly FileCoverage[], kind: 'lines' | 'branches'): number {
  const total = files.reduce((sum, file) => sum + file[kind].total, 0)
  const covered = files.reduce((sum, file) => sum + file[kind].covered, 0)
  return total === 0 ? 100 : (100 * covered) / total
}

/** What a process leaves in `NODE_V8_COVERAGE`. */
interface RawCoverage {
  readonly result: readonly { readonly url: string }[]
  readonly 'source-map-cache'?: Readonly<Record<string, unknown>>
}

/** `null`: its process was killed while it wrote; c8 passes over such a file as well. */
function readRaw(file: string): RawCoverage | null {
  try {
    const raw: RawCoverage = JSON.parse(readFileSync(file, 'utf8'))
    return raw
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/**
 * Takes out what processes wrote of Node.js, of packages and of the tests, nine tenths of it: c8 would hold each script of each
 * process against each file that counts.
 */
function keepOnly(counted: readonly string[], rawFolder: string): void {
  const urls = new Set(counted.map((file) => pathToFileURL(file).href))
  for (const name of readdirSync(rawFolder)) {
    const file = join(rawFolder, name)
    const raw = readRaw(file)
    if (raw === null) continue
    const kept: RawCoverage = {
      ...raw,
      result: raw.result.filter(({ url }) => urls.has(url)),
      'source-map-cache': Object.fromEntries(
        Object.entries(raw['source-map-cache'] ?? {}).filter(([url]) => urls.has(url)),
      ),
    }
    writeFileSync(file, JSON.stringify(kept))
  }
}

/**
 * Reads what the tests' processes wrote into `rawFolder`, prints a table by source file, and returns one sentence
 * for each floor that was missed. `compiled` are all files that count, run or not.
 */
export function checkCoverage(projectRoot: string, rawFolder: string, compiled: readonly string[]): string[] {
  const reportFolder = join(projectRoot, 'coverage')
  const counted = compiled.filter((file) => !isEmpty(readFileSync(file, 'utf8')))
  if (counted.length === 0) return []
  keepOnly(counted, rawFolder)
  const c8 = spawnSync(
    process.execPath,
    [
      join(projectRoot, 'node_modules', 'c8', 'bin', 'c8.js'),
      'report',
      '--all',
      '--merge-async',
      '--skip-full',
    ]
      .concat(['--temp-directory', rawFolder, '--reports-dir', reportFolder])
      .concat([
        '--reporter',
        'text',
        '--reporter',
        'json-summary',
        '--reporter',
        'lcovonly',
        '--exclude',
        'build/test/**',
      ])
      .concat(counted.flatMap((file) => ['--include', relative(projectRoot, file)])),
    { cwd: projectRoot, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (c8.status !== 0) return ['The coverage report could not be made.']

  const summary: Record<string, FileCoverage> = JSON.parse(
    readFileSync(join(reportFolder, 'coverage-summary.json'), 'utf8'),
  )
  const bySource = Object.entries(summary)
    .filter(([file]) => file !== 'total')
    .map(([file, coverage]) => [relative(projectRoot, file).split(sep).join('/'), coverage] as const)
  const sentences: string[] = []
  if (bySource.length < counted.length) {
    sentences.push(`Coverage speaks of ${String(bySource.length)} files of ${String(counted.length)}.`)
  }
  for (const floor of floors) {
    const files = bySource.filter(([source]) => floor.holds(source)).map(([, coverage]) => coverage)
    for (const kind of ['lines', 'branches'] as const) {
      const reached = perCent(files, kind)
      if (reached >= floor[kind]) continue
      sentences.push(
        `Coverage of ${floor.part}: ${reached.toFixed(2)} % of ${kind}, where ${String(floor[kind])} % are asked for.`,
      )
    }
  }
  return sentences
}
