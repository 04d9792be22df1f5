import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'

/** Nobody guesses so many characters, however often they may try. */
const shortest = 32
const longest = 1024

export type TokenReading =
  | { readonly ok: true; readonly token: string }
  /** A sentence for the operator. */
  | { readonly ok: false; readonly why: string }

/** How one is made, for messages: that of the page, and that of the metrics. */
export const howToMake = {
  page: "'exchange-enforcement serve --make-token' makes one",
  metrics: "'openssl rand -hex 32' makes one",
} as const

/**
 * Reads the file that holds a token: one line of printable ASCII, closed to everybody but its owner and group. Never throws.
 * @param hint how one is made
 */
export function readToken(path: string, hint: string): TokenReading {
  let text: string
  let mode: number
  try {
    const file = openSync(path, 'r')
    try {
      const stats = fstatSync(file)
      if (!stats.isFile()) return refuse(`token file ${path} is not a file`)
      if (stats.size > longest + 2) return refuse(`token file ${path} has more than ${longest} characters`)
      mode = stats.mode
      text = readFileSync(file, 'utf8')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    return refuse(`token file ${path} cannot be read: ${messageOf(error)}`)
  }
  if ((mode & 0o007) !== 0) {
    return refuse(`token file ${path} is open to every user of this host; close it: chmod o= ${path}`)
  }
  const token = text.replace(/\r?\n$/, '')
  if (/[^\x21-\x7e]/.test(token)) {
    return refuse(`token file ${path} must hold one line of printable ASCII without blanks`)
  }
  if (token.length < shortest) {
    return refuse(`token file ${path} holds ${token.length} characters, ${shortest} are needed; ${hint}`)
  }
  return { ok: true, token }
}

/** Writes a new random token, for its owner alone. Throws where the file exists already or cannot be written. */
export function makeToken(path: string): void {
  writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
}

type Lock = { readonly digest: Buffer } | { readonly trouble: string }

/** The token in force. Its file is looked at with each question, so that a new token counts at once, and none lets in nobody. */
export class TokenFile {
  #good: { readonly path: string; readonly signature: string; readonly digest: Buffer } | null = null

  /**
   * @param path where it lies now; `null`: nowhere
   * @param hint how one is made
   */
  constructor(
    private readonly path: () => string | null,
    private readonly hint: string,
  ) {}

  /** Why nobody is let in, a sentence for the operator; `null`: whoever has the token is. */
  trouble(): string | null {
    const lock = this.#lock()
    return 'trouble' in lock ? lock.trouble : null
  }

  /** Takes as long for any wrong token. */
  accepts(offered: string): boolean {
    const lock = this.#lock()
    return 'digest' in lock && timingSafeEqual(lock.digest, digestOf(offered))
  }

  /** Names the token in force without telling it; `null` where there is none. */
  name(): string | null {
    const lock = this.#lock()
    return 'digest' in lock ? lock.digest.toString('hex') : null
  }

  /** The token itself is not kept. */
  #lock(): Lock {
    const path = this.path()
    if (path === null) return { trouble: 'no token file is configured' }
    const signature = signatureOf(path)
    if (signature !== null && this.#good?.path === path && this.#good.signature === signature)
      return this.#good
    const reading = readToken(path, this.hint)
    // Not kept: it may pass without a change of the file, as where the process is out of descriptors.
    if (!reading.ok) return { trouble: reading.why }
    const digest = digestOf(reading.token)
    this.#good = signature === null ? null : { path, signature, digest }
    return { digest }
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** `null`: it cannot be looked at. */
function signatureOf(path: string): string | null {
  try {
    const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true })
    return `${mtimeNs} ${ctimeNs} ${size} ${ino}`
  } catch {
    return null
  }
}

function refuse(why: string): TokenReading {
  return { ok: false, why }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
