import { plainText, type Asked, type Page } from './listener'

/** What the figures are kept behind. It may change from one question to the next. */
export interface Token {
  /** Why nobody is let in, a sentence for the operator; `null`: whoever has the token is. */
  trouble(): string | null
  /** Takes as long for any wrong token. */
  accepts(offered: string): boolean
}

/** By which the page is known where it is kept: how its challenge begins, and its text while the token is of no use. */
export const challenge = 'Bearer realm="exchange-enforcement metrics"'
export const closed = 'closed: the file of [metrics] token_file cannot be used'

/**
 * What who may not see the figures gets instead (RFC 6750, 2.1 and 3); `null`: they may. A token that cannot be used
 * lets in nobody.
 * @param token `null`: none is asked for
 */
export function turnAway(token: Token | null, { authorization }: Asked): Page | null {
  if (!token) return null
  if (token.trouble() !== null) {
    return plainText(503, `${closed}; the log says why`)
  }
  const offered = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (offered === undefined) {
    return { ...plainText(401, 'send the token: Authorization: Bearer TOKEN'), challenge }
  }
  if (token.accepts(offered)) return null
  return { ...plainText(401, 'that is not the token'), challenge: `${challenge}, error="invalid_token"` }
}
