/*
 * `npm run test:faults`: everything that can go wrong around a two-worker Haraka, one thing after the other, under steady
 * traffic, with a ledger of the sending side. Not part of `npm test`, which runs a short form.
 */
import { parseArgs } from 'node:util'
import { provideTools } from '../support/tools'
import type { Fault } from './fault'
import { faults } from './faults'
import { findPlanted } from './planted'
import { plantedBugs, type PlantedBug } from './planted-bugs'
import { totalOf, writePage } from './page'
import { rowOf } from './row'
import { tryFault, type Trial } from './trial'

const usage = `npm run test:faults [-- OPTIONS]

  --only NAME      only faults whose name holds NAME; several with commas
  --messages N     messages of each fault, at least (default 3200)
  --write          puts the figures into docs/reliability.md
  --list           names the faults
  --planted        plants bugs on purpose into a copy, one at a time, and shows that each is found; with --only those
                   whose name holds NAME
`
const lanes = 24

interface Wishes {
  readonly chosen: readonly Fault[]
  readonly messages: number
  readonly write: boolean
  readonly list: boolean
  /** `null`: none shall be planted. */
  readonly planted: readonly PlantedBug[] | null
}

function readArguments(parameters: readonly string[]): Wishes {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      only: { type: 'string', default: '' },
      messages: { type: 'string', default: '3200' },
      write: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      planted: { type: 'boolean', default: false },
    },
  })
  const wanted = values.only.split(',').filter((name) => name !== '')
  const isWanted = ({ name }: { readonly name: string }): boolean =>
    wanted.length === 0 || wanted.some((part) => name.includes(part))
  const chosen = faults.filter(isWanted)
  const planted = values.planted ? plantedBugs.filter(isWanted) : null
  if ((planted ?? chosen).length === 0)
    throw new TypeError(`--only ${values.only}: there is none of that name`)
  if (!/^[1-9]\d*$/.test(values.messages)) throw new TypeError(`--messages ${values.messages} is no number`)
  if (values.write && wanted.length > 0) throw new TypeError('--write wants all faults')
  return {
    chosen,
    messages: Number(values.messages),
    write: values.write,
    list: values.list,
    planted,
  }
}

async function main(parameters: readonly string[]): Promise<number> {
  let wishes: Wishes
  try {
    wishes = readArguments(parameters)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
  const { chosen, messages, write, list, planted } = wishes
  if (list) {
    for (const { name, title } of chosen) console.log(`${name.padEnd(30)} ${title}`)
    return 0
  }
  const missing = provideTools()
  if (missing.length > 0) {
    for (const sentence of missing) console.error(sentence)
    return 2
  }
  if (planted) return (await findPlanted(planted, (line) => console.log(line))) ? 0 : 1
  const trials: Trial[] = []
  let broken = 0
  for (const fault of chosen) {
    try {
      const trial = await tryFault(fault, { messages, lanes })
      trials.push(trial)
      console.log(rowOf(trial))
      for (const sentence of trial.wrong) console.log(`    WRONG: ${sentence}`)
    } catch (error) {
      broken += 1
      console.log(
        `BROKEN ${fault.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
    }
  }
  console.log(`\n${totalOf(trials)}${broken > 0 ? ` ${broken} could not be tried.` : ''}`)
  if (write && broken === 0) await writePage(trials)
  return broken === 0 && trials.every(({ wrong }) => wrong.length === 0) ? 0 : 1
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error)
    process.exitCode = 1
  },
)
