import { InvalidArgumentError, type Command } from 'commander'
import { daysLeft } from '../enforcement/administer'
import { detail } from './details'
import { iso, shortInstant, startOption } from './instant'
import type { Invocation } from './invocation'
import { order, orderNote, valueOf } from './orders'
import { noReason, reasonOption } from './reason'
import { readTenant } from './storage'
import { pauseJson } from '../report/summary-json'

interface Options {
  readonly days: number
  readonly from?: string
  readonly reason: string
  readonly json?: boolean
}

export function addPause(program: Command, invocation: Invocation): void {
  const command = program
    .command('pause')
    .description('pause enforcement for a tenant: its clocks stand still, all its mail is accepted')
    .argument('<tenant>', 'the tenant')
    .requiredOption('--days <number>', 'how many days, each of 24 hours', readDays)
    .option('--from <date>', 'when it begins; now, if not given')
    .option(
      '--reason <text>',
      'kept with the pause and in the history of the servers',
      reasonOption,
      noReason,
    )
    .option('--json', 'print JSON')
    .action(async (tenant: string, options: Options, self: Command) => {
      const now = invocation.now()
      const from = options.from === undefined ? null : startOption('--from', options.from, now)
      await order(
        tenant,
        options.json === true,
        self,
        invocation,
        async ({ administer, configuration, store }) => {
          const daysPerYear = configuration.settings.clock.pauseDaysPerYear
          const { days, reason } = options
          const pause = valueOf(
            await administer.pause({ tenant, days, from, reason, now, daysPerYear, id: invocation.newId() }),
          )
          const { pauses } = await readTenant(store, tenant)
          const years = [...new Set([pause.from, pause.until - 1].map((at) => new Date(at).getUTCFullYear()))]
          const left = years.map((year) => [year, daysLeft(pauses, year, daysPerYear)] as const)
          const leftText = left.map(([year, number]) => `${number} of the ${daysPerYear} days of ${year}`)
          return {
            text:
              `${tenant} is paused from ${shortInstant(pause.from)} until ${shortInstant(pause.until)} (${iso(pause.until)}), ` +
              `${days} days; ${leftText.join(' and ')} are left`,
            json: { tenant, ...pauseJson(pause), days_left: Object.fromEntries(left) },
          }
        },
      )
    })
  detail(command, {
    notes: [
      'A tenant has [clock] pause_days_per_year days in each calendar year; each period of 24 hours is charged to the UTC year in which it begins. ' +
        'Pauses of one tenant do not overlap.',
      orderNote,
    ],
    examples: [
      ["pause contoso --days 14 --reason 'migration under way'", 'From now on'],
      ['pause contoso --days 3 --from 2026-12-24 --reason holidays', 'On a later day'],
    ],
  })
}

function readDays(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new InvalidArgumentError('Write a whole number of days, at least 1.')
  return Number(text)
}
