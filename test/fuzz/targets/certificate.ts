import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readCertificate } from '../../../src/haraka/certificate'
import { PathFinder } from '../../../src/haraka/certificate-path'
import { ClientCertificateVerifier, describeClientCertificate } from '../../../src/haraka/client-certificate'
import {
  DerError,
  readBits,
  readBoolean,
  readChildren,
  readCount,
  readElement,
  readOid,
  readTime,
} from '../../../src/haraka/der'
import { TrustStore } from '../../../src/haraka/trust-store'
import { certificateNameMatches, isCertificateName } from '../../../src/rules/attribution/certificate-name'
import { oddCertificate } from '../der-writer'
import type { Random } from '../random'
import { demand, demandClean, hostileLimitMs, type Target } from '../target'

interface SeedCertificate {
  readonly kind: string
  /** DER, base64. */
  readonly der: string
}

/** Compiled files run from build/test/…; the fixtures stay where they are. */
const file = resolve(__dirname, '../../../../test/fixtures/fuzz/certificates.jsonl')

const seeds: readonly string[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const seed: SeedCertificate = JSON.parse(line)
    return Buffer.from(seed.der, 'base64').toString('latin1')
  })

const now = Date.UTC(2026, 10, 27)
const maxNames = 1000

/** Bytes changed, taken out and put in; nothing that needs to know the form. */
function damaged(der: string, random: Random): string {
  let changed = der
  for (let turn = random.few(4); turn >= 0; turn -= 1) {
    const at = random.below(changed.length + 1)
    const put = random.oneIn(3)
      ? ''
      : String.fromCharCode(...random.list(random.few(6), () => random.below(256)))
    changed = changed.slice(0, at) + put + changed.slice(at + random.few(6))
  }
  return changed
}

function oneOf(random: Random): string {
  if (random.oneIn(3)) return oddCertificate(random)
  return damaged(random.oneIn(3) ? oddCertificate(random) : random.pick(seeds), random)
}

/** A1: one certificate of a client, and what stands in it. */
export const certificate: Target = {
  name: 'certificate',
  what: 'client certificates: DER that is damaged, and odd names, purposes and extensions in a good form',
  limitMs: hostileLimitMs,
  make: oneOf,
  check: (input) => {
    const der = Buffer.from(input, 'latin1')
    const read = readCertificate(der)
    if (!read) return
    demand(read.names.length <= maxNames, 'too many names')
    for (const name of read.names) {
      demand(isCertificateName(name), `no name that A1 can compare: ${JSON.stringify(name)}`)
      demand(!name.slice(1).includes('*'), `a wildcard elsewhere: ${name}`)
    }
    demand(Number.isFinite(read.notBefore) && Number.isFinite(read.notAfter), 'no time of validity')
    demand(read.pathLength >= 0, 'a negative length of the path')
    demand(!new PathFinder(read, [read]).verify(nobody, now, 'any').verified, 'nobody vouches for it')
  },
  long: (length) => oddCertificateOf(length),
}

const nobody = { bySubject: new Map(), fingerprints: new Set<string>(), file: null }

function oddCertificateOf(length: number): string {
  const [seed = ''] = seeds
  return seed + '\x30\x80'.repeat(length / 2)
}

/** The reader of DER by itself, past what OpenSSL would not let through. */
export const der: Target = {
  name: 'der',
  what: 'DER of any bytes: elements, OIDs, numbers, times',
  limitMs: hostileLimitMs,
  make: (random) => {
    const text = oneOf(random)
    return text.slice(random.below(text.length))
  },
  check: (input) => {
    const bytes = Buffer.from(input, 'latin1')
    orDerError(() => {
      const top = readElement(bytes, 0, bytes.length)
      for (const reader of [readOid, readBoolean, readCount, readTime]) orDerError(() => reader(bytes, top))
      orDerError(() => readBits(bytes, top)(5))
      for (const child of readChildren(bytes, top)) {
        demand(child.outset >= top.start && child.end <= top.end, 'an element outside of what holds it')
      }
    })
  },
}

function orDerError(read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof DerError)) throw error
  }
}

/** What Haraka hands over as the client of a session: a chain as long and as entangled as the peer likes. */
export const chain: Target = {
  name: 'chain',
  what: 'chains of certificates, as they come from a TLS socket: judged, described and logged',
  limitMs: hostileLimitMs,
  make: (random) =>
    random
      .list(1 + random.few(30), () => (random.oneIn(4) ? oneOf(random) : random.pick(seeds)))
      .join('\n\n'),
  check: (input, apart) => {
    const ders = withinTls(input.split('\n\n').map((each) => Buffer.from(each, 'latin1')))
    const [first] = ders
    // One for all sessions under a configuration; here each chain shall find it as at its first.
    const verifier = apart(() => new ClientCertificateVerifier(trust))
    const links: { raw: Buffer; issuerCertificate: unknown }[] = ders.map((raw) => ({
      raw,
      issuerCertificate: null,
    }))
    links.forEach((link, at) => (link.issuerCertificate = links[(at + 1) % links.length]))
    const checked = verifier.check({ getPeerCertificate: () => links[0] }, now)
    demand(
      checked.kind !== 'presented' ||
        checked.trustedBy.size === 0 ||
        seeds.includes(first?.toString('latin1') ?? ''),
      'trust in a damaged certificate',
    )
    demandClean(describeClientCertificate(checked), 2003, 'the line for the log')
  },
}

/** As many of them as TLS takes of a client: OpenSSL ends the handshake where a chain is longer than 100 KB. */
function withinTls(ders: readonly Buffer[]): readonly Buffer[] {
  let left = 100 * 1024
  return ders.filter(({ length }) => {
    left -= length + 3
    return left >= 0
  })
}

const trust = TrustStore.load(['system'], {
  SSL_CERT_FILE: resolve(__dirname, '../../../../test/fixtures/fuzz/authority.pem'),
})

/** Names of certificates against the operator's pattern. */
export const certificateName: Target = {
  name: 'certificate-name',
  what: 'names in certificates against names of connectors (A1)',
  limitMs: hostileLimitMs,
  make: (random) =>
    random
      .list(
        2,
        () =>
          random.pick(['*.', '']) +
          random.pick([
            'contoso.com',
            'mail.contoso.com',
            'a.mail.contoso.com',
            'com',
            `${'a'.repeat(63)}.com`,
            'contoso.com.',
            'CONTOSO.COM',
            '*.com',
            'xn--bcher-kva.example',
            'm*.contoso.com',
            '192.0.2.1',
            '',
          ]),
      )
      .join('\n'),
  check: (input) => {
    const [configured = '', presented = ''] = input
      .split('\n')
      .map((name) => name.toLowerCase().replace(/\.$/, ''))
    if (!certificateNameMatches(configured, presented)) return
    const [ours, theirs] = [configured, presented].map((name) => name.split('.'))
    demand(ours?.length === theirs?.length, `${presented} is neither parent nor child of ${configured}`)
    demand(
      ours?.slice(1).join('.') === theirs?.slice(1).join('.'),
      `${presented} lies elsewhere than ${configured}`,
    )
    demand(
      configured === presented || [ours?.[0], theirs?.[0]].includes('*'),
      `${presented} is a sibling of ${configured}`,
    )
  },
}
