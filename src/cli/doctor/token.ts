import { readToken } from '../../config/token-file'
import { readText } from './config-folder'

/** What there is to say of the file of a token; the reasons are sentences. */
export type TokenLook =
  | { readonly state: 'usable'; readonly token: string }
  /** Told with the configuration already. */
  | { readonly state: 'absent' }
  /** Not by who asks; Haraka may. */
  | { readonly state: 'unreadable'; readonly why: string }
  | { readonly state: 'useless'; readonly why: string }

/** @param hint how one is made */
export function lookAtToken(file: string, hint: string): TokenLook {
  const written = readText(file)
  if (written.state === 'absent') return { state: 'absent' }
  if (written.state === 'unreadable') {
    return { state: 'unreadable', why: `${file} cannot be looked at (${written.why})` }
  }
  const reading = readToken(file, hint)
  return reading.ok ? { state: 'usable', token: reading.token } : { state: 'useless', why: reading.why }
}
