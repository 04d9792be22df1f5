import { targets } from './targets'
import type { Target } from './target'

export interface FuzzOptions {
  /** In all; the targets share them. */
  readonly minutes: number
  readonly targets: readonly Target[]
  readonly seed: number
  readonly json: boolean
}

export class UsageError extends Error {}

export const usage = `npm run fuzz -- [--minutes N] [--target NAME]… [--seed S] [--json]

  --minutes N    how long, in all (1); the targets share the time
  --target NAME  that target alone; may be repeated
  --seed S       the same inputs again as in another run; default: the time of day
  --json         one object a target instead of the table

${targets.map(({ name, what }) => `  ${name.padEnd(17)}${what}`).join('\n')}`

/** Throws `UsageError` on what it does not know. */
export function parseOptions(args: readonly string[]): FuzzOptions {
  const chosen: Target[] = []
  let minutes = 1
  let seed = Date.now() % 2 ** 31
  let json = false
  const rest = args.flatMap((arg) => arg.split(/(?<=^--[a-z]+)=/))
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--json') json = true
    else if (arg === '--minutes') minutes = numberOf(arg, rest.shift(), Number.MIN_VALUE)
    else if (arg === '--seed') seed = numberOf(arg, rest.shift(), 0)
    else if (arg === '--target') chosen.push(targetOf(rest.shift()))
    else throw new UsageError(`"${arg}" is not known`)
  }
  return { minutes, seed, json, targets: chosen.length > 0 ? chosen : targets }
}

function numberOf(option: string, text: string | undefined, least: number): number {
  const number = Number(text ?? '')
  if (text === undefined || !Number.isFinite(number) || number < least) {
    throw new UsageError(`${option} "${text ?? ''}" is not a number of ${least === 0 ? '0' : 'more than 0'}`)
  }
  return number
}

function targetOf(name: string | undefined): Target {
  const target = targets.find((each) => each.name === name)
  if (target) return target
  throw new UsageError(
    `there is no target "${name ?? ''}"; there are ${targets.map((each) => each.name).join(', ')}`,
  )
}
