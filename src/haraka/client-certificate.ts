import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { forAnyPurpose } from '../rules/attribution/connector'
import type { PresentedCertificate } from '../rules/attribution/session'
import { readCertificate } from './certificate'
import type { Certificate } from './certificate'
import { PathFinder } from './certificate-path'
import type { Refusal } from './certificate-path'
import type { TrustStore } from './trust-store'

/** The client certificate of a session, checked under every trust anchor of the configuration. */
export type ClientCertificate =
  /** No TLS, its handshake not done, or no certificate presented. */
  | { readonly kind: 'none' }
  /** Something was presented that cannot be read; it counts as none. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  | CheckedCertificate

export interface CheckedCertificate extends PresentedCertificate {
  readonly kind: 'presented'
  /** Printable ASCII, safe for logs. */
  readonly subject: string
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string
  /** Why, by `trustAnchorId`, for every anchor that is not in `trustedBy`. */
  readonly refusals: ReadonlyMap<string, Refusal>
}

interface Presented {
  readonly leaf: Certificate
  readonly others: readonly Certificate[]
}

interface Verdict {
  readonly certificate: CheckedCertificate
  /** Epoch ms. */
  readonly checkedAt: number
  readonly until: number
}

const verdictTtlMs = 60_000
const maxVerdicts = 1000
/** Names and anchors that all remembered verdicts hold together. */
const maxVerdictItems = 200_000
/** DER that is remembered; in memory certificates take several times as much. */
const maxRememberedBytes = 4 * 1024 * 1024
/** Certificates of a chain that are looked at; what lies beyond cannot make it valid. */
const maxPresented = 10

/** Checks client certificates against one `TrustStore`; to be replaced together with it when the configuration changes. */
export class ClientCertificateVerifier {
  readonly #trust: TrustStore
  readonly #verdicts = new LRUCache<string, Verdict>({ max: maxVerdicts, maxSize: maxVerdictItems })
  /** By the leaf alone, those that an anchor vouches for: whatever a session brings along with it, the path that was found is there. */
  readonly #trusted = new LRUCache<string, Verdict>({ max: maxVerdicts, maxSize: maxVerdictItems })
  /** By SHA-256 of their DER, since reading one costs more than all the rest. */
  readonly #certificates = new LRUCache<string, Certificate>({ maxSize: maxRememberedBytes })
  /** What came with a leaf before: a resumed TLS session knows its leaf only. */
  readonly #companions = new LRUCache<string, readonly Certificate[]>({ maxSize: maxRememberedBytes })
  readonly #sessions = new WeakMap<object, Presented>()

  constructor(trust: TrustStore) {
    this.#trust = trust
  }

  /**
   * `client` is Haraka's `connection.client`: the TLS socket itself on port 465, its wrapper (`cleartext`) after STARTTLS.
   * Never throws, whatever it is given. `now` in epoch ms. `leaf` is what Haraka has read of the session's certificate, if it
   * has: one that was found good a moment ago need not be taken out of the TLS session with its chain, which costs more than
   * all the rest. A good leaf that comes with other intermediates may so be refused by another anchor for a minute longer.
   */
  check(client: unknown, now: number, leaf: unknown = null): ClientCertificate {
    try {
      const recognised = this.#recognise(leaf, now)
      if (recognised) return recognised
      const socket = tlsSocketOf(client)
      const presented = socket === null ? null : (this.#sessions.get(socket) ?? this.#read(socket))
      return presented === null ? { kind: 'none' } : this.#judge(presented, now)
    } catch (error) {
      return {
        kind: 'unreadable',
        reason: asciiOf(error instanceof Error ? error.message : 'unknown error'),
      }
    }
  }

  #recognise(leaf: unknown, now: number): CheckedCertificate | null {
    if (typeof leaf !== 'object' || leaf === null || !('fingerprint256' in leaf)) return null
    const { fingerprint256 } = leaf
    const known = typeof fingerprint256 === 'string' ? this.#trusted.get(fingerprint256) : undefined
    return known && isCurrent(known, now) ? known.certificate : null
  }

  #read(socket: TlsSocket): Presented | null {
    const [leafDer, ...otherDers] = presentedBy(socket)
    if (leafDer === undefined) return null
    const leaf = this.#certificate(leafDer)
    if (leaf === null) throw new Error('not a valid X.509 certificate')
    const sent = otherDers.map((der) => this.#certificate(der)).filter((certificate) => certificate !== null)
    const size = otherDers.reduce((sum, der) => sum + der.length, 0)
    if (sent.length > 0) this.#companions.set(leaf.fingerprint, sent, { size })
    const presented = { leaf, others: sent.length > 0 ? sent : this.#recall(socket, leaf) }
    this.#sessions.set(socket, presented)
    return presented
  }

  #certificate(der: Uint8Array): Certificate | null {
    const key = createHash('sha256').update(der).digest('base64')
    const known = this.#certificates.get(key)
    if (known !== undefined) return known
    const certificate = readCertificate(der)
    if (certificate !== null) this.#certificates.set(key, certificate, { size: der.length })
    return certificate
  }

  #recall(socket: TlsSocket, leaf: Certificate): readonly Certificate[] {
    return socket.isSessionReused?.() === true ? (this.#companions.get(leaf.fingerprint) ?? []) : []
  }

