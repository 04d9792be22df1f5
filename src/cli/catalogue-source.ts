import { refusal } from './failure'
import { inputName, readInput, wholeOf } from './input-file'
import type { Invocation } from './invocation'

/** The packaged one has 170 kB. */
const maxBytes = 16 * 1024 * 1024
const maxRedirects = 5
const redirects: readonly number[] = [301, 302, 303, 307, 308]

/** A catalogue as it came, from wherever. */
export interface CatalogueText {
  readonly text: string
  /** For messages. */
  readonly name: string
}

/**
 * The text of a file, of standard input (`-`), or of an address: https, or http on this host. Throws `CliFailure` where it cannot be had
 * within `timeoutMs`.
 */
export async function readCatalogueText(
  source: string,
  timeoutMs: number,
  invocation: Invocation,
): Promise<CatalogueText> {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) {
    const bytes = await readInput(source, maxBytes, invocation)
    return { text: bytes.toString('utf8'), name: inputName(source) }
  }
  if (!URL.canParse(source)) throw refusal(`'${source}' is no web address`)
  const address = new URL(source)
  if (address.username !== '' || address.password !== '') {
    throw refusal(`${address.host}: user and password in an address are not supported`)
  }
  return { text: (await download(address, timeoutMs)).toString('utf8'), name: address.href }
}

async function download(address: URL, timeoutMs: number): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs)
  let at = address
  try {
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      refuseUnsafe(at, address)
      const response = await fetch(at, {
        redirect: 'manual',
        signal,
        headers: { accept: 'application/json' },
      })
      const { status, body, headers } = response
      if (status === 200 && body !== null) return await wholeOf(body, maxBytes, at.href)
      await body?.cancel()
      const next = headers.get('location')
      if (!redirects.includes(status) || next === null) throw refusal(`${at.href}: the answer is ${status}`)
      if (!URL.canParse(next, at.href))
        throw refusal(`${at.href}: leads to '${next}', which is no web address`)
      at = new URL(next, at)
    }
    throw refusal(`${address.href}: more than ${maxRedirects} redirects`)
  } catch (error) {
    throw explained(error, at, timeoutMs)
  }
}

/** Without TLS anyone on the way could say which servers are refused. */
function refuseUnsafe(at: URL, begun: URL): void {
  if (at.protocol === 'https:') return
  const isLocal = at.protocol === 'http:' && isThisHost(at.hostname)
  if (isLocal && begun.protocol === 'http:') return
  const how = at === begun ? '' : `, to which ${begun.href} leads`
  throw refusal(`${at.href}${how}: only https is allowed, and http on this host (127.0.0.1)`)
}

function isThisHost(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}

function explained(error: unknown, at: URL, timeoutMs: number): unknown {
  if (!(error instanceof Error)) return error
  if (error.name === 'TimeoutError')
    return refusal(`${at.href}: no whole answer within ${timeoutMs} ms`, error)
  // What fetch itself throws says nothing; its cause does.
  if (!(error instanceof TypeError)) return error
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null
  const why = code ?? (cause instanceof Error ? cause.message : error.message)
  return refusal(`${at.href}: cannot be read (${why})`, error)
}
