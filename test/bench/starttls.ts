import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningHaraka } from '../support/haraka'
import { startRedis } from '../support/redis'
import { ratios, spreadOf } from './figure'
import type { Figure } from './figure'
import { limits } from './limits'
import { LoadClient } from './load'
import { sendersOf } from './mail'
import type { BenchOptions } from './options'
import { leadPart } from './server'
import { benchFolder, startVariant } from './variants'

interface Identity {
  readonly key: string
  readonly cert: string
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' })
}

/** RSA of 2048 bits, as mail servers have it. */
function identity(folder: string, name: string, issuer: string | null, extension: string): Identity {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`]
  const signed =
    issuer === null ? [] : ['-CA', join(folder, `${issuer}.pem`), '-CAkey', join(folder, `${issuer}.key`)]
  const extensions = extension.split(';').flatMap((each) => ['-addext', each])
  openssl([...request, ...signed, ...extensions, '-keyout', key, '-out', cert])
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

/** Sessions with STARTTLS and a client certificate; the bare Haraka asks for the certificate, too, and makes nothing of it. */
export async function benchStartTls(options: BenchOptions, log: (text: string) => void): Promise<Figure[]> {
  const folder = benchFolder()
  const redis = await startRedis()
  const client = LoadClient.start()
  const servers: RunningHaraka[] = []
  try {
    const ca = identity(
      folder,
      'ca',
      null,
      'basicConstraints=critical,CA:TRUE;keyUsage=critical,keyCertSign,cRLSign',
    )
    const server = identity(folder, 'mx.example.com', 'ca', 'subjectAltName=DNS:mx.example.com')
    const sender = identity(
      folder,
      'mail.contoso.com',
      'ca',
      'subjectAltName=DNS:mail.contoso.com;extendedKeyUsage=clientAuth,serverAuth;basicConstraints=critical,CA:FALSE',
    )
    const connectors = `[contoso]\ntenant=contoso\ntls_certificate_name=mail.contoso.com\ntls_ca_file=${join(folder, 'ca.pem')}\n`
    const around = { redis, folder, nodes: 0, connectors, tls: { ...server, ca: ca.cert } }
    const variants = ['bare', 'lmdb enforce', 'redis enforce'] as const
    for (const variant of variants) servers.push(await startVariant(variant, around))
    const rates = variants.map((): number[] => [])
    const usual = options.quick ? 40 : 300
    for (let round = 0; round <= (options.quick ? 3 : 11); round += 1) {
      if (round > 0) log(`STARTTLS: round ${String(round)}`)
      // Code is optimised only after many sessions.
      const sessions = round === 0 ? usual * 5 : usual
      for (let turn = 0; turn < variants.length; turn += 1) {
        const index = (turn + round) % variants.length
        const job = {
          port: servers[index]?.port ?? 0,
          senders: sendersOf('compliant'),
          sessions,
          parallel: 10,
          messagesPerSession: 1,
          refusedAtMail: false,
          tls: sender,
          pace: 0,
        }
        await client.run({ ...job, sessions: sessions * leadPart })
        const seconds = await client.run(job)
        if (round > 0) rates[index]?.push(sessions / seconds)
      }
    }
    const [bare = [], ...ours] = rates
    return ours.map((own, index) => ({
      group: 'STARTTLS with client certificate, RSA 2048: part of what bare Haraka serves',
      name: `sessions/s, attributed by certificate: ${variants[index + 1] ?? ''}`,
      value: spreadOf(ratios(own, bare)),
      unit: '',
      limit: limits.startTls,
      note: `${spreadOf(own).median.toFixed(0)} by ${spreadOf(bare).median.toFixed(0)}; nodes = 0`,
    }))
  } finally {
    client.stop()
    for (const haraka of servers) await haraka.stop()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
