import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Files in PEM. `cert` holds what the peer sends: the leaf first, then the intermediates. */
export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

interface Recipe {
  readonly issuer?: string
  readonly subject?: string
  readonly san?: string
  /** Lines of an OpenSSL extension section; what is left out of a client is `CA:FALSE` and `clientAuth`. */
  readonly extensions?: readonly string[]
  /** Days from now. */
  readonly from?: number
  readonly until?: number
  readonly digest?: string
  readonly key?: 'ec' | 'rsa1024'
  /** Authorities sent along. */
  readonly sends?: readonly string[]
}

const noSan = ''
const subjectOf = (name: string): string => `/O=Contoso/CN=${name}`
const authority = (constraints = 'CA:TRUE'): string[] => [
  `basicConstraints=critical,${constraints}`,
  'keyUsage=critical,keyCertSign,cRLSign',
]

const authorities = {
  ca: { extensions: authority() },
  'other-ca': { extensions: authority() },
  intermediate: { issuer: 'ca', extensions: authority('CA:TRUE,pathlen:0') },
  'below-path-length': { issuer: 'intermediate', extensions: authority() },
  'name-constrained': {
    issuer: 'ca',
    extensions: [...authority(), 'nameConstraints=critical,permitted;DNS:contoso.com'],
  },
  'lax-name-constrained': {
    issuer: 'ca',
    extensions: [...authority(), 'nameConstraints=permitted;DNS:fabrikam.com'],
  },
  'server-only-intermediate': { issuer: 'ca', extensions: [...authority(), 'extendedKeyUsage=serverAuth'] },
  'expired-intermediate': { issuer: 'ca', extensions: authority(), from: -20, until: -10 },
  'not-an-authority': { issuer: 'ca', extensions: ['basicConstraints=critical,CA:FALSE'] },
  'no-cert-sign': {
    issuer: 'ca',
    extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,cRLSign'],
  },
  'old-style': { issuer: 'ca', extensions: [] },
  'no-constraints': { extensions: ['keyUsage=critical,keyCertSign'] },
  'weak-key-intermediate': { issuer: 'ca', extensions: authority(), key: 'rsa1024' },
} satisfies Record<string, Recipe>

const clients = {
  good: {},
  'other-ca': { issuer: 'other-ca' },
  intermediate: { issuer: 'intermediate', sends: ['intermediate'] },
  'intermediate-missing': { issuer: 'intermediate' },
  'intermediate-among-others': {
    issuer: 'intermediate',
    sends: ['other-ca', 'name-constrained', 'intermediate', 'ca'],
  },
  'self-signed': { issuer: 'self' },
  'self-signed-alike': { issuer: 'self', subject: subjectOf('ca') },
  expired: { from: -20, until: -10 },
  'not-yet-valid': { from: 10, until: 20 },
  'expired-intermediate': { issuer: 'expired-intermediate', sends: ['expired-intermediate'] },
  'no-purpose': { extensions: ['basicConstraints=CA:FALSE'] },
  'any-purpose': { extensions: ['extendedKeyUsage=anyExtendedKeyUsage'] },
  'both-purposes': { extensions: ['extendedKeyUsage=serverAuth,clientAuth'] },
  'server-only': { extensions: ['extendedKeyUsage=serverAuth'] },
  'encipherment-only': { extensions: ['keyUsage=critical,keyEncipherment'] },
  'server-only-intermediate': { issuer: 'server-only-intermediate', sends: ['server-only-intermediate'] },
  'several-names': {
    san: 'DNS:EX01.Contoso.com,DNS:mail.contoso.com,IP:192.0.2.1,email:postmaster@contoso.com',
  },
  wildcard: { san: 'DNS:*.contoso.com' },
  'address-only': { san: 'IP:192.0.2.1' },
  'common-name': { san: noSan },
  'two-common-names': { san: noSan, subject: '/CN=first.contoso.com/CN=mail.contoso.com' },
  'common-name-with-space': { san: noSan, subject: subjectOf('Contoso Mail') },
  // GeneralNames with one dNSName: mail.contoso.com, NUL, .example.com
  'name-with-nul': { san: 'DER:301f821d6d61696c2e636f6e746f736f2e636f6d002e6578616d706c652e636f6d' },
  'many-names': { san: Array.from({ length: 1500 }, (_, index) => `DNS:m${index}.contoso.com`).join(',') },
  'below-path-length': { issuer: 'below-path-length', sends: ['below-path-length', 'intermediate'] },
  'name-constrained': { issuer: 'name-constrained', sends: ['name-constrained'] },
  'lax-name-constrained': { issuer: 'lax-name-constrained', sends: ['lax-name-constrained'] },
  'not-an-authority': { issuer: 'not-an-authority', sends: ['not-an-authority'] },
  'no-cert-sign': { issuer: 'no-cert-sign', sends: ['no-cert-sign'] },
  'old-style-authority': { issuer: 'old-style', sends: ['old-style'] },
  'authority-without-constraints': { issuer: 'no-constraints' },
  'critical-unknown': { extensions: ['1.3.6.1.4.1.311.999=critical,DER:0500'] },
  'weak-signature': { digest: 'sha1' },
  'weak-key': { key: 'rsa1024' },
  'weak-key-intermediate': { issuer: 'weak-key-intermediate', sends: ['weak-key-intermediate'] },
} satisfies Record<string, Recipe>

