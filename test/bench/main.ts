/*
 * `npm run bench`: what the plugin costs, as ratios to a bare Haraka and against the limits of `limits.ts`. Ends with 1 where
 * a limit is missed, with 2 where it was called wrongly. docs/performance.md says how to read it.
 */
import { describeMachine } from './machine'
import { UsageError, parseOptions, usage } from './options'
import type { BenchOptions } from './options'
import type { Figure } from './figure'
import { isMissed } from './figure'
import { benchParts } from './parts'
import { benchGrowth } from './growth'
import { benchRedisLoad } from './redis-load'
import { benchStartTls } from './starttls'
import { benchStartUp } from './start-up'
import { benchServer } from './server'
import { writeFigures } from './page'

import { benchSmtpSource, findSmtpSource } from './smtp-source'
import { plainTable, summary } from './table'

function log(text: string): void {
  console.error(text)
}

// Every server of test/support listens for the end of this process.
process.setMaxListeners(50)

async function run(options: BenchOptions): Promise<number> {
  const machine = describeMachine()
  const figures: Figure[] = []
  if (options.sections.includes('parts')) figures.push(...(await benchParts(options, log)))
  if (options.sections.includes('server')) {
    figures.push(...(await benchServer(options, 0, log)))
    if (!options.quick) figures.push(...(await benchServer(options, 2, log)))
    figures.push(...(await benchSmtpSource(options, log)))
    figures.push(...(await benchStartTls(options, log)))
  }
  if (options.sections.includes('growth')) {
    figures.push(...(await benchGrowth(options, log)))
    figures.push(...(await benchStartUp(options, log)))
  }
  if (options.sections.includes('redis')) figures.push(...(await benchRedisLoad(options, log)))
  console.log(
    `${machine.date}, ${machine.processor}, Node.js ${machine.node}, load before ${machine.load.toFixed(2)}`,
  )
  if (findSmtpSource() === null)
    console.log('smtp-source (Postfix) is not installed: the Node.js client alone was used.')
  console.log(plainTable(figures))
  console.log(`\n${summary(figures)}`)
  if (options.write)
    await writeFigures(
      figures,
      machine,
      process.argv
        .slice(2)
        .filter((arg) => arg !== '--write')
        .join(' '),
    )
  return figures.some(isMissed) ? 1 : 0
}

async function main(): Promise<void> {
  try {
    process.exitCode = await run(parseOptions(process.argv.slice(2)))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  }
}

void main()
