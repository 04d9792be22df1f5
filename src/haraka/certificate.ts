import { X509Certificate, createHash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isCertificateName } from '../rules/attribution/certificate-name'
import { normaliseDomain } from '../rules/attribution/domain'
import {
  DerError,
  contentOf,
  expectTag,
  readBits,
  readBoolean,
  readChildren,
  readCount,
  readElement,
  readOid,
  readTime,
  tags,
} from './der'
import type { Element } from './der'

/** What path validation and A1 need of a certificate. */
export interface Certificate {
  /** What OpenSSL makes of it. Throws where that is nothing, though its form is that of a certificate. */
  readonly x509: X509Certificate
  /** SHA-256 of the whole certificate, upper-case hex with colons. */
  readonly fingerprint: string
  /** Names as encoded, so that equal means equal byte for byte. */
  readonly subject: string
  readonly issuer: string
  /** Epoch ms; both moments belong to the time of validity. */
  readonly notBefore: number
  readonly notAfter: number
  readonly strongSignature: boolean
  /** Throws as `x509` does; so does `checkCost`. */
  readonly strongKey: boolean
  /** What it costs to check a signature by its key, as a multiple of one by P-256. */
  readonly checkCost: number
  readonly authority: boolean
  /** How many further authorities may follow below this one; `Infinity`: no limit. */
  readonly pathLength: number
  /** `null`: every use. */
  readonly keyUsage: { readonly signing: boolean; readonly certSigning: boolean } | null
  /** OIDs; `null`: every purpose. */
  readonly purposes: readonly string[] | null
  /** OIDs of what is not understood here and yet must not be ignored: critical extensions, and name constraints in any case. */
  readonly notUnderstood: readonly string[]
  /** A1: DNS names of the SAN, the CN only where there is no SAN at all; lower case, odd ones left out, each once. */
  readonly names: readonly string[]
}

const maxNames = 1000

const oids = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
  rsaPss: '1.2.840.113549.1.1.10',
} as const

/** Policies matter only to a verifier that demands one, which we do not. */
const understood: readonly string[] = [
  oids.keyUsage,
  oids.subjectAltName,
  oids.basicConstraints,
  oids.certificatePolicies,
  oids.extendedKeyUsage,
]

const strongSignatures: readonly string[] = [
  '1.2.840.113549.1.1.11', // sha256WithRSAEncryption
  '1.2.840.113549.1.1.12', // sha384WithRSAEncryption
  '1.2.840.113549.1.1.13', // sha512WithRSAEncryption
  '1.2.840.10045.4.3.2', // ecdsa-with-SHA256
  '1.2.840.10045.4.3.3', // ecdsa-with-SHA384
  '1.2.840.10045.4.3.4', // ecdsa-with-SHA512
  '1.3.101.112', // Ed25519
  '1.3.101.113', // Ed448
]

const strongHashes: readonly string[] = [
  '2.16.840.1.101.3.4.2.1', // SHA-256
  '2.16.840.1.101.3.4.2.2', // SHA-384
  '2.16.840.1.101.3.4.2.3', // SHA-512
]

/** Of the curves that are trusted: what a check costs. */
const curveCosts: ReadonlyMap<string, number> = new Map([
  ['prime256v1', 1],
  ['secp384r1', 8],
  ['secp521r1', 13],
])

const sequenceTag = 0x30

/**
 * Reads DER or one PEM block. `null`: not a certificate, or one that breaks the rules of DER or X.509 where we read it.
 * Of DER, as peers send it, OpenSSL sees nothing until `x509` or the key is asked for: that costs more than all the rest,
 * and most of what a peer sends besides its own certificate leads nowhere.
 */
export function readCertificate(source: Uint8Array | string): Certificate | null {
  try {
    if (typeof source !== 'string' && source[0] === sequenceTag) return interpret(source, null)
    const x509 = new X509Certificate(source)
    return interpret(x509.raw, { x509, key: x509.publicKey })
  } catch {
    return null
  }
}

interface Opened {
  readonly x509: X509Certificate
  /** `null`: of a kind that OpenSSL does not know. */
  readonly key: KeyObject | null
}

function openCertificate(der: Uint8Array): Opened {
  const x509 = new X509Certificate(der)
  try {
    return { x509, key: x509.publicKey }
  } catch {
    return { x509, key: null }
  }
}

function interpret(der: Uint8Array, alreadyOpened: Opened | null): Certificate {
  let opened = alreadyOpened
  const open = (): Opened => (opened ??= openCertificate(der))
  const outer = expectTag(readElement(der, 0, der.length), tags.sequence)
  if (outer.end !== der.length) throw new DerError('bytes after the certificate')
  const [tbs, algorithm] = readChildren(der, outer)
  const parts = readChildren(der, expectTag(tbs, tags.sequence))
  const [, , issuer, validity, subject] = parts.slice(parts[0]?.tag === 0xa0 ? 1 : 0)
  const holder = expectTag(subject, tags.sequence)
  const [notBefore, notAfter] = readChildren(der, expectTag(validity, tags.sequence))
  const extensions = readExtensions(
    der,
    parts.find(({ tag }) => tag === 0xa3),
  )
  const san = extensions.get(oids.subjectAltName)
  const names = san === undefined ? loneCommonName(der, holder) : dnsNames(san)
  return {
    get x509() {
      return open().x509
    },
    get strongKey() {
      const { key } = open()
      return key !== null && isStrongKey(key)
    },
    get checkCost() {
      const { key } = open()
      return key === null ? 1 : checkCostOf(key)
    },
    fingerprint: fingerprintOf(der),
    subject: encoded(der, holder),
    issuer: encoded(der, expectTag(issuer, tags.sequence)),
    notBefore: readTime(der, notBefore),
    notAfter: readTime(der, notAfter),
    strongSignature: isStrongSignature(der, expectTag(algorithm, tags.sequence)),
    ...readBasicConstraints(extensions.get(oids.basicConstraints)),
    keyUsage: readKeyUsage(extensions.get(oids.keyUsage)),
    purposes: readPurposes(extensions.get(oids.extendedKeyUsage)),
    notUnderstood: [...extensions]
      .filter(
        ([oid, { critical }]) => oid === oids.nameConstraints || (critical && !understood.includes(oid)),
      )
      .map(([oid]) => oid),
    names: [...new Set(names.map(normaliseDomain))].filter(isCertificateName),
  }
}

