/*
 * Path validation of our own: on STARTTLS Haraka never verifies, and Node.js has no call that verifies a chain outside a handshake.
 * OpenSSL (by X509Certificate) checks signatures, names and key identifiers; the rest of RFC 5280, section 6.1 is here.
 * A library (pkijs) was weighed: it works through asynchronous WebCrypto, and purpose, strength and bounds would still be ours, so it
 * would add code to trust without taking any away. Where a certificate asks for more than is understood here (name constraints,
 * policy constraints, any unknown critical extension), the path is refused. Revocation is not checked.
 */
import type { Certificate } from './certificate'
import type { TlsPurpose } from '../rules/attribution/connector'
import type { TrustedCertificates } from './trust-store'

export type Refusal =
  | 'anchor-unavailable'
  | 'self-signed'
  | 'unknown-issuer'
  | 'too-complex'
  | 'expired'
  | 'not-yet-valid'
  | 'issuer-not-an-authority'
  | 'path-too-long'
  | 'extension-not-understood'
  | 'wrong-purpose'
  | 'weak-key'
  | 'weak-signature'

/** `until`: epoch ms of the last moment at which the whole path is valid. */
export type PathVerdict =
  | { readonly verified: true; readonly until: number }
  | { readonly verified: false; readonly refusal: Refusal }

/** From the leaf upwards. */
type Path = readonly [leaf: Certificate, ...authorities: Certificate[]]

/**
 * What the signature checks for one leaf may cost under all anchors together, in checks by P-256: what a client can make us
 * spend, some 2 ms. It is enough for forty checks by RSA or P-256, five by P-384, three by P-521.
 */
const maxCheckCost = 40

const clientAuth = '1.3.6.1.5.5.7.3.2'
const anyPurpose = '2.5.29.37.0'

/** Finds and judges the paths of one leaf, under one anchor after the other. */
export class PathFinder {
  readonly #leaf: Certificate
  readonly #climbs: readonly Path[]
  readonly #signatures = new Map<string, boolean>()
  #costLeft = maxCheckCost
  #exhausted = false

  /** `presented`: whatever else the client sent, in any order. */
  constructor(leaf: Certificate, presented: readonly Certificate[]) {
    this.#leaf = leaf
    this.#climbs = this.#climb(presented)
  }

  /** One valid path to a trusted certificate is enough; without one, the refusal of the shortest path that got there. */
  verify(anchors: TrustedCertificates, now: number, purpose: TlsPurpose): PathVerdict {
    let refused: PathVerdict | null = null
    for (const path of this.#reaching(anchors)) {
      const verdict = judge(path, now, purpose)
      if (verdict.verified) return verdict
      refused ??= verdict
    }
    return refused ?? { verified: false, refusal: this.#whyNoPath() }
  }

  /** Paths through presented certificates, shortest first. Each certificate is climbed to once, so that they stay few. */
  #climb(presented: readonly Certificate[]): Path[] {
    const climbs: Path[] = [[this.#leaf]]
    const reached = new Set([this.#leaf.fingerprint])
    for (const path of climbs) {
      const last = path.at(-1) ?? this.#leaf
      for (const issuer of presented) {
        if (reached.has(issuer.fingerprint) || !this.#issued(last, issuer)) continue
        reached.add(issuer.fingerprint)
        climbs.push([...path, issuer])
      }
    }
    return climbs
  }

  *#reaching(anchors: TrustedCertificates): Generator<Path> {
    for (const path of this.#climbs) {
      const last = path.at(-1) ?? this.#leaf
      if (anchors.fingerprints.has(last.fingerprint)) {
        yield path
        continue
      }
      for (const trusted of anchors.bySubject.get(last.issuer) ?? []) {
        const repeated = path.some(({ fingerprint }) => fingerprint === trusted.fingerprint)
        if (!repeated && this.#issued(last, trusted)) yield [...path, trusted]
      }
    }
  }

  /** Signatures and keys that `judge` refuses anyway are not worth the effort. */
  #issued(certificate: Certificate, issuer: Certificate): boolean {
    if (certificate.issuer !== issuer.subject || !namesAsIssuer(certificate, issuer)) return false
    if (!certificate.strongSignature || !issuer.strongKey) return true
    const pair = `${certificate.fingerprint} ${issuer.fingerprint}`
    const known = this.#signatures.get(pair)
    if (known !== undefined) return known
    if (issuer.checkCost > this.#costLeft) {
      this.#exhausted = true
      return false
    }
    this.#costLeft -= issuer.checkCost
    const good = certificate.x509.verify(issuer.x509.publicKey)
    this.#signatures.set(pair, good)
    return good
  }

  #whyNoPath(): Refusal {
    if (this.#exhausted) return 'too-complex'
    return this.#leaf.subject === this.#leaf.issuer ? 'self-signed' : 'unknown-issuer'
  }
}

/** By names and key identifiers, not by signature. What only has the form of a certificate neither issues nor is issued. */
function namesAsIssuer(certificate: Certificate, issuer: Certificate): boolean {
  try {
    return certificate.x509.checkIssued(issuer.x509)
  } catch {
    return false
  }
}

/** `path` ends with a trusted certificate; every signature in it that counts has been checked. */
function judge(path: Path, now: number, purpose: TlsPurpose): PathVerdict {
  const refusal = refusalOf(path, now, purpose)
  if (refusal !== null) return { verified: false, refusal }
  return { verified: true, until: Math.min(...path.map(({ notAfter }) => notAfter)) }
}

function refusalOf(path: Path, now: number, purpose: TlsPurpose): Refusal | null {
  const [leaf, ...authorities] = path
  if (path.some(({ notAfter }) => now > notAfter)) return 'expired'
  if (path.some(({ notBefore }) => now < notBefore)) return 'not-yet-valid'
  if (!authorities.every(mayIssue)) return 'issuer-not-an-authority'
  if (authorities.some(({ pathLength }, index) => countLevels(authorities.slice(0, index)) > pathLength)) {
    return 'path-too-long'
  }
  if (path.some(({ notUnderstood }) => notUnderstood.length > 0)) return 'extension-not-understood'
  if (!path.every(({ strongKey }) => strongKey)) return 'weak-key'
  // The last certificate is trusted as such; nothing rests on its signature.
  if (!path.slice(0, -1).every(({ strongSignature }) => strongSignature)) return 'weak-signature'
  // Last, so that whoever gives way on the purpose gives way on nothing else.
  if (leaf.keyUsage?.signing === false) return 'wrong-purpose'
  if (purpose === 'client' && !path.every(mayServeClients)) return 'wrong-purpose'
  return null
}

/** RFC 5280, 4.2.1.3 and 4.2.1.9. */
function mayIssue({ authority, keyUsage }: Certificate): boolean {
  return authority && keyUsage?.certSigning !== false
}

/** Self-issued certificates, as a change of keys needs them, do not count (RFC 5280, 4.2.1.9). */
function countLevels(authorities: readonly Certificate[]): number {
  return authorities.filter(({ subject, issuer }) => subject !== issuer).length
}

/** An authority's purposes limit those of all that it issues, as in OpenSSL. */
function mayServeClients({ purposes }: Certificate): boolean {
  return purposes === null || purposes.includes(clientAuth) || purposes.includes(anyPurpose)
}
