/*
 * `npm test`: provides the programs that the tests need, runs them, checks coverage and that no process is left
 * behind, and ends with the line `N passed, N failed`. With parameters it runs only the files whose path holds one
 * of them, without coverage.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { checkCoverage } from './coverage'
import { becomesTrue, processesWithEnvironment, signalIfAlive } from './processes'
import type { RunningProcess } from './processes'
import { countFileVariable } from './test-count'
import type { TestCount } from './test-count'
import { provideTools } from './tools'

/** This file runs compiled, in `build/test/support`. */
const compiledRoot = resolve(__dirname, '..', '..')
const projectRoot = resolve(compiledRoot, '..')
const coverageFolder = join(projectRoot, 'coverage')
const rawCoverageFolder = join(coverageFolder, 'tmp')
const countFile = join(compiledRoot, 'test-count.json')

const markName = 'TEST_RUN'
const testTimeoutMs = 10_000
const wholeRunMs = 45 * 60_000
const lastBreathMs = 2000

/** Paths from the project's root, with forward slashes; compiled files whose source is gone do not count. */
function sources(folder: string, suffix: string): string[] {
  const path = join(projectRoot, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix) && !name.endsWith('.d.ts'))
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .sort()
}

function compiled(source: string): string {
  return join(compiledRoot, source.replace(/\.ts$/, '.js'))
}

function chosenTests(patterns: readonly string[]): string[] {
  const tests = sources('test', '.test.ts')
  if (patterns.length === 0) return tests
  const wanted = patterns.map((pattern) => pattern.replace(/^\.\//, ''))
  return tests.filter((test) => wanted.some((pattern) => test.includes(pattern)))
}

/** Runs mocha over the files; how it ended where that was not well, in words. */
async function runMocha(
  files: readonly string[],
  mark: string,
  withCoverage: boolean,
): Promise<string | null> {
  const environment: NodeJS.ProcessEnv = { ...process.env, [countFileVariable]: countFile, [markName]: mark }
  if (withCoverage) environment['NODE_V8_COVERAGE'] = rawCoverageFolder
  const mocha = spawn(
    process.execPath,
    ['--enable-source-maps', join(projectRoot, 'node_modules', 'mocha', 'bin', 'mocha.js')]
      .concat(['--reporter', join(__dirname, 'reporter.js'), '--timeout', String(testTimeoutMs)])
      .concat(['--forbid-only', '--forbid-pending', '--no-parallel', ...files]),
    { cwd: projectRoot, env: environment, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  let late = false
  const timer = setTimeout(() => {
    late = true
    mocha.kill('SIGKILL')
  }, wholeRunMs)
  const ending = await new Promise<string | null>((done) => {
    mocha.once('error', (error) => done(`The tests could not be started: ${error.message}`))
    mocha.once('exit', (code, signal) => {
      done(code === 0 ? null : `The test process ended with ${signal ?? `code ${String(code)}`}.`)
    })
  })
  clearTimeout(timer)
  return late ? `The tests took longer than ${String(wholeRunMs / 60_000)} minutes and were ended.` : ending
}

/** What the tests started and did not end; ended here, so that it troubles nobody else. */
async function endLeftBehind(mark: string): Promise<RunningProcess[]> {
  let left: RunningProcess[] = []
  await becomesTrue(() => {
    left = processesWithEnvironment(markName, mark)
    return left.length === 0
  }, lastBreathMs)
  for (const { pid } of left) signalIfAlive(pid, 'SIGKILL')
  return left
}

function readCount(): TestCount | null {
  if (!existsSync(countFile)) return null
  const count: TestCount = JSON.parse(readFileSync(countFile, 'utf8'))
  return count
}

/** Prints the last lines. Where the tests could not be counted, that itself is one failure. */
function conclude(count: TestCount | null, problems: readonly string[]): void {
  const { passed, failed } = count ?? { passed: 0, failed: 1 }
  for (const problem of problems) console.log(`FAILED: ${problem}`)
  console.log(`${String(passed)} passed, ${String(failed)} failed`)
  process.exitCode = failed > 0 || problems.length > 0 ? 1 : 0
}

async function main(patterns: readonly string[]): Promise<void> {
  const missing = provideTools()
  if (missing.length > 0) return conclude(null, missing)
  const tests = chosenTests(patterns)
  if (tests.length === 0)
    return conclude(null, [`No test file under test/ is named like ${patterns.join(', ')}.`])
  const withCoverage = patterns.length === 0
  rmSync(countFile, { force: true })
  if (withCoverage) {
    rmSync(coverageFolder, { recursive: true, force: true })
    mkdirSync(rawCoverageFolder, { recursive: true })
  }

  const mark = randomUUID()
  const ending = await runMocha(tests.map(compiled), mark, withCoverage)
  const count = readCount()
  // Failing tests are reason enough for it to end badly.
  const problems = ending === null || (count !== null && count.failed > 0) ? [] : [ending]
  const left = await endLeftBehind(mark)
  problems.push(
    ...left.map(({ pid, command }) => `The tests left a process behind: ${String(pid)} ${command}`),
  )
  if (withCoverage) {
    const measured = [...sources('src', '.ts'), ...sources('plugins', '.ts')].map(compiled)
    problems.push(...checkCoverage(projectRoot, rawCoverageFolder, measured))
    console.log(`Coverage by line: ${relative(projectRoot, join(coverageFolder, 'lcov.info'))}`)
    rmSync(rawCoverageFolder, { recursive: true, force: true })
  }
  if (count === null) return conclude(null, problems)
  conclude({ passed: count.passed, failed: count.failed + left.length }, problems)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  conclude(null, [error instanceof Error ? (error.stack ?? error.message) : String(error)])
})