function fingerprintOf(der: Uint8Array): string {
  const hex = createHash('sha256').update(der).digest('hex').toUpperCase()
  return hex.replace(/..(?=.)/g, '$&:')
}

interface Extension {
  readonly critical: boolean
  readonly value: Uint8Array
}

function readExtensions(der: Uint8Array, wrapper: Element | undefined): Map<string, Extension> {
  const extensions = new Map<string, Extension>()
  if (wrapper === undefined) return extensions
  const list = expectTag(readElement(der, wrapper.start, wrapper.end), tags.sequence)
  for (const element of readChildren(der, list)) {
    const [id, ...rest] = readChildren(der, expectTag(element, tags.sequence))
    const oid = readOid(der, id)
    if (extensions.has(oid)) throw new DerError(`extension ${oid} twice`)
    const critical = rest.length > 1 && readBoolean(der, rest[0])
    extensions.set(oid, { critical, value: contentOf(der, expectTag(rest.at(-1), tags.octetString)) })
  }
  return extensions
}

function readBasicConstraints(
  extension: Extension | undefined,
): Pick<Certificate, 'authority' | 'pathLength'> {
  if (extension === undefined) return { authority: false, pathLength: Infinity }
  const children = childrenOf(extension)
  const flag = children[0]?.tag === tags.boolean ? children[0] : undefined
  const length = children[flag === undefined ? 0 : 1]
  return {
    authority: flag !== undefined && readBoolean(extension.value, flag),
    pathLength: length === undefined ? Infinity : readCount(extension.value, length),
  }
}

function readKeyUsage(extension: Extension | undefined): Certificate['keyUsage'] {
  if (extension === undefined) return null
  const bit = readBits(extension.value, whole(extension))
  const [digitalSignature, keyAgreement, keyCertSign] = [bit(0), bit(4), bit(5)]
  return { signing: digitalSignature || keyAgreement, certSigning: keyCertSign }
}

function readPurposes(extension: Extension | undefined): readonly string[] | null {
  if (extension === undefined) return null
  return childrenOf(extension).map((element) => readOid(extension.value, element))
}

const dnsNameTag = 0x82

function dnsNames(extension: Extension): string[] {
  return childrenOf(extension)
    .filter(({ tag }) => tag === dnsNameTag)
    .slice(0, maxNames)
    .flatMap((element) => asciiText(contentOf(extension.value, element)))
}

/** Only a CN that stands alone: of several, nobody can say which one is meant. */
function loneCommonName(der: Uint8Array, subject: Element): string[] {
  const found: string[][] = []
  for (const set of readChildren(der, subject)) {
    for (const attribute of readChildren(der, expectTag(set, tags.set))) {
      const [type, value] = readChildren(der, expectTag(attribute, tags.sequence))
      if (value === undefined || readOid(der, type) !== oids.commonName) continue
      found.push(asciiText(contentOf(der, value)))
    }
  }
  return found.length === 1 ? found.flat() : []
}

/** Nothing for text with a byte outside printable ASCII, such as an embedded NUL. */
function asciiText(bytes: Uint8Array): string[] {
  if (bytes.length > 255 || bytes.some((byte) => byte <= 0x20 || byte >= 0x7f)) return []
  return [String.fromCharCode(...bytes)]
}

function isStrongSignature(der: Uint8Array, algorithm: Element): boolean {
  const [id, parameters] = readChildren(der, algorithm)
  const oid = readOid(der, id)
  if (oid !== oids.rsaPss) return strongSignatures.includes(oid)
  if (parameters?.tag !== tags.sequence) return false
  const hash = readChildren(der, parameters).find(({ tag }) => tag === 0xa0)
  if (hash === undefined) return false
  const [hashId] = readChildren(der, expectTag(readElement(der, hash.start, hash.end), tags.sequence))
  return strongHashes.includes(readOid(der, hashId))
}

/** At most 8192 bits of RSA: what is larger costs the verifier, not its owner. */
function isStrongKey(key: KeyObject): boolean {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return bits >= 2048 && bits <= 8192
    case 'ec':
      return curveCosts.has(key.asymmetricKeyDetails?.namedCurve ?? '')
    default:
      return key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ed448'
  }
}

/** As measured with OpenSSL 3, rounded up. */
function checkCostOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): number {
  switch (asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return (asymmetricKeyDetails?.modulusLength ?? 0) > 4096 ? 4 : 1
    case 'ec':
      return curveCosts.get(asymmetricKeyDetails?.namedCurve ?? '') ?? 1
    default:
      return asymmetricKeyType === 'ed448' ? 3 : 1
  }
}

function whole({ value }: Extension): Element {
  const element = readElement(value, 0, value.length)
  if (element.end !== value.length) throw new DerError('bytes after an extension')
  return element
}

function childrenOf(extension: Extension): Element[] {
  return readChildren(extension.value, expectTag(whole(extension), tags.sequence))
}

function encoded(der: Uint8Array, { outset, end }: Element): string {
  return Buffer.from(der.subarray(outset, end)).toString('base64')
}
