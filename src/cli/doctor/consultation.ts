import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { areas } from './areas'
import type { AreaFindings } from './examination'
import { unfinished } from './examination'
import type { Finding } from './finding'
import type { Circumstances } from './scene'

/** Longer than any area has: what is not told then is held up by the system. */
const longestMs = 15_000
/** From the last word to the end of the process. */
const farewellMs = 1_000

/** Has everything looked at by a process of its own, and gives what it found in the order of the areas. Never hangs. */
export async function consult(
  given: Circumstances,
  environment: NodeJS.ProcessEnv,
  patienceMs = longestMs,
): Promise<readonly Finding[]> {
  const told = new Map<string, AreaFindings>()
  const child = spawn(process.execPath, [join(__dirname, 'examiner.js'), JSON.stringify(given)], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000)
  })
  let isLate = false
  const giveUp = (): void => {
    isLate = true
    child.kill('SIGKILL')
  }
  let timer = setTimeout(giveUp, patienceMs)
  createInterface({ input: child.stdout }).on('line', (line) => {
    const found: AreaFindings = JSON.parse(line)
    told.set(found.area, found)
    if (told.size < areas.length) return
    clearTimeout(timer)
    timer = setTimeout(giveUp, farewellMs)
  })
  const end = await new Promise<string>((done) => {
    child.once('error', (error) => done(error.message))
    child.once('close', (code, signal) =>
      done(`the process that looked ended with ${signal ?? `code ${code}`}`),
    )
  })
  clearTimeout(timer)
  const said = /^\w*Error: .*$/m.exec(complaint)?.[0]
  const why = isLate ? `no end after ${patienceMs / 1000} s` : said === undefined ? end : `${end} (${said})`
  return areas.flatMap(({ name }) => told.get(name)?.findings ?? [unfinished(name, why)])
}
