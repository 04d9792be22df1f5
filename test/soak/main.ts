/*
 * `npm run test:soak -- [--sessions N] [--json]`: a worker under 200000 hostile sessions, or as many as you say, and what becomes of its
 * memory. Ends with 1 where that is not flat, a tenth up or down, with 2 where it was called wrongly.
 */
import { parseArgs } from 'node:util'
import { soak } from './soak'

const flat = 0.1

async function main(): Promise<void> {
  const options = {
    sessions: { type: 'string', default: '200000' },
    json: { type: 'boolean', default: false },
  } as const
  let values
  try {
    values = parseArgs({ options }).values
    if (!(Number(values.sessions) >= 1000)) throw new Error('--sessions: a number from 1000 on')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
    return
  }
  const soaked = await soak(Number(values.sessions))
  const { sessions, seconds, accepted, mib, liveMib, growth } = soaked
  if (values.json) console.log(JSON.stringify(soaked))
  else {
    const rate = Math.round(sessions / seconds)
    console.log(`${sessions} sessions in ${Math.round(seconds)} s (${rate}/s), ${accepted} messages accepted`)
    console.log(`memory of the worker, MiB: ${mib.join(' ')}`)
    console.log(`alive of it after a collection: ${liveMib.join(' ')}`)
    console.log(`the last half against the one before: ${(growth * 100).toFixed(1)} %`)
  }
  if (!(growth <= flat)) process.exitCode = 1
}

void main()
