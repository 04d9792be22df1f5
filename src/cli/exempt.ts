import type { Command } from 'commander'
import { targetText } from '../enforcement/exemption-target'
import { detail } from './details'
import { addTargetOptions, mustHaveConnector, targetOf, type TargetOptions } from './exemption-target'
import { instantOption, iso } from './instant'
import type { Invocation } from './invocation'
import { order, orderNote, valueOf } from './orders'
import { reasonOption } from './reason'
import { exemptionJson } from '../report/summary-json'

interface Options extends TargetOptions {
  readonly until: string
  readonly reason: string
  readonly json?: boolean
}

export function addExempt(program: Command, invocation: Invocation): void {
  const command = addTargetOptions(
    program
      .command('exempt')
      .description('accept the mail of a tenant, connector or server until a date; its clock runs on')
      .argument('<tenant>', 'the tenant'),
  )
    .requiredOption('--until <date>', 'when it ends: at 00:00 UTC where the date has no time')
    .requiredOption(
      '--reason <text>',
      'kept with the exemption and in the history of the servers',
      reasonOption,
    )
    .option('--json', 'print JSON')
    .action(async (tenant: string, options: Options, self: Command) => {
      const until = instantOption('--until', options.until)
      const target = targetOf(options)
      const { reason, json } = options
      await order(tenant, json === true, self, invocation, async ({ administer, configuration, store }) => {
        mustHaveConnector(tenant, target, configuration.settings)
        const exemption = valueOf(
          await administer.exempt(tenant, {
            id: invocation.newId(),
            target,
            until,
            reason,
            createdAt: invocation.now(),
          }),
        )
        if (target.kind === 'server') {
          const known = await store.read({ kind: 'server', tenant, server: target.server })
          if (known.state === 'absent') {
            await invocation.err.line(
              'note: no server of that name was seen yet; it is exempt as soon as it is',
            )
          }
        }
        return {
          text: `${targetText(tenant, target)} is exempt until ${iso(exemption.until)}`,
          json: { tenant, ...exemptionJson(exemption) },
        }
      })
    })
  detail(command, {
    notes: [
      'An exemption takes the place of an earlier one of the same tenant, connector or server.',
      orderNote,
    ],
    examples: [
      [
        "exempt contoso --server ex02.contoso.local --until 2027-01-31 --reason 'replaced in January'",
        'One server that will be gone soon',
      ],
      [
        "exempt contoso --connector contoso-plant --until 2027-03-01 --reason 'plant network'",
        'All of one connector',
      ],
    ],
  })
}
