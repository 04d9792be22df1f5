export const sections = ['parts', 'server', 'growth', 'redis'] as const
export type Section = (typeof sections)[number]

/** What one run measures, and how long it takes for it. */
export interface BenchOptions {
  readonly sections: readonly Section[]
  /** A glance in two minutes: few samples, small sizes; too coarse to judge a limit by. */
  readonly quick: boolean
  /** With a million servers, which takes minutes more and about 2 GB. */
  readonly full: boolean
  /** Puts the table into docs/performance.md. */
  readonly write: boolean
}

export class UsageError extends Error {}

export const usage = `npm run bench -- [--only ${sections.join('|')}] [--quick | --full] [--write]

  --only SECTION  measures that section; may be repeated, or hold several with commas
  --quick         one process without workers, fewer and shorter samples: two minutes in all
  --full          growth to a million servers
  --write         puts the results, with machine and date, into docs/performance.md`

function sectionOf(name: string): Section {
  const section = sections.find((each) => each === name)
  if (section === undefined) throw new UsageError(`there is no section "${name}"`)
  return section
}

/** Throws `UsageError` on what it does not know. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const only: Section[] = []
  const flags = new Set<string>()
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--only') only.push(...(rest.shift() ?? '').split(',').map(sectionOf))
    else if (arg.startsWith('--only=')) only.push(...arg.slice('--only='.length).split(',').map(sectionOf))
    else if (['--quick', '--full', '--write'].includes(arg)) flags.add(arg)
    else throw new UsageError(`"${arg}" is not known`)
  }
  const quick = flags.has('--quick')
  const full = flags.has('--full')
  if (quick && full) throw new UsageError('--quick and --full exclude each other')
  return {
    sections: only.length > 0 ? sections.filter((section) => only.includes(section)) : sections,
    quick,
    full,
    write: flags.has('--write'),
  }
}
