import type { Command } from 'commander'
import { targetText } from '../enforcement/exemption-target'
import { detail } from './details'
import { addTargetOptions, targetOf, type TargetOptions } from './exemption-target'
import type { Invocation } from './invocation'
import { order, orderNote, valueOf } from './orders'
import { noReason, reasonOption } from './reason'
import { exemptionJson } from '../report/summary-json'

interface Options extends TargetOptions {
  readonly reason: string
  readonly json?: boolean
}

export function addUnexempt(program: Command, invocation: Invocation): void {
  const command = addTargetOptions(
    program.command('unexempt').description('end an exemption').argument('<tenant>', 'the tenant'),
  )
    .option('--reason <text>', 'kept in the history of the servers', reasonOption, noReason)
    .option('--json', 'print JSON')
    .action(async (tenant: string, options: Options, self: Command) => {
      const target = targetOf(options)
      await order(tenant, options.json === true, self, invocation, async ({ administer }) => {
        const ended = valueOf(await administer.unexempt(tenant, target, invocation.now(), options.reason))
        return {
          text: `${targetText(tenant, target)} is not exempt any more`,
          json: { tenant, ended: ended.map(exemptionJson) },
        }
      })
    })
  detail(command, {
    notes: [
      'It ends the exemption of exactly what is named: of the tenant as a whole, or of one connector or server.',
      orderNote,
    ],
    examples: [["unexempt contoso --server ex02.contoso.local --reason 'replaced'", 'One server']],
  })
}
