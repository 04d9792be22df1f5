import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { area, reasonOf } from './finding'

const patienceMs = 2_000

export const clockArea = area(
  'Clock',
  {
    'clock-unsynchronised': {
      severity: 'warning',
      about:
        'Nothing keeps the clock of this host right: stages begin too early or too late, and hosts disagree.',
      remedy: 'Run timedatectl set-ntp true, or install chrony.',
    },
  },
  async (scene, report) => {
    let told: string
    try {
      const { stdout } = await promisify(execFile)(
        'timedatectl',
        ['show', '--property=NTPSynchronized', '--value'],
        {
          timeout: patienceMs,
          env: { PATH: scene.given.path.join(':'), LC_ALL: 'C' },
        },
      )
      told = stdout.trim()
    } catch (error) {
      const why =
        error instanceof Error && 'code' in error && error.code === 'ENOENT'
          ? 'there is no timedatectl'
          : firstLine(saidBy(error))
      report.unknown('clock-unsynchronised', `whether the clock is kept right is not known: ${why}`)
      return
    }
    if (told === 'yes') report.ok('clock-unsynchronised', 'the clock is kept right')
    else report.found('clock-unsynchronised', 'timedatectl says that the clock is not synchronised')
  },
)

/** What the program wrote before it failed. */
function saidBy(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return said === '' ? reasonOf(error) : said
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
