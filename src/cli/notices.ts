import type { Command } from 'commander'
import type { Invocation } from './invocation'
import { addNoticesList } from './notices-list'
import { addNoticesPreview } from './notices-preview'
import { addNoticesSend } from './notices-send'

export function addNotices(program: Command, invocation: Invocation): void {
  const group = program.command('notices').description("what the tenants' contacts are told")
  addNoticesList(group, invocation)
  addNoticesPreview(group, invocation)
  addNoticesSend(group, invocation)
}