export type AuthorityKind = keyof typeof authorities
export type ClientKind = keyof typeof clients

export const clientKinds = Object.keys(clients) as readonly ClientKind[]

export interface TestCertificates<
  Authority extends AuthorityKind = AuthorityKind,
  Client extends ClientKind = ClientKind,
> {
  /** For a server on 127.0.0.1. */
  readonly server: KeyAndCertificate
  readonly authorities: Readonly<Record<Authority, KeyAndCertificate>>
  /** All made out to mail.contoso.com by `ca`, but for what the kind names. */
  readonly clients: Readonly<Record<Client, KeyAndCertificate>>
}

let shared: Promise<TestCertificates> | undefined

/** The whole small world of authorities and client certificates, made once for all tests of this process: to read. */
export function testCertificates(): Promise<TestCertificates> {
  if (shared) return shared
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  shared = makeCertificates(folder, Object.keys(authorities) as AuthorityKind[], clientKinds)
  return shared
}

/**
 * Makes a server's certificate and those that are named in an empty folder, with the `openssl` command: about 20 ms
 * each. `ca` must be among the authorities; an issuer stands before those that it signs.
 */
export async function makeCertificates<Authority extends AuthorityKind, Client extends ClientKind>(
  folder: string,
  wantedAuthorities: readonly Authority[],
  wantedClients: readonly Client[],
): Promise<TestCertificates<Authority, Client>> {
  const workshop = new Workshop(folder)
  await workshop.open()
  const clientDefaults = {
    issuer: 'ca',
    subject: subjectOf('mail.contoso.com'),
    san: 'DNS:mail.contoso.com',
    extensions: ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=clientAuth'],
  }
  const made = await workshop.makeAll(authorities, wantedAuthorities, (name) => ({
    subject: subjectOf(name),
    until: 60,
  }))
  return {
    authorities: made,
    clients: await workshop.makeAll(clients, wantedClients, () => clientDefaults, 'client-'),
    server: await workshop.make('server', { issuer: 'ca', subject: '/CN=localhost', san: 'IP:127.0.0.1' }),
  }
}

class Workshop {
  readonly #folder: string
  readonly #config: string

  constructor(folder: string) {
    this.#folder = folder
    this.#config = join(folder, 'openssl.cnf')
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    await writeFile(join(this.#folder, 'index.txt'), '')
    await writeFile(join(this.#folder, 'index.txt.attr'), 'unique_subject = no\n')
    const any = ['organizationName', 'commonName'].map((name) => `${name} = optional`)
    await writeFile(
      this.#config,
      [
        '[req]',
        'distinguished_name = name',
        '[name]',
        '[ca]',
        'default_ca = authority',
        '[authority]',
        `database = ${join(this.#folder, 'index.txt')}`,
        `new_certs_dir = ${this.#folder}`,
        'policy = any',
        'preserve = yes',
        'rand_serial = yes',
        'default_md = sha256',
        '[any]',
        ...any,
      ].join('\n'),
    )
  }

  async makeAll<Kind extends string>(
    recipes: Readonly<Record<Kind, Recipe>>,
    kinds: readonly Kind[],
    defaults: (kind: Kind) => Recipe,
    prefix = '',
  ): Promise<Record<Kind, KeyAndCertificate>> {
    const made: Partial<Record<Kind, KeyAndCertificate>> = {}
    for (const kind of kinds) {
      made[kind] = await this.make(prefix + kind, { ...defaults(kind), ...recipes[kind] })
    }
    return made as Record<Kind, KeyAndCertificate>
  }

  async make(name: string, recipe: Recipe): Promise<KeyAndCertificate> {
    const { key, cert } = this.#files(name)
    const request = join(this.#folder, `${name}.csr`)
    const extensions = join(this.#folder, `${name}.ext`)
    const issuer = this.#files(recipe.issuer ?? 'self')
    const signer =
      recipe.issuer === undefined || recipe.issuer === 'self'
        ? ['-selfsign', '-keyfile', key]
        : ['-cert', issuer.cert, '-keyfile', issuer.key]
    const lines = [...(recipe.extensions ?? []), ...(recipe.san ? [`subjectAltName=${recipe.san}`] : [])]
    await writeFile(key, newKey(recipe.key ?? 'ec'))
    await writeFile(extensions, ['subjectKeyIdentifier=hash', ...lines].join('\n'))
    await run('openssl', [
      ...['req', '-new', '-config', this.#config, '-key', key, '-subj', recipe.subject ?? subjectOf(name)],
      ...['-out', request],
    ])
    await run('openssl', [
      ...['ca', '-batch', '-notext', '-config', this.#config, ...signer],
      ...['-startdate', inDays(recipe.from ?? -1), '-enddate', inDays(recipe.until ?? 30)],
      ...['-md', recipe.digest ?? 'sha256', '-extfile', extensions, '-in', request, '-out', cert],
    ])
    for (const sent of recipe.sends ?? []) await appendFile(cert, await readFile(this.#files(sent).cert))
    return { key, cert }
  }

  #files(name: string): KeyAndCertificate {
    return { key: join(this.#folder, `${name}.key`), cert: join(this.#folder, `${name}.pem`) }
  }
}

function newKey(kind: 'ec' | 'rsa1024'): string {
  const { privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('rsa', { modulusLength: 1024 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** `YYYYMMDDHHMMSSZ`. */
function inDays(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000).toISOString()
  return `${time.slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
}