  #judge({ leaf, others }: Presented, now: number): CheckedCertificate {
    const key = [leaf, ...others].map(({ fingerprint }) => fingerprint).join(' ')
    const known = this.#verdicts.get(key)
    if (known !== undefined && isCurrent(known, now)) return known.certificate
    const verdict = verify(leaf, others, this.#trust, now)
    const size = 1 + leaf.names.length + 2 * this.#trust.anchors.size
    this.#verdicts.set(key, verdict, { size })
    if (verdict.certificate.trustedBy.size > 0) this.#trusted.set(leaf.fingerprint, verdict, { size })
    else this.#trusted.delete(leaf.fingerprint)
    return verdict.certificate
  }
}

function isCurrent({ checkedAt, until }: Verdict, now: number): boolean {
  return now >= checkedAt && now <= until
}

const refusalTexts: Record<Refusal, string> = {
  'anchor-unavailable': 'the file of its authorities cannot be used',
  'self-signed': 'self-signed',
  'unknown-issuer': 'unknown issuer, or an intermediate certificate is missing',
  'too-complex': 'chain too long or too entangled',
  expired: 'expired, or an issuer has',
  'not-yet-valid': 'not valid yet, or an issuer is not',
  'issuer-not-an-authority': 'issued by a certificate that may not issue any',
  'path-too-long': 'more authorities below an issuer than it allows',
  'extension-not-understood': 'a critical extension or name constraints that are not understood',
  'wrong-purpose': 'not made out for TLS clients (clientAuth)',
  'weak-key': 'key of a kind or size that is not trusted',
  'weak-signature': 'signature of a kind that is not trusted',
}

const maxShown = 5

/** One line for the log, in printable ASCII: who, which names, and how each anchor judged. */
export function describeClientCertificate(certificate: ClientCertificate): string {
  if (certificate.kind === 'none') return 'no client certificate'
  if (certificate.kind === 'unreadable') return `client certificate cannot be read: ${certificate.reason}`
  const { fingerprint, subject, names, trustedBy, refusals } = certificate
  const repeated = new Set([...trustedBy].map(forAnyPurpose))
  const verdicts = [
    ...[...trustedBy].filter((anchor) => !repeated.has(anchor)).map((anchor) => `${anchor}: verified`),
    ...[...refusals].map(([anchor, refusal]) => `${anchor}: ${refusalTexts[refusal]}`),
  ]
  return asciiOf(
    `client certificate of ${subject || 'an empty subject'}, for ${listSome(names, 'no DNS name')}; ` +
      `${listSome(verdicts, 'no authorities to check it against')}; SHA-256 ${fingerprint}`,
    2000,
  )
}

function listSome(items: readonly string[], none: string): string {
  if (items.length === 0) return none
  const shown = items.slice(0, maxShown).join(', ')
  return items.length > maxShown ? `${shown} and ${items.length - maxShown} more` : shown
}

function verify(leaf: Certificate, others: readonly Certificate[], trust: TrustStore, now: number): Verdict {
  const finder = new PathFinder(leaf, others)
  const trustedBy = new Set<string>()
  const refusals = new Map<string, Refusal>()
  let until = now + verdictTtlMs
  for (const [anchor, certificates] of trust.anchors) {
    if (certificates.fingerprints.size === 0) {
      refusals.set(anchor, 'anchor-unavailable')
      continue
    }
    const asClient = finder.verify(certificates, now, 'client')
    const asAny = asClient.verified ? asClient : finder.verify(certificates, now, 'any')
    if (asClient.verified) trustedBy.add(anchor)
    else refusals.set(anchor, asClient.refusal)
    if (asAny.verified) {
      trustedBy.add(forAnyPurpose(anchor))
      until = Math.min(until, asAny.until)
    }
  }
  const subject = asciiOf(leaf.x509.subject.replaceAll('\n', ', '))
  const { names, fingerprint } = leaf
  return {
    certificate: { kind: 'presented', names, trustedBy, subject, fingerprint, refusals },
    checkedAt: now,
    until,
  }
}

interface TlsSocket {
  readonly getPeerCertificate: (detailed: boolean) => unknown
  readonly isSessionReused?: () => unknown
}

function tlsSocketOf(client: unknown): TlsSocket | null {
  if (typeof client !== 'object' || client === null) return null
  if ('cleartext' in client && isTlsSocket(client.cleartext)) return client.cleartext
  return isTlsSocket(client) ? client : null
}

function isTlsSocket(value: unknown): value is TlsSocket {
  if (typeof value !== 'object' || value === null) return false
  if (!('getPeerCertificate' in value) || typeof value.getPeerCertificate !== 'function') return false
  return !('isSessionReused' in value) || typeof value.isSessionReused === 'function'
}

/**
 * DER of the leaf and of what leads up from it. `getPeerX509Certificate()` is of no use here: it takes the intermediates out of
 * the TLS session, so that nobody after it sees them.
 */
function presentedBy(socket: TlsSocket): Uint8Array[] {
  const ders: Uint8Array[] = []
  const seen = new Set<unknown>()
  let current = socket.getPeerCertificate(true)
  while (
    typeof current === 'object' &&
    current !== null &&
    !seen.has(current) &&
    ders.length < maxPresented
  ) {
    seen.add(current)
    if (!('raw' in current) || !(current.raw instanceof Uint8Array)) break
    ders.push(current.raw)
    current = 'issuerCertificate' in current ? current.issuerCertificate : null
  }
  return ders
}

/** Unlike `printable` it lets no letter of another script pass for one of a host name. */
function asciiOf(text: string, limit = 300): string {
  const clean = text.replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  )
  return clean.length > limit ? `${clean.slice(0, limit)}...` : clean
}
