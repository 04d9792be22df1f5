import { deny, denysoft, denydisconnect, denysoftdisconnect } from 'haraka-constants'
import { create } from 'haraka-dsn'
import type { Place } from '../rules/attribution/connector'
import type { Reply } from '../rules/decision/reply'
import type { Answer } from './hook'

/** Speaks a reply byte for byte (S1). At CONNECT the connection is closed with it (S6); else the session goes on. */
export function speak(reply: Reply | null, place: Place): Answer {
  if (!reply) return null
  const dsn = create(reply.code, reply.text, reply.subject, reply.detail)
  const soft = reply.code === 450
  if (place === 'connect') return { code: soft ? denysoftdisconnect : denydisconnect, reply: dsn }
  return { code: soft ? denysoft : deny, reply: dsn }
}
