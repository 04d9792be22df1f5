/*
 * `npm test`: provides the programs that the tests need, runs them in parts, checks coverage and that no process is
 * left behind, and ends with the line `N passed, N failed`. With parameters it runs only the files whose path holds one
 * of them, in one process, without coverage.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { checkCoverage } from './coverage'
import { stepsOf, type Part } from './parts'
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
const countFolder = join(compiledRoot, 'test-count')

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

interface Outcome {
  /** `null`: it did not come to counting. */
  readonly count: TestCount | null
  /** How its process ended where that was not well, in words. */
  readonly ending: string | null
}

interface Circumstances {
  readonly mark: string
  readonly withCoverage: boolean
  /** Ends it. */
  readonly late: AbortSignal
}

/** Runs mocha over the files of a part. `shows`: as it goes; what the neighbours say is printed once they have ended. */
async function runMocha(
  part: Part,
  name: string,
  shows: boolean,
  { mark, withCoverage, late }: Circumstances,
): Promise<Outcome> {
  const countFile = join(countFolder, `${name}.json`)
  const environment: NodeJS.ProcessEnv = { ...process.env, [countFileVariable]: countFile, [markName]: mark }
  if (withCoverage) environment['NODE_V8_COVERAGE'] = rawCoverageFolder
  const output = join(countFolder, `${name}.txt`)
  const stream = shows ? 'inherit' : openSync(output, 'w')
  const mocha = spawn(
    process.execPath,
    ['--enable-source-maps', join(projectRoot, 'node_modules', 'mocha', 'bin', 'mocha.js')]
      .concat(['--reporter', join(__dirname, 'reporter.js'), '--timeout', String(testTimeoutMs)])
      .concat(['--forbid-only', '--forbid-pending', '--no-parallel', ...part.map(compiled)]),
    { cwd: projectRoot, env: environment, stdio: ['ignore', stream, stream] },
  )
  const end = (): void => void mocha.kill('SIGKILL')
  late.addEventListener('abort', end)
  const ending = await new Promise<string | null>((done) => {
    mocha.once('error', (error) => done(`The tests could not be started: ${error.message}`))
    mocha.once('exit', (code, signal) => {
      done(code === 0 ? null : `A test process ended with ${signal ?? `code ${String(code)}`}.`)
    })
  })
  late.removeEventListener('abort', end)
  if (typeof stream === 'number') {
    closeSync(stream)
    process.stdout.write(readFileSync(output))
  }
  return { count: readCount(countFile), ending }
}

/** Step by step, as long as there is time; the parts of a step side by side. */
async function runAll(
  steps: readonly (readonly Part[])[],
  mark: string,
  withCoverage: boolean,
): Promise<readonly Outcome[]> {
  const late = AbortSignal.timeout(wholeRunMs)
  const outcomes: Outcome[] = []
  for (const [step, parts] of steps.entries()) {
    if (late.aborted) break
    const running = parts.map((part, index) =>
      runMocha(part, `${String(step)}-${String(index)}`, index === 0, { mark, withCoverage, late }),
    )
    outcomes.push(...(await Promise.all(running)))
  }
  const tooLong = `The tests took longer than ${String(wholeRunMs / 60_000)} minutes and were ended.`
  return late.aborted ? [...outcomes, { count: null, ending: tooLong }] : outcomes
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

function readCount(file: string): TestCount | null {
  if (!existsSync(file)) return null
  const count: TestCount = JSON.parse(readFileSync(file, 'utf8'))
  return count
}

/** Of all parts together; what could not be counted is one failure. */
function sumOf(outcomes: readonly Outcome[]): TestCount {
  const counts = outcomes.map(({ count }) => count ?? { passed: 0, failed: 1 })
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  }
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
  rmSync(countFolder, { recursive: true, force: true })
  mkdirSync(countFolder, { recursive: true })
  if (withCoverage) {
    rmSync(coverageFolder, { recursive: true, force: true })
    mkdirSync(rawCoverageFolder, { recursive: true })
  }

  const mark = randomUUID()
  const outcomes = await runAll(withCoverage ? stepsOf(tests) : [[tests]], mark, withCoverage)
  const count = sumOf(outcomes)
  // Failing tests are reason enough for it to end badly.
  const problems = outcomes.flatMap(({ count: own, ending }) =>
    ending === null || (own !== null && own.failed > 0) ? [] : [ending],
  )
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
  conclude({ passed: count.passed, failed: count.failed + left.length }, problems)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  conclude(null, [error instanceof Error ? (error.stack ?? error.message) : String(error)])
})
