import type { Command } from 'commander'
import { detail } from './details'
import type { Invocation } from './invocation'
import { order, orderNote, valueOf } from './orders'
import { noReason, reasonOption } from './reason'
import { pauseJson } from '../report/summary-json'

interface Options {
  readonly all?: boolean
  readonly reason: string
  readonly json?: boolean
}

export function addResume(program: Command, invocation: Invocation): void {
  const command = program
    .command('resume')
    .description('end the running pause of a tenant; days that have not begun are given back')
    .argument('<tenant>', 'the tenant')
    .option('--all', 'pauses that have not begun as well')
    .option('--reason <text>', 'kept in the history of the servers', reasonOption, noReason)
    .option('--json', 'print JSON')
    .action(async (tenant: string, options: Options, self: Command) => {
      await order(tenant, options.json === true, self, invocation, async ({ administer }) => {
        const all = options.all === true
        const ended = valueOf(await administer.resume(tenant, invocation.now(), all, options.reason))
        return {
          text: `${tenant} is enforced again; pauses ended: ${ended.length}`,
          json: { tenant, ended: ended.map(pauseJson) },
        }
      })
    })
  detail(command, {
    notes: [orderNote],
    examples: [["resume contoso --reason 'migration done'", 'End the pause that is running']],
  })
}
