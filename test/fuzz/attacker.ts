/* The thread that reads the inputs. One that is never done with stops this thread alone: the main one sees it and says which. */
import { parentPort, workerData } from 'node:worker_threads'
import { attack } from './campaign'
import { targets } from './targets'

export interface Errand {
  readonly target: string
  readonly seed: number
  readonly milliseconds: number
  /** The number of the input at hand. */
  readonly progress: BigUint64Array
}

const { target: name, seed, milliseconds, progress }: Errand = workerData
const target = targets.find((each) => each.name === name)
if (!target) throw new Error(`there is no target ${name}`)
const tally = attack(target, {
  seed,
  milliseconds,
  onInput: (number) => {
    progress[0] = BigInt(number)
  },
})
parentPort?.postMessage(tally)
