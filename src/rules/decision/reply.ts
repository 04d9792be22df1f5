import { cleanText } from './clean-text'
import type { Decision } from './decision'

/** RFC 5321 4.5.3.1.5: a reply line has at most 512 octets, CRLF included. */
export const maxReplyOctets = 510

export interface ReplyTexts {
  readonly defer: string
  readonly refuse: string
  readonly helpUrl: string
}

export interface Reply {
  readonly code: 450 | 550
  /** Subject and detail of the enhanced status code: X.7.230. */
  readonly subject: 7
  readonly detail: 230
  /** What follows the enhanced status code. */
  readonly text: string
  /** The whole line as spoken, without CRLF. */
  readonly line: string
}

/** What a template may name (S1). */
export const placeholders = ['minutes', 'help_url', 'server', 'build', 'free_at'] as const
export type Placeholder = (typeof placeholders)[number]

export function isPlaceholder(name: string): name is Placeholder {
  return placeholders.some((each) => each === name)
}

/** The reply to a decision, one clean line (S1, S7); `null` for an acceptance. */
export function replyTo(
  decision: Decision,
  about: { readonly server: string; readonly build: string },
  texts: ReplyTexts,
): Reply | null {
  if (decision.action === 'accept') return null
  const defer = decision.action === 'defer'
  const code = defer ? 450 : 550
  const minutes = defer ? decision.deferMinutes : decision.refuseMinutes
  const values: Record<Placeholder, string> = {
    minutes: String(minutes),
    help_url: texts.helpUrl,
    server: about.server,
    build: about.build,
    free_at: decision.freeAt === null ? 'never' : isoSeconds(decision.freeAt),
  }
  const filled = (defer ? texts.defer : texts.refuse).replace(/\{([a-z_]+)\}/g, (whole, name: string) =>
    isPlaceholder(name) ? values[name] : whole,
  )
  const status = `${code} ${defer ? 4 : 5}.7.230 `
  const text = cleanText(filled, maxReplyOctets - status.length)
  return { code, subject: 7, detail: 230, text, line: status + text }
}

/** ISO 8601 to the second, rounded up, so that "free at" is never too early. */
export function isoSeconds(at: number): string {
  return new Date(Math.ceil(at / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}
