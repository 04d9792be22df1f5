import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { trustAnchorId } from '../rules/attribution/connector'
import type { TrustAnchor } from '../rules/attribution/connector'
import { readCertificate } from './certificate'
import type { Certificate } from './certificate'

/** The certificates that one trust anchor consists of. Each of them ends a path, whether it is a root or not. */
export interface TrustedCertificates {
  readonly bySubject: ReadonlyMap<string, readonly Certificate[]>
  readonly fingerprints: ReadonlySet<string>
  /** File they were read from; `null`: the roots that Node.js carries. */
  readonly file: string | null
}

/** A file that cannot be used; its anchor verifies nobody. */
export interface TrustProblem {
  /** `trustAnchorId`. */
  readonly anchor: string
  readonly file: string
  /** Names the file and says what the operator can do. */
  readonly error: Error
}

/** Where Debian and Alpine, RHEL, the BSDs and openSUSE keep the certificates of the system's authorities. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
  '/etc/ssl/ca-bundle.pem',
]

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** The certificate authorities of all connectors. Read when the configuration is read, never while a session waits. */
export class TrustStore {
  /** By `trustAnchorId`; an anchor that cannot be used is empty and has an entry in `problems`. */
  readonly anchors: ReadonlyMap<string, TrustedCertificates>
  readonly problems: readonly TrustProblem[]

  private constructor(anchors: ReadonlyMap<string, TrustedCertificates>, problems: readonly TrustProblem[]) {
    this.anchors = anchors
    this.problems = problems
  }

  /**
   * Never throws: what cannot be read is in `problems`. The system's authorities are those of `SSL_CERT_FILE` if that is set, else
   * of the distribution's bundle, else of Node.js; they are read only if an anchor asks for them.
   */
  static load(anchors: Iterable<TrustAnchor>, environment: NodeJS.ProcessEnv = process.env): TrustStore {
    const loaded = new Map<string, TrustedCertificates>()
    const problems: TrustProblem[] = []
    for (const trust of anchors) {
      const anchor = trustAnchorId(trust)
      if (loaded.has(anchor)) continue
      const file = trust === 'system' ? environment.SSL_CERT_FILE : trust.file
      if (trust === 'system' && (file === undefined || file === '')) {
        loaded.set(anchor, systemCertificates())
        continue
      }
      const named = file ?? ''
      try {
        loaded.set(anchor, readTrusted(named, trust === 'system'))
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        loaded.set(anchor, collect([], named))
        problems.push({ anchor, file: named, error: new Error(`${named}: ${reason}`, { cause }) })
      }
    }
    return new TrustStore(loaded, problems)
  }
}

function systemCertificates(): TrustedCertificates {
  for (const file of systemFiles) {
    try {
      return readTrusted(file, true)
    } catch {
      continue
    }
  }
  return collect(rootCertificates.map(readCertificate), null)
}

/** A bundle of the system may hold certificates that we cannot read; in the operator's own file that is a mistake to point out. */
function readTrusted(file: string, lenient: boolean): TrustedCertificates {
  const certificates = (readText(file).match(pemBlock) ?? []).map((block) => readCertificate(block))
  const broken = certificates.indexOf(null)
  if (broken >= 0 && !lenient) throw new Error(`certificate ${broken + 1} of the file cannot be read`)
  if (certificates.every((certificate) => certificate === null)) {
    throw new Error('the file holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)')
  }
  return collect(certificates, file)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new Error(
      `the file cannot be read (${code}); it must exist and be readable by the mail server's user`,
      { cause },
    )
  }
}

function collect(certificates: readonly (Certificate | null)[], file: string | null): TrustedCertificates {
  const bySubject = new Map<string, Certificate[]>()
  const fingerprints = new Set<string>()
  for (const certificate of certificates) {
    if (certificate === null || fingerprints.has(certificate.fingerprint)) continue
    fingerprints.add(certificate.fingerprint)
    bySubject.set(certificate.subject, [...(bySubject.get(certificate.subject) ?? []), certificate])
  }
  return { bySubject, fingerprints, file }
}
